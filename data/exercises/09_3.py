"""Mara uploads the pictures of a night, for three hours without a break. Credentials last for one hour. Shortly
before they expire, her program calls `renewed`, always with the tokens of the sign-in at the start, and goes
on with the credentials that come back. Nobody asks Mara for her password again.
"""

from functools import partial

import boto3

from cognito_lab.practice.checks import Mistake, client_with, expect, refusal_of

title, core, difficulty, minutes = "Three hours of pictures", False, 2, 7
expected = "after three hours all pictures are in her folder, uploaded with four sets of credentials."
hint = """
A login is needed for new credentials, and the login expires after one hour too (09.6). Which of the three
tokens is valid for days, and what can it do?
"""
scene = "overture"


def renewed(user_pools, identity_pools, client, issuer, identity, tokens):
    """New `Credentials` for `identity`. `issuer` is the key for the login.

    `tokens` come from a sign-in through the app client `client`, up to three hours ago.
    """
    fresh = user_pools.initiate_auth(
        ClientId=client,
        AuthFlow="REFRESH_TOKEN_AUTH",
        AuthParameters={"REFRESH_TOKEN": tokens["RefreshToken"]},
    )["AuthenticationResult"]
    login = {issuer: fresh["IdToken"]}
    answer = identity_pools.get_credentials_for_identity(IdentityId=identity, Logins=login)
    return answer["Credentials"]


def check(answer, scene, lab):
    user_pools, identity_pools = boto3.client("cognito-idp"), boto3.client("cognito-identity")
    tokens = sign_in(user_pools, scene.client, scene.password)
    login = {scene.issuer: tokens["IdToken"]}
    asked = []
    identity_pools.meta.events.register("provide-client-params.*", lambda params, **_: asked.append(params))
    first = identity_pools.get_credentials_for_identity(IdentityId=scene.mara, Logins=login)
    s3, used = client_with(first["Credentials"]), [first["Credentials"]["AccessKeyId"]]
    for minute in range(0, 181, 10):
        if minute in (50, 100, 150):
            given = (user_pools, identity_pools, scene.client, scene.issuer, scene.mara, dict(tokens))
            renewal = []
            asked.clear()
            code = refusal_of(lambda: renewal.append(answer(*given)))  # noqa: B023
            if code:
                look_at_refusal(minute, code, asked, tokens)
            parts = renewal[0]
            expect(
                isinstance(parts, dict) and {"AccessKeyId", "SecretKey", "SessionToken"} <= set(parts),
                "Return the `Credentials`, a dictionary with AccessKeyId, SecretKey and SessionToken.",
            )
            s3 = client_with(parts)
            code = refusal_of(partial(s3.get_object, Bucket=scene.bucket, Key=f"{scene.ben}/crab.svg"))
            expect(code, "These credentials read Ben's folder too: they are not Mara's.")
            expect(
                parts["AccessKeyId"] not in used,
                f"Minute {minute}: these were in use before. The credentials from `renewed` were not new.",
            )
            used.append(parts["AccessKeyId"])
        code = refusal_of(
            partial(s3.put_object, Bucket=scene.bucket, Key=f"{scene.mara}/{minute}.svg", Body=b"<svg/>")
        )
        expect(
            code != "ExpiredToken",
            f"Minute {minute}: S3 → ExpiredToken. The credentials from `renewed` were not new.",
        )
        expect(not code, f"Minute {minute}: putting a picture into Mara's folder → {code}.")
        lab.travel(minutes=10)
    code = refusal_of(partial(sign_in, user_pools, scene.client, scene.password))
    expect(not code, f"Mara signs in with her own password → {code}: your answer has changed her password.")


def sign_in(user_pools, client, password):
    """Mara's tokens, by password."""
    return user_pools.initiate_auth(
        ClientId=client,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "mara", "PASSWORD": password},
    )["AuthenticationResult"]


def look_at_refusal(minute, code, asked, tokens):
    """Why a renewal was refused; `asked` is what the identity pool was asked."""
    said = f"Minute {minute} → {code}."
    expect(asked, f"{said} The identity pool was not asked at all: an earlier call was refused.")
    given = asked[-1]
    expect(
        "DurationSeconds" not in given,
        f"{said} GetCredentialsForIdentity takes no duration: credentials of the enhanced flow last one hour.",
    )
    expect(
        code != "ValidationError",
        f"{said} STS gives no session that is longer than the role allows, and this role allows one hour.",
    )
    login = list(given.get("Logins", {}).values())
    expect(login, f"{said} Without a login nobody gets credentials for Mara's identity.")
    expect(
        tokens["IdToken"] not in login,
        f"{said} The ID token of the sign-in has expired after one hour. Get a new ID token first.",
    )
    expect(
        tokens["RefreshToken"] not in login,
        f"{said} The refresh token is only for the user pool, which gives you a new ID token for it.",
    )
    raise Mistake(f"{said} The identity pool needs an ID token as the login, not another token.")


