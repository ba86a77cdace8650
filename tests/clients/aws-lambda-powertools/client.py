"""Functions are uploaded with boto3 and put each event into S3; Powertools' event classes read it there."""

import io
import json
import os
import urllib.request
import zipfile

import boto3
from aws_lambda_powertools.utilities.data_classes import cognito_user_pool_event as events
from botocore.exceptions import ClientError

url, password = os.environ["AWS_ENDPOINT_URL"], "Tide-pools-2026!"
idp, lambdas, iam, s3 = (boto3.client(name) for name in ("cognito-idp", "lambda", "iam", "s3"))
CODE = """
import boto3, json
def handler(event, context):
    name = event["triggerSource"] + "-" + event["version"]
    boto3.client("s3").put_object(Bucket="events-of-powertools", Key=name, Body=json.dumps(event).encode())
    kind, response, request = event["triggerSource"].partition("_")[0], event["response"], event["request"]
    if kind == "PreSignUp" and request["userAttributes"]["email"].endswith("@elsewhere.example"):
        raise ValueError("Only members of the club")
    if kind == "DefineAuthChallenge":
        done = request["session"]
        response["challengeName"] = "CUSTOM_CHALLENGE"
        response["issueTokens"] = bool(done) and done[-1]["challengeResult"]
    if kind == "CreateAuthChallenge":
        response["publicChallengeParameters"] = {"riddle": "?"}
        response["privateChallengeParameters"] = {"answer": "crab"}
    if kind == "VerifyAuthChallengeResponse":
        right = request["privateChallengeParameters"]["answer"]
        response["answerCorrect"] = request["challengeAnswer"] == right
    if kind == "UserMigration":
        response["userAttributes"] = {"email": "lotte@tidepool.example"}
        response |= {"finalUserStatus": "CONFIRMED", "messageAction": "SUPPRESS"}
    return event
"""
TRIGGERS = (
    "PreSignUp", "PostConfirmation", "PreAuthentication", "PostAuthentication", "PreTokenGeneration",
    "UserMigration", "CustomMessage", "DefineAuthChallenge", "CreateAuthChallenge",
    "VerifyAuthChallengeResponse",
)  # fmt: skip


def document(**statement):
    return json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", **statement}})


# -- a function, and a pool whose triggers it is ---------------------------------------------------

s3.create_bucket(Bucket="events-of-powertools")
trust = document(Principal={"Service": "lambda.amazonaws.com"}, Action="sts:AssumeRole")
role = iam.create_role(RoleName="writer", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
rights = document(Action="s3:PutObject", Resource="arn:aws:s3:::events-of-powertools/*")
iam.put_role_policy(RoleName="writer", PolicyName="rights", PolicyDocument=rights)
archive = io.BytesIO()
with zipfile.ZipFile(archive, "w") as files:
    files.writestr("app.py", CODE)
arn = lambdas.create_function(
    FunctionName="keeper", Runtime="python3.13", Role=role, Handler="app.handler",
    Code={"ZipFile": archive.getvalue()},
)["FunctionArn"]  # fmt: skip
functions = dict.fromkeys(TRIGGERS, arn)
pool = idp.create_user_pool(PoolName="keeper", AutoVerifiedAttributes=["email"])["UserPool"]
flows = [f"ALLOW_{flow}" for flow in ("USER_PASSWORD_AUTH", "CUSTOM_AUTH", "REFRESH_TOKEN_AUTH")]
app = idp.create_user_pool_client(UserPoolId=pool["Id"], ClientName="app", ExplicitAuthFlows=flows)
app = app["UserPoolClient"]["ClientId"]


def configure(**more):
    config = {"LambdaConfig": functions | more, "AutoVerifiedAttributes": ["email"]}
    idp.update_user_pool(UserPoolId=pool["Id"], **config)


def code(function, **parameters):
    try:
        function(**parameters)
        return "done"
    except ClientError as error:
        return error.response["Error"]["Code"]


def sign_up(name, host="tidepool.example"):
    mail = [{"Name": "email", "Value": f"{name}@{host}"}]
    given = {"ClientId": app, "Username": name, "Password": password, "UserAttributes": mail}
    return code(idp.sign_up, **given)


def sign_in(name):
    person = {"USERNAME": name, "PASSWORD": password}
    return idp.initiate_auth(ClientId=app, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=person)


configure()
found = {"without permission": sign_up("mara")}
permission = {"Action": "lambda:InvokeFunction", "Principal": "cognito-idp.amazonaws.com"}
lambdas.add_permission(FunctionName="keeper", StatementId="pool", SourceArn=pool["Arn"], **permission)
found |= {"signed up": sign_up("mara"), "refused": sign_up("rook", "elsewhere.example")}
with urllib.request.urlopen(f"{url}/_lab/inbox/mara@tidepool.example") as inbox:
    sent = json.load(inbox)[-1]["code"]
idp.confirm_sign_up(ClientId=app, Username="mara", ConfirmationCode=sent)
sign_in("mara")
newer = {"LambdaVersion": "V2_0", "LambdaArn": arn}
configure(PreTokenGenerationConfig=newer)
sign_in("lotte")  # whom an older directory knows
asked = idp.initiate_auth(ClientId=app, AuthFlow="CUSTOM_AUTH", AuthParameters={"USERNAME": "mara"})
answer = {"USERNAME": "mara", "ANSWER": "crab"}
challenge = {"ChallengeName": "CUSTOM_CHALLENGE", "Session": asked["Session"]}
idp.respond_to_auth_challenge(ClientId=app, ChallengeResponses=answer, **challenge)
invoked = lambdas.invoke(FunctionName="keeper", Payload=b'{"triggerSource": "none"}')
found["invoked by hand"] = json.load(invoked["Payload"])["errorType"]

# -- what Powertools reads -------------------------------------------------------------------------


def read(value, names):
    """Every property of an event's class: Powertools reads what the event has, or fails."""
    for name in names:
        part = getattr(value, name)
        if type(part).__module__ == events.__name__:
            read(part, [each for each, of in vars(type(part)).items() if isinstance(of, property)])


parsed = []
for kept in s3.list_objects_v2(Bucket="events-of-powertools")["Contents"]:
    event = json.load(s3.get_object(Bucket="events-of-powertools", Key=kept["Key"])["Body"])
    kind, version = event["triggerSource"].partition("_")[0], event["version"]
    kind = {"TokenGeneration": "PreTokenGeneration"}.get(kind, kind) + ("V2" if version == "2" else "")
    known = getattr(events, f"{kind}TriggerEvent")(event)
    read(known, ("version", "region", "user_pool_id", "trigger_source", "user_name", "caller_context"))
    read(known.request, [each for each, of in vars(type(known.request)).items() if isinstance(of, property)])
    parsed.append(f"{known.trigger_source} {known.version}")
print(json.dumps({**found, "parsed": sorted(parsed)}))
