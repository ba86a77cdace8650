"""Aiko's family name should arrive in the directory as well, as `family_name`. This is what the university's document
says of her:

| name in the document | value |
|---|---|
| `mail` | aiko@northshore.example |
| `displayName` | Aiko Tanaka |
| `givenName` | Aiko |
| `sn` | Tanaka |

Write `with_family_name`: it gets the attribute mapping of this section, and returns the mapping that the pool
should have.
"""

from cognito_lab.practice.checks import Mistake, expect, refusal_of, sign_in_through_pages

title, core, difficulty, minutes = "A family name from the university", False, 1, 2
expected = "Aiko's profile has her address, her name and her family name, each in the right attribute."
hint = "A mapping is written from the pool's side: on the left the pool's attribute, on the right the provider's name."
scene = "google_connected"

AIKO = "aiko@northshore.example"
EXPECTED = {"email": AIKO, "name": "Aiko Tanaka", "family_name": "Tanaka"}


def with_family_name(mapping):
    """The mapping that was given, and the family name."""
    return {**mapping, "family_name": "sn"}


def check(answer, scene, lab):
    import boto3

    mapping = answer({"email": "mail", "name": "displayName"})
    expect(isinstance(mapping, dict), f"A mapping is a dictionary; your function returns {mapping!r}.")
    user_pools, pool = boto3.client("cognito-idp"), {"UserPoolId": scene.pool}
    lab.university.register_service(f"urn:amazon:cognito:sp:{scene.pool}", f"{scene.pages}/saml2/idpresponse")
    where = {"MetadataURL": lab.university.metadata_url}
    saml = {"ProviderName": "Northshore", "ProviderType": "SAML", "ProviderDetails": where}
    code = refusal_of(lambda: user_pools.create_identity_provider(**pool, **saml, AttributeMapping=mapping))
    if code:
        unknown = [each for each in mapping if each not in EXPECTED]
        raise Mistake(
            f"The pool refuses this mapping: {code}. Left of the colon it expects its own attributes"
            + (f", and {', '.join(unknown)} is not one of them." if unknown else ".")
        )
    client = {**pool, "ClientId": scene.client}
    now = user_pools.describe_user_pool_client(**client)["UserPoolClient"]
    kept = {name: value for name, value in now.items() if not name.endswith("Date")}
    user_pools.update_user_pool_client(**{**kept, "SupportedIdentityProviders": ["COGNITO", "Northshore"]})
    sign_in_through_pages(scene, "Northshore", f"Aiko Tanaka ({AIKO})", "Continue")
    people = user_pools.list_users(**pool)["Users"]
    profile = next(each for each in people if each["UserStatus"] == "EXTERNAL_PROVIDER")
    arrived = {each["Name"]: each["Value"] for each in profile["Attributes"]}
    for attribute, value in EXPECTED.items():
        expect(
            attribute in arrived,
            f"Aiko is in, and her profile has no {attribute}: the document has nothing under the name "
            f"{mapping.get(attribute)!r}."
            if attribute in mapping
            else f"Aiko is in, and nothing is mapped to {attribute} now.",
        )
        expect(
            arrived[attribute] == value,
            f"Her profile says {arrived[attribute]!r} for {attribute}. Which name in the document has {value!r}?",
        )


def wrong_other_way_round(mapping):
    """sn is not one of them"""
    return {**mapping, "sn": "family_name"}


def wrong_names_of_google(mapping):
    """the document has nothing under the name"""
    return {**mapping, "family_name": "family_name"}


def wrong_the_others_forgotten(mapping):
    """nothing is mapped to email now"""
    return {"family_name": "sn"}


def wrong_whole_name(mapping):
    """Which name in the document has"""
    return {**mapping, "family_name": "displayName"}
