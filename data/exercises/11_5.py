"""The reef has grown. Its members now have the sections `reef-north` and `reef-south`, and both should get the reef's
role. Nobody else should get it: neither members of `old-reef` or `shore`, nor members without a section. Change one
value of the rule.
"""

import boto3
import jwt

from cognito_lab.practice.checks import expect, id_token, identity_and_credentials, refusal_of

title, core, difficulty, minutes = "One value of a rule", False, 1, 2
expected = "`reef-north` and `reef-south` get the reef's role, and everybody else gets none."
hint = "There are four kinds of `MatchType`: `Equals`, `NotEqual`, `Contains` and `StartsWith`."
scene = "three_roles"

name = "rule"
stub = {"Claim": "custom:section", "MatchType": "Equals", "Value": "reef"}
solution = {"Claim": "custom:section", "MatchType": "StartsWith", "Value": "reef"}


def check(answer, scene, lab):
    user_pools, identity_pools = boto3.client("cognito-idp"), boto3.client("cognito-identity")
    rules = {"Rules": [{**answer, "RoleARN": scene.reef_role}]}
    mapping = {"Type": "Rules", "AmbiguousRoleResolution": "Deny", "RulesConfiguration": rules}
    identity_pools.set_identity_pool_roles(
        IdentityPoolId=scene.identity_pool,
        Roles={"authenticated": scene.member_role},
        RoleMappings={f"{scene.issuer}:{scene.client}": mapping},
    )
    ben = {"UserPoolId": scene.pool, "Username": "ben"}
    for section, fits in SECTIONS.items():
        if section:
            given = [{"Name": "custom:section", "Value": section}]
            user_pools.admin_update_user_attributes(**ben, UserAttributes=given)
        else:
            user_pools.admin_delete_user_attributes(**ben, UserAttributeNames=["custom:section"])
        who = f"Ben's section is `{section}`" if section else "Ben has no section"
        token = id_token(scene, "ben")
        login = {scene.issuer: token}
        claim = answer.get("Claim")
        claims = jwt.decode(token, options={"verify_signature": False})
        expect(claim in claims or not section, f"The ID token has no claim `{claim}`.")
        gets = not refusal_of(lambda login=login: identity_and_credentials(scene.identity_pool, login))
        expect(gets or not fits, f"{who}, and he gets no role.")
        expect(fits or not gets, f"{who}, and he gets the reef's role.")


SECTIONS = {"reef-north": True, "reef-south": True, "shore": False, "old-reef": False, "": False}

wrong_contains = {**solution, "MatchType": "Contains"}, "section is `old-reef`, and he gets the reef's role"
wrong_not_equal = {**solution, "MatchType": "NotEqual"}, "section is `shore`, and he gets the reef's role"
wrong_one_of_two = (
    {"Claim": "custom:section", "MatchType": "Equals", "Value": "reef-north"},
    "section is `reef-south`, and he gets no role",
)
wrong_wildcard = {**stub, "Value": "reef-*"}, "section is `reef-north`, and he gets no role"
wrong_claim_without_prefix = {**solution, "Claim": "section"}, "The ID token has no claim `section`"
