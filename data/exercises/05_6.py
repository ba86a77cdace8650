"""A pool names a function for its trigger. Each line says what `AddPermission` has written into the function's resource
policy. Does the pool get through to the function? Write `True` or `False`.
"""

import boto3

from cognito_lab.practice.checks import expect, refusal_of

title, core, difficulty, minutes = "Does the pool get through?", False, 1, 2
expected = "five times True or False; the check writes the policies, and signs up."
hint = "Who invokes the function? A condition that is not there shuts nobody out."
scene = "directory"

name = "gets_through"
stub = {
    "cognito-idp.amazonaws.com, SourceArn: this pool": None,
    "cognito-idp.amazonaws.com, SourceArn: another pool": None,
    "cognito-idp.amazonaws.com, no SourceArn": None,
    "lambda.amazonaws.com, SourceArn: this pool": None,
    "nothing, but the execution role may do lambda:InvokeFunction": None,
}
solution = {
    "cognito-idp.amazonaws.com, SourceArn: this pool": True,
    "cognito-idp.amazonaws.com, SourceArn: another pool": False,
    "cognito-idp.amazonaws.com, no SourceArn": True,
    "lambda.amazonaws.com, SourceArn: this pool": False,
    "nothing, but the execution role may do lambda:InvokeFunction": False,
}
CODE = "def lambda_handler(event, context):\n    return event\n"
ROLE = """{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": "*"}]}"""


def check(answer, scene, lab):
    for line in stub:
        said = answer.get(line)
        expect(isinstance(said, bool), f"“{line}”: write True or False.")
        code = refusal_of(lambda line=line: sign_up(line, lab))
        came = f"it was refused, {code}" if code else "the function ran"
        more = " Any pool of any account would get through, too." if "no SourceArn" in line else ""
        expect(said != bool(code), f"“{line}”: the check has tried it, and {came}.{more}")


def sign_up(line, lab):
    """A sign-up at a pool whose function has the policy of a ``line``."""
    scene, user_pools, lambdas = lab.scene("directory"), boto3.client("cognito-idp"), boto3.client("lambda")
    arn = lab.deploy(CODE, "pass_on")
    boto3.client("iam").put_role_policy(RoleName="pass_on-role", PolicyName="invoke", PolicyDocument=ROLE)
    pool = user_pools.describe_user_pool(UserPoolId=scene.pool)["UserPool"]["Arn"]
    sources = {"this pool": {"SourceArn": pool}, "another pool": {"SourceArn": f"{pool}X"}}
    service, source = line.partition(",")[0], sources.get(line.partition("SourceArn: ")[2], {})
    if service != "nothing":
        statement = {"StatementId": "pool", "Action": "lambda:InvokeFunction", "Principal": service}
        lambdas.add_permission(FunctionName=arn, **statement, **source)
    user_pools.update_user_pool(UserPoolId=scene.pool, LambdaConfig={"PreSignUp": arn})
    person = {"ClientId": scene.client, "Username": "mara", "Password": scene.password}
    user_pools.sign_up(**person, UserAttributes=[{"Name": "email", "Value": "mara@tidepool.example"}])


LINES = list(stub)
wrong_any_pool = {**solution, LINES[1]: True}, "SourceArn: another pool”: the check"
wrong_a_source_is_needed = {**solution, LINES[2]: False}, "no SourceArn”: the check"
wrong_lambda_calls_itself = (
    {**solution, LINES[3]: True},
    "“lambda.amazonaws.com, SourceArn: this pool”: the check",
)
wrong_its_role = {**solution, LINES[4]: True}, "lambda:InvokeFunction”: the check"
wrong_half_done = {**solution, LINES[0]: None}, "write True or False"
