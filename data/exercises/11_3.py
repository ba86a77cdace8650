"""Ines is in two groups of the user pool. Each group carries a role and has a precedence. The identity pool takes the
role from the token, with `AmbiguousRoleResolution` `Deny`, and her page asks for no role. Which role does she get?

A line names the groups in the order in which she joined them. Write `"curator"`, `"reef"`, or `"none"` where she gets
no credentials.
"""

import boto3

from cognito_lab.practice.checks import expect, id_token, identity_and_credentials, refusal_of

title, core, difficulty, minutes = "Two groups, one person", False, 2, 6
expected = "five answers; the check makes the groups and asks for the credentials."
hint = "The user pool puts at most one role into `cognito:preferred_role`. What does the API page of CreateGroup say about precedence, and about two groups that have the same?"
scene = "three_roles"

name = "which_role"
stub = {
    "curator, precedence 1; then reef, precedence 10": None,
    "curator, precedence 10; then reef, precedence 1": None,
    "curator, no precedence; then reef, precedence 100": None,
    "curator, precedence 5; then reef, precedence 5": None,
    "curator, precedence 0; then reef, precedence 1": None,
}
LINES = list(stub)
solution = {
    "curator, precedence 1; then reef, precedence 10": "curator",
    "curator, precedence 10; then reef, precedence 1": "reef",
    "curator, no precedence; then reef, precedence 100": "reef",
    "curator, precedence 5; then reef, precedence 5": "none",
    "curator, precedence 0; then reef, precedence 1": "curator",
}
CASES = ((1, 10), (10, 1), (None, 100), (5, 5), (0, 1))
REASONS = (
    "The lowest number wins, not the highest.",
    "It does not matter when she joined.",
    "A group without a number comes last.",
    "Both groups have the same number and different roles, so the token prefers neither.",
    "0 is a number like the others.",
)
BECAUSE = dict(zip(LINES, REASONS, strict=True))


def check(answer, scene, lab):
    for line, really in played(scene).items():
        said = answer.get(line)
        expect(said in ("curator", "reef", "none"), f"“{line}”: write one of 'curator', 'reef' and 'none'.")
        expect(said == really, f"“{line}”: not {said!r}. {BECAUSE[line]}")


def played(scene):
    """The role that she gets in each case."""
    user_pools, identity_pools = boto3.client("cognito-idp"), boto3.client("cognito-identity")
    identity_pools.set_identity_pool_roles(
        IdentityPoolId=scene.identity_pool,
        Roles={"authenticated": scene.member_role},
        RoleMappings={f"{scene.issuer}:{scene.client}": {"Type": "Token", "AmbiguousRoleResolution": "Deny"}},
    )
    found = {}
    for line, precedences in zip(LINES, CASES, strict=True):
        groups = []
        for role, precedence in zip(("curator", "reef"), precedences, strict=True):
            group = {"UserPoolId": scene.pool, "GroupName": role}
            more = {} if precedence is None else {"Precedence": precedence}
            user_pools.create_group(**group, RoleArn=getattr(scene, f"{role}_role"), **more)
            user_pools.admin_add_user_to_group(**group, Username="ines")
            groups.append(group)
        login = {scene.issuer: id_token(scene, "ines")}
        found[line] = role_of(scene, login)
        for group in groups:
            user_pools.delete_group(**group)
    return found


def role_of(scene, login):
    if refusal_of(lambda: identity_and_credentials(scene.identity_pool, login)):
        return "none"
    from cognito_lab.practice.checks import client_with

    _, credentials = identity_and_credentials(scene.identity_pool, login)
    arn = client_with(credentials, "sts").get_caller_identity()["Arn"]
    return arn.split("/")[1].removeprefix("tidepool-")


wrong_first_joined = {**solution, LINES[1]: "curator"}, "It does not matter when she joined"
wrong_higher_number = {**solution, LINES[0]: "reef"}, "The lowest number wins"
wrong_no_number_is_best = {**solution, LINES[2]: "curator"}, "A group without a number comes last"
wrong_same_number_first = {**solution, LINES[3]: "curator"}, "the token prefers neither"
wrong_zero_is_none = {**solution, LINES[4]: "reef"}, "0 is a number"
wrong_arn = {**solution, LINES[0]: "tidepool-curator"}, "write one of"
