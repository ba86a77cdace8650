"""A server for pictures reads access tokens only. It wants to know the section of a member, which is in the attribute
`custom:section`. Write `tell_section`, for version 2 of the trigger: the access token gets the claim `section`. Whoever
has no section gets no such claim. Everything else in both tokens should stay as it is.
"""

import boto3
import jwt

from cognito_lab.practice.checks import expect, set_triggers

title, core, difficulty, minutes = "The section in the access token", False, 2, 7
expected = (
    "Mara's access token says `reef`, Ben's says `shore`, that of Ines has no section, and groups stay."
)
hint = """
`response` gets `claimsAndScopeOverrideDetails`, which has a half for each token. What is known of the person is in
`event["request"]["userAttributes"]`; what is not set is not there.
"""
scene = "members"


def tell_section(event, context):
    """Put the member's section into the access token."""
    section = event["request"]["userAttributes"].get("custom:section")
    if section:
        half = {"claimsToAddOrOverride": {"section": section}}
        event["response"]["claimsAndScopeOverrideDetails"] = {"accessTokenGeneration": half}
    return event


SECTIONS = {"mara": "reef", "ben": "shore", "ines": None}
CHANGES = {"iat", "exp", "jti", "auth_time", "origin_jti", "event_id"}  # from one sign-in to the next


def check(answer, scene, lab):
    user_pools = boto3.client("cognito-idp")
    section = {"Name": "section", "AttributeDataType": "String", "Mutable": True}
    user_pools.add_custom_attributes(UserPoolId=scene.pool, CustomAttributes=[section])
    user_pools.create_group(UserPoolId=scene.pool, GroupName="curators")
    for name, value in SECTIONS.items():
        person = {"UserPoolId": scene.pool, "Username": name}
        user_pools.admin_add_user_to_group(**person, GroupName="curators")
        given = [{"Name": "custom:section", "Value": value}] if value else []
        user_pools.admin_update_user_attributes(**person, UserAttributes=given)
    before = {name: claims_of(user_pools, scene, name) for name in SECTIONS}
    set_triggers(lab, scene, PreTokenGenerationConfig=answer)
    for name, value in SECTIONS.items():
        (identity, access), (id_before, access_before) = claims_of(user_pools, scene, name), before[name]
        expect(
            "section" not in identity, f"{name}: the claim is in the ID token, which this server never sees."
        )
        expect(
            value or "section" not in access,
            f"{name} has no section, and the access token has the claim.",
        )
        said = access.pop("section", None)
        expect(said == value, f"{name}: the access token says section {said!r}, and the profile {value!r}.")
        for kind, now, then in (("ID", identity, id_before), ("access", access, access_before)):
            changed = {each for each in {*now, *then} - CHANGES if now.get(each) != then.get(each)}
            expect(
                not changed, f"{name}: the {kind} token has other {', '.join(sorted(changed))} than before."
            )


def claims_of(user_pools, scene, name):
    person = {"USERNAME": name, "PASSWORD": scene.password}
    flow = {"ClientId": scene.client, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": person}
    tokens = user_pools.initiate_auth(**flow)["AuthenticationResult"]
    return [
        jwt.decode(tokens[kind], options={"verify_signature": False}) for kind in ("IdToken", "AccessToken")
    ]


def wrong_version_1(event, context):
    """mara: the access token says section None"""
    section = event["request"]["userAttributes"].get("custom:section", "")
    event["response"]["claimsOverrideDetails"] = {"claimsToAddOrOverride": {"section": section}}
    return event


def wrong_half(event, context):
    """mara: the claim is in the ID token"""
    section = event["request"]["userAttributes"].get("custom:section")
    half = {"claimsToAddOrOverride": {"section": section}}
    event["response"]["claimsAndScopeOverrideDetails"] = {"idTokenGeneration": half}
    return event


def wrong_everybody_has_one(event, context):
    """ines has no section, and the access token has the claim"""
    section = event["request"]["userAttributes"].get("custom:section", "")
    half = {"claimsToAddOrOverride": {"section": section}}
    event["response"]["claimsAndScopeOverrideDetails"] = {"accessTokenGeneration": half}
    return event


def wrong_group_as_claim(event, context):
    """the ID token has other cognito:groups than before"""
    section = event["request"]["userAttributes"].get("custom:section")
    if section:
        details = {"accessTokenGeneration": {"claimsToAddOrOverride": {"section": section}}}
        details["groupOverrideDetails"] = {"groupsToOverride": [section]}
        event["response"]["claimsAndScopeOverrideDetails"] = details
    return event


def wrong_same_for_all(event, context):
    """ben: the access token says section 'reef'"""
    half = {"claimsToAddOrOverride": {"section": "reef"}}
    event["response"]["claimsAndScopeOverrideDetails"] = {"accessTokenGeneration": half}
    return event
