"""Wishes 7 and 8. Write `open_doors`. The directory is there, as the club's own solution makes it.

The roles are `tidepool-visitor`, `tidepool-member` and `tidepool-curator`. What they may do comes in 15.5: here is only
who may take them.
"""

import json

from cognito_lab.paths import DATA
from cognito_lab.practice import exercise_files

opening = exercise_files.load(DATA / "setups" / "opening_day.py")

title, core, difficulty, minutes = "The doors", False, 3, 25
expected = "visitors, members and curators get each their role, and nobody gets one by another door."
hint = """
The identity pool comes first, since a trust policy names its id (11.4). A trust policy asks two questions: from
which identity pool, and signed in or not. The role of the curators belongs to their group, and the identity pool must
be told to go by the token (12.5).
"""
scene = "opening_day"

FUNCTION = "open_doors"


def open_doors(account):
    """Make the identity pool and the three roles, and say who gets which.

    Uses `identity_pools`, `user_pools` and `iam` of `account`. Return the id of the identity pool:
    `{"identity_pool": …}`.
    """
    issuer = f"cognito-idp.{account.region}.amazonaws.com/{account.pool}"
    pool = account.identity_pools.create_identity_pool(
        IdentityPoolName="tidepool",
        AllowUnauthenticatedIdentities=True,
        AllowClassicFlow=False,
        CognitoIdentityProviders=[{"ProviderName": issuer, "ClientId": account.client}],
    )["IdentityPoolId"]

    def role(name, kind):
        statement = {
            "Effect": "Allow",
            "Principal": {"Federated": "cognito-identity.amazonaws.com"},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {
                "StringEquals": {"cognito-identity.amazonaws.com:aud": pool},
                "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": kind},
            },
        }
        trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        return account.iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]

    account.identity_pools.set_identity_pool_roles(
        IdentityPoolId=pool,
        Roles={
            "unauthenticated": role("tidepool-visitor", "unauthenticated"),
            "authenticated": role("tidepool-member", "authenticated"),
        },
        RoleMappings={
            f"{issuer}:{account.client}": {
                "Type": "Token",
                "AmbiguousRoleResolution": "AuthenticatedRole",
            }
        },
    )
    account.user_pools.update_group(
        UserPoolId=account.pool,
        GroupName="curators",
        RoleArn=role("tidepool-curator", "authenticated"),
    )
    return {"identity_pool": pool}


def check(answer, scene, lab):
    opening.check_part("doors", answer, scene, lab, before=("directory",))


# -- wrong answers -----------------------------------------------------------------------------


def wrong_nothing_returned(account):
    """there is no identity_pool"""
    open_doors(account)


def wrong_no_guests(account):
    """A visitor gets credentials → NotAuthorizedException"""
    made = open_doors(account)
    issuer = f"cognito-idp.{account.region}.amazonaws.com/{account.pool}"
    account.identity_pools.update_identity_pool(
        IdentityPoolId=made["identity_pool"],
        IdentityPoolName="tidepool",
        AllowUnauthenticatedIdentities=False,
        CognitoIdentityProviders=[{"ProviderName": issuer, "ClientId": account.client}],
    )
    return made


def wrong_roles_exchanged(account):
    """A visitor gets credentials → InvalidIdentityPoolConfigurationException"""
    made = open_doors(account)
    roles = _roles(account, made)
    now = {"unauthenticated": roles["authenticated"], "authenticated": roles["unauthenticated"]}
    account.identity_pools.set_identity_pool_roles(IdentityPoolId=made["identity_pool"], Roles=now)
    return made


def wrong_token_not_asked(account):
    """Ines has the role of curators"""
    made = open_doors(account)
    account.identity_pools.set_identity_pool_roles(
        IdentityPoolId=made["identity_pool"], Roles=_roles(account, made)
    )
    return made


def wrong_nobody_without_a_group(account):
    """Mara has the role of members"""
    made = open_doors(account)
    key = f"cognito-idp.{account.region}.amazonaws.com/{account.pool}:{account.client}"
    account.identity_pools.set_identity_pool_roles(
        IdentityPoolId=made["identity_pool"],
        Roles=_roles(account, made),
        RoleMappings={key: {"Type": "Token", "AmbiguousRoleResolution": "Deny"}},
    )
    return made


def wrong_any_identity_pool(account):
    """as a guest of an identity pool of his own"""
    made = open_doors(account)
    anywhere = {"StringLike": {"cognito-identity.amazonaws.com:aud": f"{account.region}:*"}}
    _trust(account, "tidepool-visitor", {**anywhere, **_came("unauthenticated")})
    return made


def wrong_any_identity_pool_for_those_who_sign_in(account):
    """as somebody of an identity pool of his own"""
    made = open_doors(account)
    anywhere = {"StringLike": {"cognito-identity.amazonaws.com:aud": f"{account.region}:*"}}
    _trust(account, "tidepool-curator", {**anywhere, **_came("authenticated")})
    return made


def wrong_signed_in_or_not(account):
    """takes a role of those who sign in"""
    made = open_doors(account)
    here = {"StringEquals": {"cognito-identity.amazonaws.com:aud": made["identity_pool"]}}
    _trust(account, "tidepool-member", here)
    return made


def wrong_role_of_visitors_for_everybody(account):
    """takes the role of visitors, once the basic flow is on by mistake"""
    made = open_doors(account)
    here = {"StringEquals": {"cognito-identity.amazonaws.com:aud": made["identity_pool"]}}
    _trust(account, "tidepool-visitor", here)
    return made


def wrong_basic_flow_allowed(account):
    """The identity pool allows the basic flow"""
    made = open_doors(account)
    now = account.identity_pools.describe_identity_pool(IdentityPoolId=made["identity_pool"])
    del now["ResponseMetadata"]
    account.identity_pools.update_identity_pool(**now | {"AllowClassicFlow": True})
    return made


def wrong_trust_in_the_account(account):
    """A program of the club takes a role, past the identity pool"""
    made = open_doors(account)
    owner = account.iam.get_role(RoleName="tidepool-curator")["Role"]["Arn"].split(":")[4]
    _trusts_also(account, "tidepool-curator", owner)
    return made


def wrong_members_take_the_role_of_curators(account):
    """Mara takes a role with a member's credentials"""
    made = open_doors(account)
    member = account.iam.get_role(RoleName="tidepool-member")["Role"]["Arn"]
    _trusts_also(account, "tidepool-curator", member)
    return made


def _roles(account, made):
    return account.identity_pools.get_identity_pool_roles(IdentityPoolId=made["identity_pool"])["Roles"]


def _came(kind):
    return {"ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": kind}}


def _trusts_also(account, role, principal):
    trust = account.iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"]
    trust["Statement"].append(
        {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole"}
    )
    account.iam.update_assume_role_policy(RoleName=role, PolicyDocument=json.dumps(trust))


def _trust(account, role, condition):
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": "cognito-identity.amazonaws.com"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": condition,
    }
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    account.iam.update_assume_role_policy(RoleName=role, PolicyDocument=trust)
