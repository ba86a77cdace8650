"""The support desk needs the number that Google has for a person. Write `number_at_google`: it reads the number from an
answer of `AdminGetUser`.

Do not take it from the username: a user with another username can sign in with Google too (the section on two ways in
shows how).
"""

from cognito_lab.practice.checks import expect, sign_in_through_pages

title, core, difficulty, minutes = "Somebody's number at Google", False, 2, 2
expected = "The number of each person who signs in with Google. `None` for Mara and Aiko."
hint = "`identities` is a string with JSON in it: a list of dictionaries. Mara's profile does not have this attribute."
scene = "old_account"

PEOPLE = {
    "mara": "Mara has a password and no identity at Google",
    "rook": "Rook signs in with Google",
    "goran": "Goran's username is goran, and he signs in with Google",
    "aiko": "Aiko signs in through her university, and Google does not know her",
}


def number_at_google(profile):
    """Google's number for a person, or None. `profile` is an answer of AdminGetUser."""
    import json

    attributes = {each["Name"]: each["Value"] for each in profile["UserAttributes"]}
    for identity in json.loads(attributes.get("identities", "[]")):
        if identity["providerName"] == "Google":
            return identity["userId"]
    return None


def check(answer, scene, lab):
    for who, (profile, number) in profiles(scene, lab).items():
        try:
            found = answer(profile)
        except (KeyError, IndexError, ValueError, TypeError) as error:
            expect(False, f"{PEOPLE[who]}: your function stops with {type(error).__name__}: {error}.")
        expect(found == number, f"{PEOPLE[who]}: expected {number!r}, and your function returns {found!r}.")


def profiles(scene, lab):
    """For each person the answer of AdminGetUser, and the number at Google."""
    import boto3

    user_pools, pool = boto3.client("cognito-idp"), {"UserPoolId": scene.pool}
    numbers = {
        name: lab.google.accounts[name].sub
        for name in ("goran.pavic@gmail.example", "rook@elsewhere.example")
    }
    goran, rook = numbers.values()
    source = {
        "ProviderName": "Google",
        "ProviderAttributeName": "Cognito_Subject",
        "ProviderAttributeValue": goran,
    }
    destination = {"ProviderName": "Cognito", "ProviderAttributeValue": "goran"}
    user_pools.admin_link_provider_for_user(**pool, DestinationUser=destination, SourceUser=source)
    sign_in_through_pages(scene, "Google", "Rook (rook@elsewhere.example)", "Continue")
    lab.university.register_service(f"urn:amazon:cognito:sp:{scene.pool}", f"{scene.pages}/saml2/idpresponse")
    where = {"MetadataURL": lab.university.metadata_url}
    saml = {"ProviderName": "Northshore", "ProviderType": "SAML", "ProviderDetails": where}
    user_pools.create_identity_provider(**pool, **saml, AttributeMapping={"email": "mail"})
    client = {**pool, "ClientId": scene.client}
    now = user_pools.describe_user_pool_client(**client)["UserPoolClient"]
    kept = {name: value for name, value in now.items() if not name.endswith("Date")}
    user_pools.update_user_pool_client(**{**kept, "SupportedIdentityProviders": ["Google", "Northshore"]})
    sign_in_through_pages(scene, "Northshore", "Aiko Tanaka (aiko@northshore.example)", "Continue")
    names = [each["Username"] for each in user_pools.list_users(**pool)["Users"]]
    (aikos,) = (name for name in names if name.startswith("Northshore_"))
    people = {"mara": ("mara", None), "rook": (f"Google_{rook}", rook), "goran": ("goran", goran)}
    return {
        who: (user_pools.admin_get_user(**pool, Username=name), number)
        for who, (name, number) in {**people, "aiko": (aikos, None)}.items()
    }


def wrong_from_the_username(profile):
    """Goran's username is goran, and he signs in with Google"""
    start, _, number = profile["Username"].partition("_")
    return number if start == "Google" else None


def wrong_any_provider(profile):
    """Google does not know her"""
    import json

    attributes = {each["Name"]: each["Value"] for each in profile["UserAttributes"]}
    return next((each["userId"] for each in json.loads(attributes.get("identities", "[]"))), None)


def wrong_everybody_has_identities(profile):
    """Mara has a password and no identity at Google"""
    import json

    attributes = {each["Name"]: each["Value"] for each in profile["UserAttributes"]}
    return json.loads(attributes["identities"])[0]["userId"]
