"""Clients in Python, unmodified, against the served account: each lets the right in and the wrong out."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator

import pytest
from clients_support import MOST_SECONDS, ROOT, Account, installed, plain_environment


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


def test_boto3(account: Account) -> None:
    assert account.client("boto3") == {
        "wrong code": "CodeMismatchException",
        "wrong password": "NotAuthorizedException",
        "user": "noor",
        "ID token for the API": "NotAuthorizedException",
        "guest": "NotAuthorizedException",
        "picture": "<svg",
        "upload": "AccessDenied",
    }


def test_the_aws_cli(account: Account) -> None:
    assert account.client("awscli", owner=True) == {
        "wrong password": "NotAuthorizedException",
        "user": "ben",
        "owner": "anemone.svg",
        "picture": "<svg",
        "upload": "AccessDenied",
        "roles": "AccessDenied",
        "unsigned by anybody": "SignatureDoesNotMatch",
    }


def test_the_aws_cli_deploys_a_trigger(account: Account) -> None:
    assert account.client("awscli", "functions", owner=True) == {
        "again": "ResourceConflictException",
        "invoked": ["", {"userName": "ben"}],
        "failed": ["Unhandled", "No crows"],
        "set": {},
        "not permitted": "UnexpectedLambdaException",
        "let in": "signed up",
        "kept out": "UserLambdaValidationException",
    }


def test_pycognito_signs_in_by_srp_and_an_app(local: Account) -> None:
    each = {
        "wrong password": "NotAuthorizedException",
        "user": "ines",
        "renewed": "done",
        "forged": "TokenVerificationException",
        "ID for access": "TokenVerificationException",
    }
    assert local.client("pycognito") == {
        **{f"{app}: {what}": answer for app in ("public", "secret") for what, answer in each.items()},
        "old password": "NotAuthorizedException",
        "after sign-out": "NotAuthorizedException",
        "wrong code of a new app": "EnableSoftwareTokenMFAException",
        "asked": "SoftwareTokenMFAChallengeException",
        "wrong code": "CodeMismatchException",
        "by app": ["pwd", "otp", "mfa"],
    }


def test_pycognito_signs_in_with_a_remembered_device(proxied: Account) -> None:
    assert proxied.client("pycognito", "devices") == {
        "confirmed": {"UserConfirmationNecessary": False},
        "elsewhere": "SoftwareTokenMFAChallengeException",
        "on the device": "Bearer",
        "who has the key alone": "NotAuthorizedException",
        "when it is forgotten": "ResourceNotFoundException",
    }


def test_pyotp_scans_the_qr_code_of_managed_login(proxied: Account) -> None:
    assert proxied.client("pyotp") == {
        "scanned": ["guarded", "mara"],
        "wrong code": [400, True],
        "back at the app": True,
    }


def test_powertools_reads_every_event_of_the_triggers(account: Account) -> None:
    sources = (
        "CreateAuthChallenge_Authentication 1", "CustomMessage_SignUp 1",
        "DefineAuthChallenge_Authentication 1",
        "PostAuthentication_Authentication 1", "PostConfirmation_ConfirmSignUp 1",
        "PreAuthentication_Authentication 1", "PreSignUp_SignUp 1", "TokenGeneration_Authentication 1",
        "TokenGeneration_Authentication 2", "UserMigration_Authentication 1",
        "VerifyAuthChallengeResponse_Authentication 1",
    )  # fmt: skip
    assert account.client("aws-lambda-powertools", owner=True) == {
        "without permission": "UnexpectedLambdaException",
        "signed up": "done",
        "refused": "UserLambdaValidationException",
        "invoked by hand": "KeyError",
        "parsed": list(sources),
    }


AUTHLIB = {
    "": {"user": "mara", "email": "mara@tidepool.example", "same": True},
    ", the same code": {"error": "mismatching_state"},
    ", another browser": {"error": "mismatching_state"},
    ", another verifier": {"error": "invalid_grant"},
}


def test_authlib_in_a_flask_application(local: Account, proxied: Account) -> None:
    each = {f"{app}{what}": answer for app in ("public", "secret") for what, answer in AUTHLIB.items()}
    assert local.client("authlib") == each
    assert proxied.client("authlib") == each  # with AWS's addresses


def test_fastapi_cognito(account: Account) -> None:
    assert account.client("fastapi-cognito") == {
        "access": "mara",
        "another app's": 401,
        "forged": 401,
        "nobody's": 401,
    }


def test_fastapi_cognito_behind_a_gateway() -> None:
    folder = installed("fastapi-cognito")  # its packages, for a program of the course's Python
    (packages,) = folder.glob("venv/lib/python*/site-packages")
    environment = plain_environment(PYTHONPATH=f"{ROOT}:{packages}")
    command = [sys.executable, str(folder / "gateway.py")]
    done = subprocess.run(command, env=environment, text=True, capture_output=True, timeout=MOST_SECONDS)
    assert done.returncode == 0, done.stderr
    by_gateway = [401, '{"message": "Unauthorized"}', 0]
    assert json.loads(done.stdout.splitlines()[-1]) == {
        "access": [200, True, 1],
        "ID": [500, "Internal Server Error", 1],  # the gateway lets it in, the library has no answer
        "another app's": [401, '{"detail":"Error decoding JWT token."}', 1],
        "forged": by_gateway,
        "nobody's": by_gateway,
    }


def test_oauthenticator_in_a_jupyterhub(account: Account) -> None:
    assert account.client("oauthenticator") == {
        "before": {},
        "a made-up answer": 400,
        "ben": "/hub/oauth_callback",
        "mara": "/hub/home",
        "after": {"mara": False},
        "somebody else's token": 403,
    }


def test_flask_cognito_lib_knows_awss_addresses_alone(proxied: Account) -> None:
    each = {
        "before": {"error": "AuthorisationRequiredError"},
        "callback": {"email": "mara@tidepool.example"},
        "after": {"user": "mara"},
        "another browser": {"error": "CognitoError"},
        "forged": {"error": "AuthorisationRequiredError"},
        "a made-up code": {"error": "CognitoError"},
    }
    assert proxied.client("flask-cognito-lib") == {
        f"{app}: {what}": answer for app in ("public", "secret") for what, answer in each.items()
    }


def test_django_cognito_jwt_knows_awss_addresses_alone(proxied: Account) -> None:
    assert proxied.client("django-cognito-jwt") == {
        "ID": "mara, mara@tidepool.example",
        "access": 401,
        "another person's signature": 401,
        "nobody's": 401,
    }


def test_cognito_scanner_gets_in_before_the_repair_and_not_after(account: Account) -> None:
    assert account.client("cognito-scanner") == {
        "open": {
            "account-creation": "made",
            "confirm-sign-up": "confirmed",
            "get-identity-pool-keys": "open-member",
            "account-oracle": "mara",
        },
        "repaired": {
            "account-creation": "NotAuthorizedException",
            "confirm-sign-up": "ExpiredCodeException",
            "get-identity-pool-keys": "NotAuthorizedException",
            "account-oracle": "",
        },
    }


def test_pacu_gets_in_before_the_repairs_and_not_after(account: Account) -> None:
    nothing = {"guests found": False, "account": False, "attribute": False, "credentials": []}
    assert account.client("pacu") == {
        "open": {
            "pools found": True,
            "guests found": True,
            "account": True,
            "attribute": True,
            "credentials": ["guest", "member", "curator"],
        },
        "for members": {
            "pools found": True,
            "guests found": False,
            "account": True,
            "attribute": True,
            "credentials": ["member", "member"],
        },
        "repaired": {"pools found": True, **nothing},
    }


def test_cloudsplaining_downloads_what_policies_allow(account: Account) -> None:
    assert account.client("cloudsplaining", owner=True) == {
        "owner": {
            "of-wide": ["DataExfiltration", "InfrastructureModification", "ResourceExposure"],
            "of-narrow": [],
        },
        "a user without rights": "AccessDenied",
    }
