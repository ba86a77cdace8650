"""Sign-in by SRP, which sends no password, and with an app; verification, refresh, new password, sign-out."""

import base64
import json
import os
import sys
import time

import pyotp
from botocore.exceptions import ClientError
from pycognito import Cognito
from pycognito.exceptions import SoftwareTokenMFAChallengeException, TokenVerificationException

if sys.argv[1:] == ["devices"]:
    import devices

    sys.exit(print(json.dumps(devices.look())))
made = json.loads(os.environ["MADE"])
old, new = "Tide-pools-2026!", "Rock-pools-2026!"


def user(app, pool=made["pool"]):
    given = {"client_secret": app["secret"]} if app["secret"] else {}
    given["boto3_client_kwargs"] = {"endpoint_url": os.environ["AWS_ENDPOINT_URL"]}
    return Cognito(pool, app["id"], username="ines", **given)


def code(function, *arguments):
    try:
        function(*arguments)
        return "done"
    except ClientError as error:
        return error.response["Error"]["Code"]
    except (TokenVerificationException, SoftwareTokenMFAChallengeException) as error:
        return type(error).__name__


seen = {}
for name, app in made["apps"].items():
    ines = user(app)
    seen[f"{name}: wrong password"] = code(ines.authenticate, new)
    ines.authenticate(password=old)
    seen[f"{name}: user"] = ines.id_claims["cognito:username"]
    ines.renew_access_token()
    header, claims, signature = ines.access_token.split(".")
    claims = base64.urlsafe_b64decode(claims + "==").replace(b'"ines"', b'"mara"')
    forged = f"{header}.{base64.urlsafe_b64encode(claims).rstrip(b'=').decode()}.{signature}"
    for what, token in (("renewed", ines.access_token), ("forged", forged), ("ID for access", ines.id_token)):
        seen[f"{name}: {what}"] = code(ines.verify_token, token, "access_token", "access")
ines = user(made["apps"]["public"])
ines.authenticate(password=old)
ines.change_password(old, new)
seen["old password"] = code(user(made["apps"]["public"]).authenticate, old)
ines.change_password(new, old)
kept = ines.access_token
ines.logout()
ines.access_token, ines.id_token = kept, None
seen["after sign-out"] = code(ines.change_password, old, new)

ines = user(made["optional"]["app"], made["optional"]["pool"])  # a pool with second factors
ines.authenticate(password=old)
authenticator = pyotp.TOTP(ines.associate_software_token())


def another(digits):
    return f"{(int(digits) + 1) % 10**6:06}"


now = authenticator.now()
seen["wrong code of a new app"] = code(ines.verify_software_token, another(now), "phone")
assert ines.verify_software_token(now, "phone")
ines.set_user_mfa_preference(False, True, preferred="SOFTWARE_TOKEN")
seen["asked"] = code(ines.authenticate, old)
# A code counts once: the next one, as an authenticator has it whose clock is half a minute early.
following = authenticator.at(time.time() + 30)
seen["wrong code"] = code(ines.respond_to_software_token_mfa_challenge, another(following))
ines.respond_to_software_token_mfa_challenge(following)
seen["by app"] = ines.id_claims["amr"]
print(json.dumps(seen))
