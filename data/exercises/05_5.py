"""Functions for the trigger `PreSignUp` end in different ways. Somebody signs up. What does their app get? Write
`"passes"`, or one of the three codes `"UserLambdaValidationException"`, `"InvalidLambdaResponseException"` and
`"UnexpectedLambdaException"`.
"""

import boto3

from cognito_lab.practice.checks import expect, refusal_of, set_triggers

title, core, difficulty, minutes = "What does the app get?", False, 1, 2
expected = "four answers; the check uploads the four functions, and signs up."
hint = (
    "An error of yours is for the person to read. Everything that is not the event cannot be read by Cognito."
)
scene = "directory"

name = "gets"
stub = {
    "return event": None,
    "return event['response']": None,
    "(no return at all)": None,
    "raise ValueError('No')": None,
}
solution = {
    "return event": "passes",
    "return event['response']": "InvalidLambdaResponseException",
    "(no return at all)": "InvalidLambdaResponseException",
    "raise ValueError('No')": "UserLambdaValidationException",
}
CHOICES = [
    "passes",
    "UserLambdaValidationException",
    "InvalidLambdaResponseException",
    "UnexpectedLambdaException",
]


def check(answer, scene, lab):
    user_pools = boto3.client("cognito-idp")
    for line in stub:
        said = answer.get(line)
        expect(said in CHOICES, f"“{line}”: choose passes, or one of the three codes.")
        last = "pass" if line.startswith("(") else line
        scene = lab.scene("directory")
        set_triggers(lab, scene, PreSignUp=f"def lambda_handler(event, context):\n    {last}\n")
        came = refusal_of(lambda scene=scene: sign_up(user_pools, scene, "mara")) or "passes"
        expect(said == came, f"“{line}”: not {said}. The check has signed somebody up.")


def sign_up(user_pools, scene, username):
    email = [{"Name": "email", "Value": f"{username}@tidepool.example"}]
    person = {"ClientId": scene.client, "Username": username, "Password": scene.password}
    user_pools.sign_up(**person, UserAttributes=email)


LINES = list(stub)
wrong_response_is_enough = {**solution, LINES[1]: "passes"}, "“return event['response']”: not passes"
wrong_nothing_is_fine = {**solution, LINES[2]: "passes"}, "“(no return at all)”: not passes"
wrong_an_error_is_unexpected = (
    {**solution, LINES[3]: "UnexpectedLambdaException"},
    "“raise ValueError('No')”: not UnexpectedLambdaException",
)
wrong_half_done = {**solution, LINES[0]: None}, "“return event”: choose passes"
