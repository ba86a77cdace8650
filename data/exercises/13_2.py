"""Tidepool is open to the public, and has one hole. There are twelve such set-ups: choose a number from 1 to 12, or
let chance choose (`random.randint(1, 12)`). `lab.scene("unseen_1")` builds number 1 in your account. Its calls are
not shown. Look around with calls that only read: `describe_…`, `get_…`, `list_…`, and IAM's
`get_account_authorization_details`. Then write `repair`, which closes this one hole.

This is how Tidepool is meant:

| who | comes by | and may |
|---|---|---|
| a visitor | the site's or the phone app's identity pool, without a login | see the gallery |
| a member (Mara, Ben) | the members' user pool and the site's identity pool | see the gallery; read and write the folder of their identity id, and list it; read the pictures of their section, and the letters to their address |
| the same, on a phone | the members' user pool and the phone app's identity pool, in the basic flow | put pictures into `phone/` and their identity id |
| a curator (Ines, in the group `curators`) | as a member | also hang pictures in the gallery |
| the office (Ines) | the office's user pool and identity pool | write the news |

Anybody may become a member. A member may change their address, when the code from the new address comes, and
write anything as their `custom:position`. Only the club gives somebody a `custom:section`. Only an
administrator makes accounts of the office. Rook is a member like any other.
"""

import json

from cognito_lab.paths import DATA
from cognito_lab.practice import exercise_files
from cognito_lab.practice.checks import expect

people = exercise_files.load(DATA / "setups" / "open_tidepool.py")

title, core, difficulty, minutes = "Find the hole in a set-up that you have not seen", False, 3, 12
expected = "Rook can do nothing that is not meant for him, and everybody in the table can do what is theirs."
hint = """
Go through the set-up in the order in which a request meets it: who can have an account and write what in it; what the
identity pool takes over from the token, and which role it gives; who may take each role (its trust policy); what each
role may do; and the bucket. At each place ask which line of the table needs it so.
`lab.scene("open_tidepool")` is the same Tidepool without a hole, and `print` shows its calls.
The solution has the repairs of all twelve set-ups: read only yours.
"""
scene = "unseen_1"

OWN = "cognito-identity.amazonaws.com"


