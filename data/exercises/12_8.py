"""Tidepool changes its mind: only people whose token names a role get credentials. So Ines gets the curator's role, and
Mara gets no credentials at all. Change one value of this role mapping.
"""

from cognito_lab.practice.checks import expect, id_token, identity_and_credentials, refusal_of

title, core, difficulty, minutes = "No role in the token", False, 1, 1
expected = "Ines gets credentials of the curator's role. Mara is refused with `NotAuthorizedException`."
hint = "Which of the two values is about people whose token names no role?"
scene = "one_door"

name = "role_mapping"
stub = {"Type": "Token", "AmbiguousRoleResolution": "AuthenticatedRole"}
solution = {"Type": "Token", "AmbiguousRoleResolution": "Deny"}


def check(answer, scene, lab):
    import boto3

    user_pools, identity_pools = boto3.client("cognito-idp"), boto3.client("cognito-identity")
    issuer = f"cognito-idp.{lab.region}.amazonaws.com/{scene.pool}"
    curators = {"UserPoolId": scene.pool, "GroupName": "curators"}
    user_pools.create_group(**curators, RoleArn=scene.curator_role)
    user_pools.admin_add_user_to_group(**curators, Username="ines")
    identity_pools.set_identity_pool_roles(
        IdentityPoolId=scene.identity_pool,
        Roles={"authenticated": scene.member_role},
        RoleMappings={f"{issuer}:{scene.client}": answer},
    )

    def refusal(username):
        login = {issuer: id_token(scene, username)}
        return refusal_of(lambda: identity_and_credentials(scene.identity_pool, login))

    for_mara = refusal("mara")
    expect(not refusal("ines"), "Ines is refused too: nothing takes the role from her token any more.")
    expect(for_mara, "Mara still gets credentials, those of the default role.")
    expect(for_mara == "NotAuthorizedException", f"Mara is refused, but with {for_mara}.")


wrong_rules = (
    {"Type": "Rules", "AmbiguousRoleResolution": "Deny"},
    "SetIdentityPoolRoles was refused",
)
wrong_spelling_of_the_other = (
    {"Type": "token", "AmbiguousRoleResolution": "AuthenticatedRole"},
    "[Token, Rules]",
)
