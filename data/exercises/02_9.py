"""Ines is in two groups: `curators`, whose role may change pictures, and `jury`, whose role may only look. During the
competition, her preferred role should be that of the jury. Choose the `Precedence` of each group.
"""

import boto3

from cognito_lab.practice.checks import expect, id_token

title, core, difficulty, minutes = "Whose role counts", False, 1, 1
expected = "`cognito:preferred_role` in her ID token is the jury's role."
hint = "Look at the two cells above: which number was better?"
scene = "members"

name = "precedences"
stub = {"curators": None, "jury": None}
solution = {"curators": 20, "jury": 10}


def check(answer, scene, lab):
    import jwt

    user_pools, role = boto3.client("cognito-idp"), "arn:aws:iam::123456789012:role/tidepool-"
    for group, precedence in answer.items():
        fits = isinstance(precedence, int) and not isinstance(precedence, bool) and 0 <= precedence < 2**31
        expect(fits, f"{group}: a precedence is a whole number, 0 or more.")
        of = {"UserPoolId": scene.pool, "GroupName": group}
        user_pools.create_group(**of, RoleArn=f"{role}{group}", Precedence=precedence)
        user_pools.admin_add_user_to_group(**of, Username="ines")
    claims = jwt.decode(id_token(scene, "ines"), options={"verify_signature": False})
    preferred = claims.get("cognito:preferred_role")
    expect(preferred, "Her token has no preferred role: two roles are equally good.")
    expect(
        preferred == f"{role}jury",
        f"Her preferred role is {preferred}: the smaller number is the better one.",
    )


wrong_larger = {"curators": 10, "jury": 20}, "the smaller number is the better one"
wrong_equal = {"curators": 10, "jury": 10}, "two roles are equally good"
wrong_words = {"curators": 2, "jury": "first"}, "a whole number"