def repair(account, *, setup=1):
    """Close the hole of the set-up with this number.

    `account` has the clients (`user_pools`, `identity_pools`, `iam`, `s3`), and all that the scene
    saved, by name.
    """

    def policy(role, statements):
        document = json.dumps({"Version": "2012-10-17", "Statement": statements})
        account.iam.put_role_policy(RoleName=role, PolicyName="pictures", PolicyDocument=document)

    def statements_of(role):
        return account.iam.get_role_policy(RoleName=role, PolicyName="pictures")["PolicyDocument"][
            "Statement"
        ]

    def trust(role, pool):
        statement = {
            "Effect": "Allow",
            "Principal": {"Federated": "cognito-identity.amazonaws.com"},
            "Action": ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"],
            "Condition": {
                "StringEquals": {"cognito-identity.amazonaws.com:aud": pool},
                "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "authenticated"},
            },
        }
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        account.iam.update_assume_role_policy(RoleName=role, PolicyDocument=document)

    def roles(default):
        account.identity_pools.set_identity_pool_roles(
            IdentityPoolId=account.site_pool,
            Roles={"authenticated": default, "unauthenticated": account.visitor_role},
            RoleMappings={
                f"{account.issuer}:{account.client}": {
                    "Type": "Token",
                    "AmbiguousRoleResolution": "AuthenticatedRole",
                }
            },
        )

    match setup:
        case 1:  # visitors could write into the gallery
            (pictures,) = statements_of("tidepool-visitor")
            policy("tidepool-visitor", [{**pictures, "Action": "s3:GetObject"}])
        case 2:  # the role of the phone app was for guests too
            trust("tidepool-phone", account.phone_pool)
        case 3:  # a new address counted before anybody had proved it
            account.user_pools.update_user_pool(
                UserPoolId=account.pool,
                AutoVerifiedAttributes=["email"],
                UserAttributeUpdateSettings={"AttributesRequireVerificationBeforeUpdate": ["email"]},
            )
        case 4:  # whoever had no group got the role of curators
            roles(account.member_role)
        case 5:  # without the slash, `reef*` is `reef-nursery` too
            kept = statements_of("tidepool-member")
            for statement in kept:
                statement["Resource"] = statement["Resource"].replace("section}*", "section}/*")
            policy("tidepool-member", kept)
        case 6:  # a token of the phone app's identity pool was enough for the role of curators
            trust("tidepool-curator", account.site_pool)
        case 7:  # anybody could sign up as the office
            account.user_pools.update_user_pool(
                UserPoolId=account.office_users,
                AutoVerifiedAttributes=["email"],
                AdminCreateUserConfig={"AllowAdminCreateUserOnly": True},
            )
        case 8:  # a rule went by what people write about themselves
            roles(account.member_role)
        case 9:  # everybody could list the bucket
            account.s3.delete_bucket_policy(Bucket=account.bucket)
        case 10:  # every identity pool of the Region, also somebody else's, could open the office's role
            trust("tidepool-office", account.office_pool)
        case 11:  # a name that becomes free can be taken by somebody else
            kept = [one for one in statements_of("tidepool-member") if "by-name" not in one["Resource"]]
            policy("tidepool-member", kept)
        case 12:  # people could write their section themselves
            found = account.user_pools.describe_user_pool_client(
                UserPoolId=account.pool, ClientId=account.client
            )["UserPoolClient"]
            kept = {name: value for name, value in found.items() if not name.endswith("Date")}
            account.user_pools.update_user_pool_client(
                **{**kept, "WriteAttributes": ["email", "custom:position"]}
            )


def check(answer, scene, lab):
    setup = (getattr(answer, "__kwdefaults__", None) or {}).get("setup")
    expect(
        setup in people.ATTACKS,
        f"Say in the head of your function which set-up it repairs: setup=1 to setup={max(people.ATTACKS)}.",
    )
    if setup != 1:
        scene = lab.scene(f"unseen_{setup}")
    tidepool = people.account_of(scene)
    before = policies_of(tidepool)
    answer(tidepool)
    now = people.account_of(scene)
    works = next(people.works_for_rook(now, lab), "")
    expect(
        " takes a role" not in works or policies_of(now) == before,
        f"{works}. You changed what a role may do. The fault is in who may take it.",
    )
    expect(not works, f"{works}.")
    for who, does in people.honest(now, lab):
        code = people.refused(does)
        expect(not code, f"Rook is out, and so is somebody who is welcome. {who} → {code}.")


def policies_of(tidepool):
    """What each role may do."""
    found = tidepool.iam.get_account_authorization_details(Filter=["Role"])["RoleDetailList"]
    return {role["RoleName"]: (role["RolePolicyList"], role["AttachedManagedPolicies"]) for role in found}


# -- wrong answers -----------------------------------------------------------------------------


def wrong_number(account, *, setup=13):
    """which set-up it repairs"""
    account.s3.delete_bucket_policy(Bucket=account.bucket)


def wrong_one_door_of_two(account, *, setup=1):
    """Somebody without a login writes"""
    guests(account, phone_pool="tidepool-phone")


def guests(account, **pools):
    """Let no guests into these identity pools: their names by the name of their id."""
    for saved, name in pools.items():
        account.identity_pools.update_identity_pool(
            IdentityPoolId=getattr(account, saved),
            IdentityPoolName=name,
            AllowUnauthenticatedIdentities=False,
            AllowClassicFlow=name == "tidepool-phone",
            CognitoIdentityProviders=[{"ProviderName": account.issuer, "ClientId": account.client}],
        )


