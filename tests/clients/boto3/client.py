"""Sign-up to credentials, with boto3 as it is."""

import json
import os
import urllib.request

import boto3
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

made, url = json.loads(os.environ["MADE"]), os.environ["AWS_ENDPOINT_URL"]
nobody = Config(signature_version=UNSIGNED)
idp, identities = (boto3.client(name, config=nobody) for name in ("cognito-idp", "cognito-identity"))
app = made["apps"]["public"]["id"]


def code(function, **parameters):
    try:
        function(**parameters)
        return "done"
    except ClientError as error:
        return error.response["Error"]["Code"]


who = {"ClientId": app, "Username": "noor"}
mail = [{"Name": "email", "Value": "noor@tidepool.example"}]
idp.sign_up(**who, Password="Tide-pools-2026!", UserAttributes=mail)
wrong_code = code(idp.confirm_sign_up, **who, ConfirmationCode="nothing")
with urllib.request.urlopen(f"{url}/_lab/inbox/noor@tidepool.example") as inbox:
    idp.confirm_sign_up(**who, ConfirmationCode=json.load(inbox)[-1]["code"])


def sign_in(password):
    person = {"USERNAME": "noor", "PASSWORD": password}
    return idp.initiate_auth(ClientId=app, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=person)


tokens = sign_in("Tide-pools-2026!")["AuthenticationResult"]
login = {made["issuer"]: tokens["IdToken"]}
noor = identities.get_id(IdentityPoolId=made["identity_pool"], Logins=login)["IdentityId"]
keys = identities.get_credentials_for_identity(IdentityId=noor, Logins=login)["Credentials"]
s3 = boto3.Session(keys["AccessKeyId"], keys["SecretKey"], keys["SessionToken"]).client("s3")
here = {"Bucket": "tidepool-pictures"}
print(
    json.dumps(
        {
            "wrong code": wrong_code,
            "wrong password": code(sign_in, password="Rock-pools-2026!"),
            "user": idp.get_user(AccessToken=tokens["AccessToken"])["Username"],
            "ID token for the API": code(idp.get_user, AccessToken=tokens["IdToken"]),
            "guest": code(identities.get_id, IdentityPoolId=made["identity_pool"]),
            "picture": s3.get_object(Key="gallery/anemone.svg", **here)["Body"].read(4).decode(),
            "upload": code(s3.put_object, Key="gallery/anemone.svg", Body=b"x", **here),
        }
    )
)
