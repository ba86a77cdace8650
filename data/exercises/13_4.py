"""How would you have found 13.2 before Rook did? Write `open_roles`. It returns the names of all roles of the account
that a stranger can take through an identity pool of their own. The account has many roles.
"""

import json
from functools import partial

import boto3

from cognito_lab.practice.checks import expect, refusal_of

title, core, difficulty, minutes = "The call that would have found it", False, 3, 12
expected = (
    "the names of the open roles, and no others. The check tries to take every role from a pool of Rook's."
)
hint = """
IAM has one call that returns the roles with their trust policies. It returns them in pages. In a trust policy, look at
each statement that allows: whom does it name, and does a condition fix the identity pool?
"""
scene = "left_open"

POOLS = "cognito-identity.amazonaws.com"


def open_roles(iam):
    """The set of the names of the roles that any identity pool opens."""
    pages = iam.get_paginator("get_account_authorization_details").paginate(Filter=["Role"])
    pools, found = "cognito-identity.amazonaws.com", set()
    for role in [role for page in pages for role in page["RoleDetailList"]]:
        for statement in role["AssumeRolePolicyDocument"]["Statement"]:
            federated = statement["Principal"].get("Federated", "")
            if statement["Effect"] == "Allow" and pools in federated:
                fixed = statement.get("Condition", {}).get("StringEquals", {})
                if f"{pools}:aud" not in fixed:
                    found.add(role["RoleName"])
    return found


def check(answer, scene, lab):
    iam = boto3.client("iam")
    make_roles(iam, scene, lab)
    opened = open_kinds(iam)
    truth = {name for name in names(iam) if kind(name) in opened}
    given = answer(iam)
    expect(
        isinstance(given, (set, list, tuple)) and all(isinstance(one, str) for one in given),
        f"Return a set of names of roles, not {type(given).__name__}.",
    )
    found, missed = set(given) & truth, truth - set(given)
    same = sorted(name for name in missed if kind(name) in map(kind, found))
    expect(
        not same,
        f"{', '.join(same[:1])} is missing, and you found others with the same trust policy. IAM answers in "
        "pages: did you read all of them?",
    )
    for each, about in ABOUT.items():
        expect(each not in map(kind, missed), f"`{each}` is missing: Rook's pool opens it. {about}")
        more = each in map(kind, set(given) - truth)
        expect(not more, f"`{each}` is not open: Rook's pool does not get it. {about}")
    expect(set(given) == truth, "Some names that you return are not open roles.")


ABOUT = {
    "tidepool-archive": "Its trust policy has no condition at all.",
    "old-state": "Its trust policy asks only whether somebody has signed in.",
    "two-statements": "One of its statements names no pool.",
    "wide": "Its trust policy speaks of `aud`, and any value will do.",
    "worker": "No identity pool comes in there.",
    "google": "Google is no identity pool.",
    "visitor": "It names one pool, and accepts its guests only.",
    "several": "It names two pools of Tidepool's.",
}
COPIES = {"old-state": 8, "wide": 8, "two-statements": 8, "worker": 100}


def kind(name):
    """The kind of a role: its name without the number of the copy."""
    return name.rstrip("0123456789").rstrip("-") if name[-1].isdigit() else name


def names(iam):
    return [role["RoleName"] for role in iam.list_roles(MaxItems=1000)["Roles"]]


def make_roles(iam, scene, lab):
    """Roles of all sorts, open ones among them, and several of some sorts."""

    def statement(**condition):
        one = {
            "Effect": "Allow",
            "Principal": {"Federated": POOLS},
            "Action": "sts:AssumeRoleWithWebIdentity",
        }
        return {**one, "Condition": condition}

    aud, amr = f"{POOLS}:aud", f"{POOLS}:amr"
    named, guests = (
        {"StringEquals": {aud: scene.gallery}},
        {"ForAnyValue:StringLike": {amr: "unauthenticated"}},
    )
    members = {"ForAnyValue:StringLike": {amr: "authenticated"}}
    by_google = statement(StringEquals={"accounts.google.com:aud": "tidepool"})
    by_google["Principal"] = {"Federated": "accounts.google.com"}
    worker = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    roles = {
        "old-state": [statement(**members)],
        "wide": [statement(StringLike={aud: "*"})],
        "two-statements": [statement(**named, **guests), statement(**members)],
        "several": [statement(StringEquals={aud: [scene.gallery, scene.desk]})],
        "visitor": [statement(**named, **guests)],
        "google": [by_google],
        "worker": [worker],
    }
    for name, statements in roles.items():
        document = json.dumps({"Version": "2012-10-17", "Statement": statements})
        for number in range(COPIES.get(name, 1)):
            copy = f"{name}-{number}" if name in COPIES else name
            lab.years_ago(iam.create_role, RoleName=copy, AssumeRolePolicyDocument=document)


