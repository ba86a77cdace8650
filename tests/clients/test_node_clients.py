"""Clients in JavaScript, unmodified, in Node against the served account; left out where there is no Node."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from clients_support import Account


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    with Account.served() as account:
        yield account


@pytest.fixture(scope="module")
def local() -> Iterator[Account]:
    with Account.served("--issuer", "local") as account:
        yield account


@pytest.fixture(scope="module")
def proxied() -> Iterator[Account]:
    with Account.served("--https") as account:
        yield account


def test_amazon_cognito_identity_js_signs_in_by_srp_and_an_app(account: Account) -> None:
    assert account.client("amazon-cognito-identity-js") == {
        "weak password": "InvalidPasswordException",
        "not confirmed": "UserNotConfirmedException",
        "confirmed": "SUCCESS",
        "wrong password": "NotAuthorizedException",
        "email": "tove@tidepool.example",
        "renewed": "tove",
        "signed out everywhere": "SUCCESS",
        "signed in again": "tove",
        "renewed, with nothing stored": "tove",
        "old refresh token": "NotAuthorizedException",
        "wrong code of a new app": "EnableSoftwareTokenMFAException",
        "app preferred": "SUCCESS",
        "asked": "totpRequired",
        "wrong code": "CodeMismatchException",
        "by app": ["pwd", "otp", "mfa"],
        "on a remembered device": ["onSuccess", True],
        "its devices": [True],
        "renewed there": True,
        "renewed when it is forgotten": "NotAuthorizedException",
        "on a forgotten device": "totpRequired",
    }


VERIFIED = {
    "access": "mara",
    "id": "mara",
    "ID for access": "CognitoJwtInvalidTokenUseError",
    "another app's": "CognitoJwtInvalidClientIdError",
    "forged": "JwtInvalidSignatureError",
    "unsigned": "JwtInvalidSignatureAlgorithmError",
    "an hour later": "JwtExpiredError",
}


def test_aws_jwt_verify_with_keys_that_it_is_given(account: Account) -> None:
    assert account.client("aws-jwt-verify") == VERIFIED


def through(proxied: Account) -> dict[str, str]:
    """The environment in which Node goes through the proxy: Node 20 takes no notice of HTTPS_PROXY."""
    proxy = {"GLOBAL_AGENT_HTTPS_PROXY": proxied.told["HTTPS_PROXY"]}
    return {"NODE_OPTIONS": "--import global-agent/bootstrap.js", **proxy}


def test_aws_jwt_verify_fetches_the_keys_from_awss_address(proxied: Account) -> None:
    found = proxied.client("aws-jwt-verify", AWS_ENDPOINT_URL=proxied.url, FETCHES="yes", **through(proxied))
    assert found == VERIFIED


def test_passport_cognito_oauth2_knows_awss_addresses_alone(proxied: Account) -> None:
    member = {"name": "mara", "email": "mara@tidepool.example"}
    assert proxied.client("passport-cognito-oauth2", **through(proxied)) == {
        "member": member,
        "me": member,
        "nobody": {},
        "the same code": {"error": "invalid_grant"},
        "a made-up code": {"error": "invalid_grant"},
    }


def test_the_aws_sdk_for_javascript(account: Account) -> None:
    assert account.client("aws-sdk-js") == {
        "wrong password": "NotAuthorizedException",
        "user": "mara",
        "picture": "<svg",
        "upload": "AccessDenied",
        "access token as login": "NotAuthorizedException",
        "guest": "NotAuthorizedException",
    }


CHOSEN = {
    "a wrong code": ("EMAIL_CODE", "CodeMismatchException"),
    "a code": ("EMAIL_CODE", True),
    "a wrong password": ("PASSWORD", "NotAuthorizedException"),
    "a password": ("PASSWORD", True),
    "a wrong password, by SRP": ("PASSWORD", "NotAuthorizedException"),
    "a password, by SRP": ("PASSWORD", True),
}


def test_aws_amplify(account: Account) -> None:
    assert account.client("aws-amplify") == {
        "wrong password": "NotAuthorizedException",
        "signed in": True,
        "user": "mara",
        "email": "mara@tidepool.example",
        "credentials": "ASIA",
        "a fresh token": True,
        "weak password": "InvalidPasswordException",
        "after sign-out": "UserUnAuthenticatedException",
        "wrong code of a new app": "EnableSoftwareTokenMFAException",
        "by app": ["CONFIRM_SIGN_IN_WITH_TOTP_CODE", "CodeMismatchException", True, "otp"],
        "by e-mail": ["CONFIRM_SIGN_IN_WITH_EMAIL_CODE", "CodeMismatchException", True, "email_otp"],
        "not offered": "InvalidParameterException",
        "chosen": {
            what: ["PASSWORD", "PASSWORD_SRP", "EMAIL_OTP", f"CONFIRM_SIGN_IN_WITH_{step}", end]
            for what, (step, end) in CHOSEN.items()
        },
        "preferred": True,
        "joined": [["COMPLETE_AUTO_SIGN_IN", True, "email_otp"]] * 2,
        "a preferred code": ["CONFIRM_SIGN_IN_WITH_EMAIL_CODE", True],
    }


def test_openid_client(local: Account) -> None:
    assert local.client("openid-client") == {
        "user": "mara",
        "email": "mara@tidepool.example",
        "refreshed": True,
        "the same code": "invalid_grant",
        "after revocation": "invalid_grant",
        "revoked at userInfo": "OAUTH_WWW_AUTHENTICATE_CHALLENGE",
        "another state": "OAUTH_INVALID_RESPONSE",
        "another secret": "invalid_client",
        "another verifier": "invalid_grant",
        "another nonce": "OAUTH_JWT_CLAIM_COMPARISON_FAILED",
    }


def test_oidc_client_ts(local: Account) -> None:
    assert local.client("oidc-client-ts") == {
        "user": "mara",
        "email": "mara@tidepool.example",
        "refreshed": True,
        "another page": "No matching state found in storage",
        "the same answer": "No matching state found in storage",
        "another scope": "invalid_request",
    }
