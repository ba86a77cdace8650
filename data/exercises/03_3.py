"""An app signs people in by SRP. A library has made the shared key; the last step is missing. Write `answer_verifier`: the
`ChallengeResponses` for the challenge `PASSWORD_VERIFIER`.

The app signs, with the key and HMAC-SHA256: the name, then the bytes of `SECRET_BLOCK` (it comes in Base64), then the
time. The name is the part of the pool's id after `_`, followed by the username. The time is written as in
`Mon Nov 9 08:05:09 UTC 2026`. People may type their e-mail address (`typed`). `given` are
the ChallengeParameters, and they say under which username the pool knows them.
"""

import base64
import hmac

import boto3

from cognito_lab.aws.user_pools import srp
from cognito_lab.lessons.srp_sign_in import shared_key
from cognito_lab.practice.checks import Mistake, expect, refusal_of

title, core, difficulty, minutes = "The last step of SRP", False, 3, 12
expected = (
    "Mara signs in with her username and with her address, on the ninth and on the nineteenth of a month."
)
hint = """
`moment` has `moment.day`, a number, and f"{moment:%a %b}" and f"{moment:%H:%M:%S}" write the rest.
The four members are USERNAME, PASSWORD_CLAIM_SECRET_BLOCK, PASSWORD_CLAIM_SIGNATURE (in Base64) and TIMESTAMP.
"""
scene = "members"


def answer_verifier(pool, typed, given, key, moment):
    """The ChallengeResponses for `PASSWORD_VERIFIER`; `moment` is the time, a datetime in UTC."""
    username, block = given["USER_ID_FOR_SRP"], given["SECRET_BLOCK"]
    timestamp = f"{moment:%a %b} {moment.day} {moment:%H:%M:%S} UTC {moment.year}"
    name = pool.partition("_")[2] + username
    text = name.encode() + base64.b64decode(block) + timestamp.encode()
    signature = base64.b64encode(hmac.digest(key, text, "sha256")).decode()
    return {
        "USERNAME": username,
        "PASSWORD_CLAIM_SECRET_BLOCK": block,
        "PASSWORD_CLAIM_SIGNATURE": signature,
        "TIMESTAMP": timestamp,
    }


def check(answer, scene, lab):
    user_pools = boto3.client("cognito-idp")
    pool = user_pools.create_user_pool(PoolName="with addresses", AliasAttributes=["email"])["UserPool"]["Id"]
    flows = ["ALLOW_USER_SRP_AUTH"]
    made = {"UserPoolId": pool, "ClientName": "page", "ExplicitAuthFlows": flows}
    client = user_pools.create_user_pool_client(**made)["UserPoolClient"]["ClientId"]
    email = [{"Name": "email", "Value": "mara@tidepool.example"}, {"Name": "email_verified", "Value": "true"}]
    user_pools.admin_create_user(UserPoolId=pool, Username="mara", UserAttributes=email)
    password = {"Password": scene.password, "Permanent": True}
    user_pools.admin_set_user_password(UserPoolId=pool, Username="mara", **password)
    for day in (19, 9):
        while lab.now.day != day:
            lab.travel(days=1)
        for username in ("mara", "mara@tidepool.example"):
            sign_in(answer, user_pools, pool, client, username, scene.password, lab.now)


def sign_in(answer, user_pools, pool, client, typed, password, moment):
    secret = 7**90
    first = {"USERNAME": typed, "SRP_A": f"{pow(srp.GENERATOR, secret, srp.GROUP):x}"}
    asked = user_pools.initiate_auth(ClientId=client, AuthFlow="USER_SRP_AUTH", AuthParameters=first)
    given = asked["ChallengeParameters"]
    key = shared_key(given, srp.full_name(pool, given["USER_ID_FOR_SRP"]), password, secret)
    responses = answer(pool, typed, given, key, moment)
    where = f"“{typed}” on {moment.day} {moment:%B}"
    expect(isinstance(responses, dict), "answer_verifier should return a dictionary.")
    for name in ("USERNAME", "PASSWORD_CLAIM_SECRET_BLOCK", "PASSWORD_CLAIM_SIGNATURE", "TIMESTAMP"):
        expect(isinstance(responses.get(name), str), f"{name} is missing, or not a string.")
    diagnose(responses, pool, given, typed, key, moment, where)
    answered = {"ChallengeName": asked["ChallengeName"], "ChallengeResponses": responses}
    code = refusal_of(lambda: user_pools.respond_to_auth_challenge(ClientId=client, **answered))
    expect(not code, f"{where} → {code}. The signature is over another text, or in another form.")