def open_kinds(iam):
    """The kinds of roles that a guest or a user of a pool of Rook's takes."""
    identity_pools, sts = boto3.client("cognito-identity"), boto3.client("sts")
    own = identity_pools.create_identity_pool(
        IdentityPoolName="rook",
        AllowUnauthenticatedIdentities=True,
        AllowClassicFlow=True,
        DeveloperProviderName="rook",
    )["IdentityPoolId"]
    guest = identity_pools.get_id(IdentityPoolId=own)["IdentityId"]
    user = {"IdentityPoolId": own, "Logins": {"rook": "rook"}}
    tokens = [
        identity_pools.get_open_id_token(IdentityId=guest)["Token"],
        identity_pools.get_open_id_token_for_developer_identity(**user)["Token"],
    ]
    found = set()
    for each in {kind(name): name for name in names(iam)}.values():
        arn = iam.get_role(RoleName=each)["Role"]["Arn"]
        for token in tokens:
            wish = {"RoleArn": arn, "RoleSessionName": "rook", "WebIdentityToken": token}
            if not refusal_of(partial(sts.assume_role_with_web_identity, **wish)):
                found.add(kind(each))
    return found


# -- wrong answers -----------------------------------------------------------------------------------


def wrong_permissions_only(iam):
    """Its trust policy has no condition at all"""
    found = set()
    for role in iam.list_roles(MaxItems=1000)["Roles"]:
        for policy in iam.list_role_policies(RoleName=role["RoleName"])["PolicyNames"]:
            rights = iam.get_role_policy(RoleName=role["RoleName"], PolicyName=policy)["PolicyDocument"]
            if any("*" in each["Action"] for each in rights["Statement"]):
                found.add(role["RoleName"])
    return found


def wrong_no_condition_only(iam):
    """asks only whether somebody has signed in"""
    return {
        role["RoleName"]
        for role in iam.list_roles(MaxItems=1000)["Roles"]
        if "Condition" not in role["AssumeRolePolicyDocument"]["Statement"][0]
        and "Federated" in role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]
    }


def wrong_first_page(iam):
    """did you read all of them?"""
    found = set()
    for role in iam.list_roles()["Roles"]:
        for statement in role["AssumeRolePolicyDocument"]["Statement"]:
            fixed = statement.get("Condition", {}).get("StringEquals", {})
            if statement["Principal"].get("Federated") == POOLS and f"{POOLS}:aud" not in fixed:
                found.add(role["RoleName"])
    return found


def wrong_word_is_there(iam):
    """One of its statements names no pool"""
    found = set()
    for role in iam.list_roles(MaxItems=1000)["Roles"]:
        text = json.dumps(role["AssumeRolePolicyDocument"])
        if POOLS in text and ":aud" not in text:
            found.add(role["RoleName"])
    return found


def wrong_any_value(iam):
    """any value will do"""
    found = set()
    for role in iam.list_roles(MaxItems=1000)["Roles"]:
        for statement in role["AssumeRolePolicyDocument"]["Statement"]:
            keys = [key for keys in statement.get("Condition", {}).values() for key in keys]
            if statement["Principal"].get("Federated") == POOLS and f"{POOLS}:aud" not in keys:
                found.add(role["RoleName"])
    return found


def wrong_everything_without_aud(iam):
    """No identity pool comes in there"""
    found = set()
    for role in iam.list_roles(MaxItems=1000)["Roles"]:
        for statement in role["AssumeRolePolicyDocument"]["Statement"]:
            fixed = statement.get("Condition", {}).get("StringEquals", {})
            if f"{POOLS}:aud" not in fixed:
                found.add(role["RoleName"])
    return found - {"google"}


def wrong_google_too(iam):
    """Google is no identity pool"""
    return open_roles(iam) | {"google"}


def wrong_printed(iam):
    """Return a set of names"""
    print(open_roles(iam))