def wrong_no_guests_at_all(account, *, setup=1):
    """A visitor of the site looks at the gallery"""
    guests(account, phone_pool="tidepool-phone", site_pool="tidepool")


def wrong_permissions_where_the_trust_is_at_fault(account, *, setup=2):
    """The fault is in who may take it"""
    role = {"RoleName": "tidepool-phone", "PolicyName": "pictures"}
    document = account.iam.get_role_policy(**role)["PolicyDocument"]
    document["Statement"][0]["Condition"] = {"ForAnyValue:StringEquals": {f"{OWN}:amr": "authenticated"}}
    account.iam.put_role_policy(**role, PolicyDocument=json.dumps(document))


def wrong_basic_flow_off(account, *, setup=2):
    """Ben puts a picture in with his phone"""
    account.identity_pools.update_identity_pool(
        IdentityPoolId=account.phone_pool,
        IdentityPoolName="tidepool-phone",
        AllowUnauthenticatedIdentities=True,
        AllowClassicFlow=False,
        CognitoIdentityProviders=[{"ProviderName": account.issuer, "ClientId": account.client}],
    )


def wrong_nobody_signs_up(account, *, setup=3):
    """Rook reads a letter to Mara"""
    account.user_pools.update_user_pool(
        UserPoolId=account.pool,
        AutoVerifiedAttributes=["email"],
        AdminCreateUserConfig={"AllowAdminCreateUserOnly": True},
    )


def wrong_closed_to_everybody(account, *, setup=3):
    """Aiko becomes a member"""
    account.user_pools.update_user_pool(
        UserPoolId=account.pool,
        AutoVerifiedAttributes=["email"],
        UserAttributeUpdateSettings={"AttributesRequireVerificationBeforeUpdate": ["email"]},
        AdminCreateUserConfig={"AllowAdminCreateUserOnly": True},
    )


def wrong_nobody_without_a_group(account, *, setup=4):
    """Mara does what members do → NotAuthorizedException"""
    found = account.identity_pools.get_identity_pool_roles(IdentityPoolId=account.site_pool)
    mapping = {"Type": "Token", "AmbiguousRoleResolution": "Deny"}
    account.identity_pools.set_identity_pool_roles(
        IdentityPoolId=account.site_pool,
        Roles=found["Roles"],
        RoleMappings={f"{account.issuer}:{account.client}": mapping},
    )


def wrong_rook_thrown_out(account, *, setup=4):
    """Any member can hang a picture"""
    account.user_pools.admin_delete_user(UserPoolId=account.pool, Username="rook")


def wrong_one_folder_denied(account, *, setup=5):
    """reads a folder beside the one of his section"""
    deny = {
        "Effect": "Deny",
        "Action": "s3:*",
        "Resource": f"arn:aws:s3:::{account.bucket}/sections/reef-nursery/*",
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [deny]})
    account.iam.put_role_policy(RoleName="tidepool-member", PolicyName="no-nursery", PolicyDocument=document)


def wrong_position_taken_away(account, *, setup=8):
    """Ben writes his position"""
    found = account.user_pools.describe_user_pool_client(UserPoolId=account.pool, ClientId=account.client)
    kept = {name: value for name, value in found["UserPoolClient"].items() if not name.endswith("Date")}
    account.user_pools.update_user_pool_client(**{**kept, "WriteAttributes": ["email"]})


def wrong_new_policies_blocked(account, *, setup=9):
    """sees the names of all files"""
    block = {"BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": True}
    account.s3.put_public_access_block(
        Bucket=account.bucket, PublicAccessBlockConfiguration={**block, "RestrictPublicBuckets": False}
    )


def wrong_other_settings_left_out(account, *, setup=12):
    """Mara does what members do → InvalidParameterException"""
    account.user_pools.update_user_pool_client(
        UserPoolId=account.pool, ClientId=account.client, WriteAttributes=["email", "custom:position"]
    )
