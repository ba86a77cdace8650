"""Mara has signed in, and the identity pool has given her credentials. Say for each of three calls, before
anything runs, whether it is `"answered"` or `"refused"`:

- `"S3, with the ID token"`: a `GET` of the address of her own picture, with her ID token in the header
  `Authorization: Bearer …`;
- `"S3, with the credentials"`: the same picture, in a request that is signed with her credentials;
- `"user pool, with the access token"`: `GetUser`, the call that says who she is, with her access token. The
  request is not signed.
"""

import boto3
import requests
from botocore import UNSIGNED
from botocore.config import Config

from cognito_lab.practice.checks import client_with, expect, identity_and_credentials, refusal_of

title, core, difficulty, minutes = "Which of three calls is refused?", False, 1, 2
expected = "the check makes the three calls, and your three words say what happens."
hint = "What does each service look at? 00.2 shows what S3 wants."
scene = "overture"

name = "verdicts"
stub = {
    "S3, with the ID token": None,
    "S3, with the credentials": None,
    "user pool, with the access token": None,
}
solution = {
    "S3, with the ID token": "refused",
    "S3, with the credentials": "answered",
    "user pool, with the access token": "answered",
}

BECAUSE = {
    "S3, with the ID token": "A token looks like a key, but it says who Mara is. S3 does not know user pools. "
    "It wants a request that is signed with AWS credentials.",
    "S3, with the credentials": "These credentials belong to a role, and the role may read the folder of her identity.",
    "user pool, with the access token": "The user pool believes the tokens that it has made, and this call needs no "
    "AWS credentials.",
}


def check(answer, scene, lab):
    truth = {call: "refused" if refusal_of(make) else "answered" for call, make in calls(scene, lab).items()}
    for call, really in truth.items():
        expect(
            answer.get(call) in ("answered", "refused"),
            f"{call}: say “answered” or “refused”, and not {answer.get(call)!r}.",
        )
        expect(answer[call] == really, f"{call}: something else happens. {BECAUSE[call]}")


def calls(scene, lab):
    """The three calls, ready to be made."""
    user_pools = boto3.client("cognito-idp", config=Config(signature_version=UNSIGNED))
    tokens = user_pools.initiate_auth(
        ClientId=scene.client,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "mara", "PASSWORD": scene.password},
    )["AuthenticationResult"]
    _, credentials = identity_and_credentials(scene.identity_pool, {scene.issuer: tokens["IdToken"]})
    s3 = client_with(credentials)
    picture = f"{scene.mara}/anemone.svg"
    address = f"https://{scene.bucket}.s3.{lab.region}.amazonaws.com/{picture}"
    bearer = {"Authorization": f"Bearer {tokens['IdToken']}"}
    return {
        "S3, with the ID token": lambda: requests.get(address, headers=bearer).raise_for_status(),
        "S3, with the credentials": lambda: s3.get_object(Bucket=scene.bucket, Key=picture),
        "user pool, with the access token": lambda: user_pools.get_user(AccessToken=tokens["AccessToken"]),
    }


wrong_a_token_is_a_key = {**solution, "S3, with the ID token": "answered"}, "but it says who Mara is"
wrong_everything_is_signed = (
    {**solution, "user pool, with the access token": "refused"},
    "this call needs no AWS credentials",
)
wrong_only_the_owner = (
    {**solution, "S3, with the credentials": "refused"},
    "These credentials belong to a role",
)
wrong_word = {**solution, "S3, with the ID token": "403"}, "say “answered” or “refused”"