def wrong_old_id_token(user_pools, identity_pools, client, issuer, identity, tokens):
    """The ID token of the sign-in has expired"""
    login = {issuer: tokens["IdToken"]}
    return identity_pools.get_credentials_for_identity(IdentityId=identity, Logins=login)["Credentials"]


def wrong_longer(user_pools, identity_pools, client, issuer, identity, tokens):
    """takes no duration"""
    login = {issuer: tokens["IdToken"]}
    return identity_pools.get_credentials_for_identity(
        IdentityId=identity, Logins=login, DurationSeconds=3 * 3600
    )["Credentials"]


def wrong_longer_from_sts(user_pools, identity_pools, client, issuer, identity, tokens):
    """this role allows one hour"""
    login = {issuer: tokens["IdToken"]}
    return boto3.client("sts").assume_role_with_web_identity(
        RoleArn=boto3.client("iam").get_role(RoleName="tidepool-member")["Role"]["Arn"],
        RoleSessionName="night",
        WebIdentityToken=identity_pools.get_open_id_token(IdentityId=identity, Logins=login)["Token"],
        DurationSeconds=3 * 3600,
    )["Credentials"]


def wrong_only_tokens(user_pools, identity_pools, client, issuer, identity, tokens):
    """Return the `Credentials`"""
    return user_pools.initiate_auth(
        ClientId=client,
        AuthFlow="REFRESH_TOKEN_AUTH",
        AuthParameters={"REFRESH_TOKEN": tokens["RefreshToken"]},
    )["AuthenticationResult"]


def wrong_owner(user_pools, identity_pools, client, issuer, identity, tokens):
    """they are not Mara's"""
    key = boto3.Session().get_credentials()
    return {"AccessKeyId": key.access_key, "SecretKey": key.secret_key, "SessionToken": key.token}


def wrong_asks_once(user_pools, identity_pools, client, issuer, identity, tokens, kept={}):  # noqa: B006
    """The credentials from `renewed` were not new"""
    if identity not in kept:
        kept[identity] = renewed(user_pools, identity_pools, client, issuer, identity, tokens)
    return kept[identity]


def wrong_access_token(user_pools, identity_pools, client, issuer, identity, tokens):
    """The identity pool needs an ID token"""
    fresh = user_pools.initiate_auth(
        ClientId=client,
        AuthFlow="REFRESH_TOKEN_AUTH",
        AuthParameters={"REFRESH_TOKEN": tokens["RefreshToken"]},
    )["AuthenticationResult"]
    login = {issuer: fresh["AccessToken"]}
    return identity_pools.get_credentials_for_identity(IdentityId=identity, Logins=login)["Credentials"]


def wrong_refresh_token_as_login(user_pools, identity_pools, client, issuer, identity, tokens):
    """The refresh token is only for the user pool"""
    login = {issuer: tokens["RefreshToken"]}
    return identity_pools.get_credentials_for_identity(IdentityId=identity, Logins=login)["Credentials"]


def wrong_without_login(user_pools, identity_pools, client, issuer, identity, tokens):
    """Without a login"""
    return identity_pools.get_credentials_for_identity(IdentityId=identity)["Credentials"]


def wrong_flow(user_pools, identity_pools, client, issuer, identity, tokens):
    """The identity pool was not asked at all"""
    user_pools.initiate_auth(
        ClientId=client,
        AuthFlow="REFRESH_TOKEN_AUTH",
        AuthParameters={"REFRESH_TOKEN": tokens["IdToken"]},
    )


def wrong_new_password(user_pools, identity_pools, client, issuer, identity, tokens):
    """your answer has changed her password"""
    pool, password = issuer.rpartition("/")[2], "Another-Password-1"
    user_pools.admin_set_user_password(UserPoolId=pool, Username="mara", Password=password, Permanent=True)
    login = {issuer: sign_in(user_pools, client, password)["IdToken"]}
    return identity_pools.get_credentials_for_identity(IdentityId=identity, Logins=login)["Credentials"]