def diagnose(responses, pool, given, typed, key, moment, where):
    """The mistakes that people make, told from what they lead to."""
    block, stamp = base64.b64decode(given["SECRET_BLOCK"]), responses["TIMESTAMP"]
    parsed = srp.parse_timestamp(stamp)
    expect(parsed is not None, f"{where}: TIMESTAMP is {stamp!r}, which the pool cannot read.")
    expect(
        srp.timestamp(parsed) == stamp,
        f"{where}: TIMESTAMP is {stamp!r}. The pool would write this day without a zero.",
    )

    def signature(name, middle=block):
        text = name.encode() + middle + stamp.encode()
        return base64.b64encode(hmac.digest(key, text, "sha256")).decode()

    user, short = given["USER_ID_FOR_SRP"], pool.partition("_")[2]
    mistakes = {
        signature(pool + user): "The signed name begins with the whole id of the pool.",
        signature(
            short + user, given["SECRET_BLOCK"].encode()
        ): "The block is signed in Base64, not as bytes.",
        signature(user): "The pool is missing in what is signed.",
    }
    if typed != user:
        mistakes[signature(short + typed)] = "What Mara typed is signed, and it is not her username."
    if said := mistakes.get(responses["PASSWORD_CLAIM_SIGNATURE"]):
        raise Mistake(f"{where}: {said}")


def changed(pool, typed, given, key, moment, *, name=None, stamp=None, block=None):
    right = answer_verifier(pool, typed, given, key, moment)
    name = name or pool.partition("_")[2] + right["USERNAME"]
    stamp = stamp or right["TIMESTAMP"]
    block = block or base64.b64decode(given["SECRET_BLOCK"])
    proof = hmac.digest(key, name.encode() + block + stamp.encode(), "sha256")
    return {**right, "TIMESTAMP": stamp, "PASSWORD_CLAIM_SIGNATURE": base64.b64encode(proof).decode()}


def wrong_whole_pool_id(pool, typed, given, key, moment):
    """the whole id of the pool"""
    return changed(pool, typed, given, key, moment, name=pool + given["USER_ID_FOR_SRP"])


def wrong_day_with_a_zero(pool, typed, given, key, moment):
    """would write this day without a zero"""
    return changed(pool, typed, given, key, moment, stamp=f"{moment:%a %b %d %H:%M:%S} UTC {moment.year}")


def wrong_alias(pool, typed, given, key, moment):
    """What Mara typed is signed"""
    return changed(pool, typed, given, key, moment, name=pool.partition("_")[2] + typed)


def wrong_iso_time(pool, typed, given, key, moment):
    """which the pool cannot read"""
    return changed(pool, typed, given, key, moment, stamp=f"{moment:%Y-%m-%dT%H:%M:%SZ}")


def wrong_block_as_text(pool, typed, given, key, moment):
    """The block is signed in Base64"""
    return changed(pool, typed, given, key, moment, block=given["SECRET_BLOCK"].encode())


def wrong_hex(pool, typed, given, key, moment):
    """or in another form"""
    right = answer_verifier(pool, typed, given, key, moment)
    proof = base64.b64decode(right["PASSWORD_CLAIM_SIGNATURE"]).hex()
    return {**right, "PASSWORD_CLAIM_SIGNATURE": proof}
