"""A function before tokens adds the claim `badge`. Each line says which version the pool asks for, and where in
`response` the function writes the claim. Which token has it then? Write `"ID"`, `"access"`, `"both"` or `"neither"`.
"""

import boto3
import jwt

from cognito_lab.practice.checks import expect, set_triggers

title, core, difficulty, minutes = "Which token has it?", False, 2, 2
expected = "five answers; the check uploads the functions, and signs in."
hint = "Each version reads its own member of `response`. What it does not read does not count."
scene = "members"

name = "has_it"
stub = {
    "1: claimsOverrideDetails": None,
    "2: claimsAndScopeOverrideDetails, idTokenGeneration": None,
    "2: claimsAndScopeOverrideDetails, accessTokenGeneration": None,
    "2: claimsOverrideDetails": None,
    "1: claimsAndScopeOverrideDetails, accessTokenGeneration": None,
}
solution = {
    "1: claimsOverrideDetails": "ID",
    "2: claimsAndScopeOverrideDetails, idTokenGeneration": "ID",
    "2: claimsAndScopeOverrideDetails, accessTokenGeneration": "access",
    "2: claimsOverrideDetails": "neither",
    "1: claimsAndScopeOverrideDetails, accessTokenGeneration": "neither",
}
CHOICES = ["ID", "access", "both", "neither"]
CODE = """def lambda_handler(event, context):
    details = {"claimsToAddOrOverride": {"badge": "gold"}}
    for name in reversed(%r):
        details = {name: details}
    event["response"].update(details)
    return event
"""


def check(answer, scene, lab):
    for line in stub:
        said = answer.get(line)
        expect(said in CHOICES, f"“{line}”: choose ID, access, both or neither.")
        expect(said == tokens_with(line, lab), f"“{line}”: not {said}. The check has read both tokens.")


def tokens_with(line, lab):
    """Which token of a member has the claim, with the function of a ``line``."""
    scene, (version, _, place) = lab.scene("members"), line.partition(": ")
    trigger = "PreTokenGeneration" if version == "1" else "PreTokenGenerationConfig"
    set_triggers(lab, scene, **{trigger: CODE % place.split(", ")})
    person = {"USERNAME": "mara", "PASSWORD": scene.password}
    flow = {"ClientId": scene.client, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": person}
    tokens = boto3.client("cognito-idp").initiate_auth(**flow)["AuthenticationResult"]
    has = [
        "badge" in jwt.decode(tokens[kind], options={"verify_signature": False})
        for kind in ("IdToken", "AccessToken")
    ]
    return {(True, True): "both", (True, False): "ID", (False, True): "access"}.get(tuple(has), "neither")


LINES = list(stub)
wrong_version_1_in_both = {**solution, LINES[0]: "both"}, "“1: claimsOverrideDetails”: not both"
wrong_half_is_both = {**solution, LINES[1]: "both"}, "idTokenGeneration”: not both"
wrong_old_form_in_version_2 = {**solution, LINES[3]: "ID"}, "“2: claimsOverrideDetails”: not ID"
wrong_new_form_in_version_1 = {**solution, LINES[4]: "access"}, "“1: claimsAndScopeOverrideDetails, access"
wrong_half_done = {**solution, LINES[2]: None}, "accessTokenGeneration”: choose"
