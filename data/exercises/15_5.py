"""Wish 9. Write `give_rights`: the policies of the three roles of 15.4, which are there as the club's own solution makes
them.
"""

import json

from cognito_lab.paths import DATA
from cognito_lab.practice import exercise_files

opening = exercise_files.load(DATA / "setups" / "opening_day.py")

title, core, difficulty, minutes = "What each role may do", False, 3, 25
expected = (
    "Everybody can do what is theirs. Rook, who is a member, tries more than that, and none of it works."
)
hint = """
Five statements are enough: the gallery, `members/`, the own folder, the list of it, and hanging pictures. A policy can
name whoever asks: `${cognito-identity.amazonaws.com:sub}` (11.6). To list is a right on the bucket, with a condition on
`s3:prefix`. A slash decides where a name ends (13.5).
"""
scene = "opening_day"

FUNCTION = "give_rights"


def give_rights(account):
    """Put a policy on each of the three roles, for the bucket `account.bucket`. Uses `account.iam`."""
    bucket, me = f"arn:aws:s3:::{account.bucket}", "${cognito-identity.amazonaws.com:sub}"
    gallery = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{bucket}/gallery/*"}
    members = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{bucket}/members/*"}
    own = {
        "Effect": "Allow",
        "Action": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
        "Resource": f"{bucket}/own/{me}/*",
    }
    own_list = {
        "Effect": "Allow",
        "Action": "s3:ListBucket",
        "Resource": bucket,
        "Condition": {"StringLike": {"s3:prefix": f"own/{me}/*"}},
    }
    hang = {
        "Effect": "Allow",
        "Action": ["s3:PutObject", "s3:DeleteObject"],
        "Resource": f"{bucket}/gallery/*",
    }
    rights = {
        "tidepool-visitor": [gallery],
        "tidepool-member": [gallery, members, own, own_list],
        "tidepool-curator": [gallery, members, own, own_list, hang],
    }
    for role, statements in rights.items():
        document = json.dumps({"Version": "2012-10-17", "Statement": statements})
        account.iam.put_role_policy(RoleName=role, PolicyName="pictures", PolicyDocument=document)


def check(answer, scene, lab):
    opening.check_part("rights", answer, scene, lab, before=("directory", "doors"))


# -- wrong answers -----------------------------------------------------------------------------


def wrong_all_actions(account):
    """A visitor hangs a picture in the gallery"""
    give_rights(account)
    _more(account, "tidepool-visitor", "s3:*", "gallery/*")


def wrong_whole_bucket_for_visitors(account):
    """A visitor looks at members/"""
    give_rights(account)
    _more(account, "tidepool-visitor", "s3:GetObject", "*")


def wrong_one_folder_for_all(account):
    """Rook reads in Mara's folder"""
    give_rights(account)
    _more(account, "tidepool-member", ["s3:GetObject", "s3:PutObject"], "own/*")


def wrong_list_of_everything(account):
    """Rook lists Mara's folder"""
    give_rights(account)
    _more(account, "tidepool-member", "s3:ListBucket")


def wrong_no_slash(account):
    """Rook writes into a folder whose name begins as his does"""
    give_rights(account)
    _more(account, "tidepool-member", "s3:PutObject", f"own/{ME}*")


def wrong_no_slash_after_the_gallery(account):
    """A visitor looks at gallery-of-tomorrow/"""
    give_rights(account)
    _more(account, "tidepool-visitor", "s3:GetObject", "gallery*")


def wrong_list_without_a_prefix(account):
    """Rook lists the gallery, or everything"""
    give_rights(account)
    condition = {"StringLikeIfExists": {"s3:prefix": f"own/{ME}/*"}}
    _more(account, "tidepool-member", "s3:ListBucket", Condition=condition)


def wrong_no_slash_in_the_list(account):
    """Rook lists folders whose names begin as his does"""
    give_rights(account)
    condition = {"StringLike": {"s3:prefix": f"own/{ME}*"}}
    _more(account, "tidepool-member", "s3:ListBucket", Condition=condition)


def wrong_members_hang_pictures_among_themselves(account):
    """Rook puts a picture into members/"""
    give_rights(account)
    _more(account, "tidepool-member", ["s3:GetObject", "s3:PutObject"], "members/*")


def wrong_identity_pool_in_place_of_the_identity(account):
    """Mara uses her own folder → AccessDenied"""
    give_rights(account)
    document = account.iam.get_role_policy(RoleName="tidepool-member", PolicyName="pictures")[
        "PolicyDocument"
    ]
    text = json.dumps(document).replace(ME, "${cognito-identity.amazonaws.com:aud}")
    account.iam.put_role_policy(RoleName="tidepool-member", PolicyName="pictures", PolicyDocument=text)


def wrong_curators_are_no_members(account):
    """Ines looks at the gallery"""
    give_rights(account)
    account.iam.delete_role_policy(RoleName="tidepool-curator", PolicyName="pictures")
    _more(account, "tidepool-curator", ["s3:PutObject", "s3:DeleteObject"], "gallery/*")


def wrong_curators_do_everything(account):
    """Ines hangs a picture in gallery-of-tomorrow/"""
    give_rights(account)
    _more(account, "tidepool-curator", ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], "*")


def wrong_curators_see_who_has_which_role(account):
    """Rook or Ines finds more in the account"""
    give_rights(account)
    statement = {"Effect": "Allow", "Action": "iam:List*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    account.iam.put_role_policy(RoleName="tidepool-curator", PolicyName="more", PolicyDocument=document)


ME = "${cognito-identity.amazonaws.com:sub}"


def _more(account, role, actions, objects="", **condition):
    """One more statement for a role; without ``objects`` about the bucket itself."""
    resource = f"arn:aws:s3:::{account.bucket}" + (f"/{objects}" if objects else "")
    statement = {"Effect": "Allow", "Action": actions, "Resource": resource, **condition}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    account.iam.put_role_policy(RoleName=role, PolicyName="more", PolicyDocument=document)
