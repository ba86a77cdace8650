"""Prowler's checks of Cognito against a served account, before its repair and after it.

    .venv/bin/python tests/clients/prowler_by_hand.py

No test runs this: Prowler and what it needs take 1.4 gigabytes, which uv keeps. The exit status is 1 if
Prowler says anything else than what is written here.
"""

from __future__ import annotations

import csv
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import boto3
from clients_support import Account, plain_environment

VERSION = "5.46.0"
COMMAND = [
    sys.executable,
    "-m",
    "uv",
    "tool",
    "run",
    "--python",
    sys.executable,
    "--from",
    f"prowler=={VERSION}",
    "prowler",
    "aws",
]
POOL, CLIENT, IDENTITIES = "cognito_user_pool_", "cognito_user_pool_client_", "cognito_identity_pool_"
AT_FIRST = {  # what Prowler finds wrong in the account that account.py makes
    f"{POOL}account_recovery_sms_not_preferred",
    f"{POOL}advanced_security_enabled", f"{POOL}blocks_compromised_credentials_sign_in_attempts",
    f"{POOL}blocks_potential_malicious_sign_in_attempts", f"{CLIENT}prevent_user_existence_errors",
    f"{POOL}deletion_protection_enabled", f"{POOL}mfa_enabled", f"{POOL}password_policy_minimum_length_14",
    f"{POOL}self_registration_disabled", f"{POOL}waf_acl_attached",
}  # fmt: skip
AT_LAST = {f"{POOL}waf_acl_attached"}  # the lab has no web ACLs
CHECKS = sorted(
    AT_FIRST
    | {f"{POOL}password_policy_{kind}" for kind in ("lowercase", "number", "symbol", "uppercase")}
    | {f"{CLIENT}token_revocation_enabled", f"{POOL}temporary_password_expiration"}
    | {f"{IDENTITIES}guest_access_disabled"}
)


def failed_checks(account: Account, pool: str) -> set[str]:
    """The checks of Cognito that fail for this pool, its app client, or an identity pool."""
    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}
    told = os.environ | plain_environment(AWS_ENDPOINT_URL=account.url, **keys)  # with what uv needs
    with tempfile.TemporaryDirectory() as folder:
        asked = ["--checks", *CHECKS, "-f", "us-east-1", "-M", "csv", "-z", "-o", folder]
        subprocess.run([*COMMAND, *asked], env=told, check=True, stdout=subprocess.DEVNULL)
        (found,) = Path(folder).glob("*.csv")
        with found.open(encoding="utf-8") as handle:
            rows = list(csv.DictReader(handle, delimiter=";"))
    ours = [row for row in rows if IDENTITIES in row["CHECK_ID"] or pool in row["RESOURCE_UID"]]
    silent = set(CHECKS) - {row["CHECK_ID"] for row in ours}
    assert not silent, f"these checks say nothing: {silent}"
    return {row["CHECK_ID"] for row in ours if row["STATUS"] == "FAIL"}


def repair(made: dict[str, Any], **endpoint: str) -> None:
    """Do what Prowler asks for."""
    idp = boto3.client("cognito-idp", **endpoint)
    pool = {"UserPoolId": made["pool"]}
    characters = {f"Require{kind}": True for kind in ("Uppercase", "Lowercase", "Numbers", "Symbols")}
    idp.update_user_pool(
        **pool,
        Policies={"PasswordPolicy": {"MinimumLength": 14, **characters}},
        DeletionProtection="ACTIVE",
        AdminCreateUserConfig={"AllowAdminCreateUserOnly": True},
        AutoVerifiedAttributes=["email"],
        AccountRecoverySetting={"RecoveryMechanisms": [{"Name": "verified_email", "Priority": 1}]},
        UserPoolTier="PLUS",
        UserPoolAddOns={"AdvancedSecurityMode": "ENFORCED"},
    )
    idp.set_user_pool_mfa_config(
        **pool, MfaConfiguration="ON", SoftwareTokenMfaConfiguration={"Enabled": True}
    )
    blocks = {"EventAction": "BLOCK"}
    levels = {f"{level}Action": {**blocks, "Notify": False} for level in ("Low", "Medium", "High")}
    idp.set_risk_configuration(
        **pool,
        CompromisedCredentialsRiskConfiguration={"EventFilter": ["SIGN_IN"], "Actions": blocks},
        AccountTakeoverRiskConfiguration={"Actions": levels},
    )
    for each in idp.list_user_pool_clients(**pool, MaxResults=60)["UserPoolClients"]:
        client = idp.describe_user_pool_client(**pool, ClientId=each["ClientId"])["UserPoolClient"]
        kept = {name: value for name, value in client.items() if not name.endswith(("Date", "Secret"))}
        idp.update_user_pool_client(**{**kept, "PreventUserExistenceErrors": "ENABLED"})


def main() -> int:
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
    with Account.served() as account:
        said = [failed_checks(account, account.made["pool"])]
        repair(account.made, endpoint_url=account.url, **keys)
        said.append(failed_checks(account, account.made["pool"]))
    for when, found, expected in zip(("before", "after"), said, (AT_FIRST, AT_LAST), strict=True):
        print(
            f"{when} the repair: {len(found)} of {len(CHECKS)} checks fail",
            *sorted(found),
            sep=os.linesep + "  ",
        )
        for name in sorted(found ^ expected):
            print("    not as written here:", name)
    return int(said != [AT_FIRST, AT_LAST])


if __name__ == "__main__":
    sys.exit(main())
