"""The AWS CLI, version 1, as a person types it: what it prints, or the error's code."""

import json
import os
import re
import runpy
import subprocess
import sys

if sys.argv[1:]:  # another program of this folder
    runpy.run_path(f"{sys.argv[1]}.py")
    sys.exit()
made = json.loads(os.environ["MADE"])
app = made["apps"]["public"]["id"]


def aws(*arguments, **environment):
    line = ["aws", "--output", "json", *arguments]
    done = subprocess.run(line, env={**os.environ, **environment}, capture_output=True, text=True)
    if done.returncode:
        found = re.search(r"An error occurred \((\w+)\)", done.stderr)
        return found[1] if found else done.stderr
    return json.loads(done.stdout) if done.stdout.startswith("{") else done.stdout


def sign_in(password):
    parameters = f"USERNAME=ben,PASSWORD={password}"
    line = ["cognito-idp", "initiate-auth", "--auth-flow", "USER_PASSWORD_AUTH", "--client-id", app]
    return aws(*line, "--auth-parameters", parameters)


tokens = sign_in("Tide-pools-2026!")["AuthenticationResult"]
login = ["--logins", f"{made['issuer']}={tokens['IdToken']}"]
ben = aws("cognito-identity", "get-id", "--identity-pool-id", made["identity_pool"], *login)["IdentityId"]
keys = aws("cognito-identity", "get-credentials-for-identity", "--identity-id", ben, *login)["Credentials"]
as_ben = {
    "AWS_ACCESS_KEY_ID": keys["AccessKeyId"],
    "AWS_SECRET_ACCESS_KEY": keys["SecretKey"],
    "AWS_SESSION_TOKEN": keys["SessionToken"],
}
print(
    json.dumps(
        {
            "wrong password": sign_in("Rock-pools-2026!"),
            "user": aws("cognito-idp", "get-user", "--access-token", tokens["AccessToken"])["Username"],
            "owner": aws("s3", "ls", "s3://tidepool-pictures/gallery/").split()[-1],
            "picture": aws("s3", "cp", "s3://tidepool-pictures/gallery/anemone.svg", "-", **as_ben)[:4],
            "upload": aws("s3", "cp", __file__, "s3://tidepool-pictures/gallery/crab.svg", **as_ben),
            "roles": aws("iam", "list-roles", **as_ben),
            "unsigned by anybody": aws("s3", "ls", AWS_SECRET_ACCESS_KEY="no"),
        }
    )
)
