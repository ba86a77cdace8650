"""The AWS CLI, version 1: a function is deployed, invoked, and set as a trigger of a user pool."""

import json
import os
import re
import subprocess
import tempfile
import zipfile
from pathlib import Path

FOLDER = tempfile.TemporaryDirectory()
HERE = Path(FOLDER.name)
DOOR = """
def handler(event, context):
    if event["userName"] == "rook":
        raise ValueError("No crows")
    return event
"""
TRUST = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}


def aws(service, operation, *arguments, **options):
    """What a command answers, or the error's code."""
    given = [part for name, value in options.items() for part in (f"--{name.replace('_', '-')}", value)]
    line = ["aws", "--output", "json", service, operation, *arguments, *given]
    done = subprocess.run(line, env=os.environ, capture_output=True, text=True)
    if done.returncode:
        found = re.search(r"An error occurred \((\w+)\)", done.stderr)
        return found[1] if found else done.stderr
    return json.loads(done.stdout) if done.stdout else {}


def invoke(name):
    """Whether the function failed, and what it answered."""
    answer = str(HERE / "answer.json")
    event = json.dumps({"userName": name})
    told = aws("lambda", "invoke", answer, function_name="door", payload=event)
    payload = json.loads(Path(answer).read_text())
    return told.get("FunctionError", ""), payload.get("errorMessage", payload)


def sign_up(name):
    answer = aws("cognito-idp", "sign-up", client_id=app, username=name, password="Tide-pools-2026!")
    return answer if isinstance(answer, str) else "signed up"


with zipfile.ZipFile(HERE / "door.zip", "w") as files:
    files.writestr("app.py", DOOR)
trust = json.dumps({"Version": "2012-10-17", "Statement": [TRUST]})
role = aws("iam", "create-role", role_name="door", assume_role_policy_document=trust)["Role"]["Arn"]
settings = {"runtime": "python3.13", "handler": "app.handler", "zip_file": f"fileb://{HERE / 'door.zip'}"}
door = aws("lambda", "create-function", function_name="door", role=role, **settings)["FunctionArn"]
pool = aws("cognito-idp", "create-user-pool", pool_name="club")["UserPool"]
made = aws("cognito-idp", "create-user-pool-client", user_pool_id=pool["Id"], client_name="club")
app = made["UserPoolClient"]["ClientId"]
said = {
    "again": aws("lambda", "create-function", function_name="door", role=role, **settings),
    "invoked": invoke("ben"),
    "failed": invoke("rook"),
    "set": aws("cognito-idp", "update-user-pool", user_pool_id=pool["Id"], lambda_config=f"PreSignUp={door}"),
    "not permitted": sign_up("ben"),
}
permission = {"statement_id": "pool", "action": "lambda:InvokeFunction", "source_arn": pool["Arn"]}
aws("lambda", "add-permission", function_name="door", principal="cognito-idp.amazonaws.com", **permission)
print(json.dumps(said | {"let in": sign_up("ben"), "kept out": sign_up("rook")}))
