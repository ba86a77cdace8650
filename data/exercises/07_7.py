"""Tidepool's server keeps each user's pictures under a key. Write `key_of`: it reads the key from the claims of a
verified ID token. A user has the same key for ever: after a change of the name or the address, and also after an
administrator has linked a Google account to the user (the last section shows that). Two users never have the same key.
"""

from cognito_lab.practice.checks import Mistake, expect, id_token, sign_in_through_pages

title, core, difficulty, minutes = "The key to somebody's pictures", False, 2, 2
expected = "A key that stays with its user, and that nobody else ever gets."
hint = "Which claims can somebody change? Mara leaves, and a new user takes her username: which claims are the same?"
scene = "old_account"

GORAN = "goran.pavic@gmail.example"


def key_of(claims):
    """The key for a person's pictures. `claims` are those of a verified ID token of the user pool."""
    return claims["sub"]


def check(answer, scene, lab):
    import boto3
    import jwt

    user_pools, pool = boto3.client("cognito-idp"), {"UserPoolId": scene.pool}

    def key(token, who):
        found = answer(jwt.decode(token, options={"verify_signature": False}))
        if not isinstance(found, str) or not found:
            raise Mistake(f"{who} has no key: your function returns {found!r}.")
        return found

    def by_google(name):
        return sign_in_through_pages(scene, "Google", f"{name} ({GORAN})", "Continue")["id_token"]

    first, mara = key(by_google("Goran Pavić"), "Goran, by Google,"), key(id_token(scene, "mara"), "Mara")
    expect(first != mara, "Mara and Goran have the same key.")
    old = key(id_token(scene, "goran"), "The old account")
    expect(
        old != first,
        "The old account `goran` and the profile from Google get one key, and nobody has proved that they are one "
        "person: anybody may write another's address into a profile.",
    )
    from dataclasses import replace

    lab.google.accounts[GORAN] = replace(lab.google.accounts[GORAN], name="Goran Holm")
    expect(
        key(by_google("Goran Holm"), "Goran") == first,
        "Goran has a new name, and no pictures any more: his key has changed.",
    )
    number = lab.google.accounts[GORAN].sub
    user_pools.admin_delete_user(**pool, Username=f"Google_{number}")
    source = {"ProviderName": "Google", "ProviderAttributeName": "Cognito_Subject"}
    user_pools.admin_link_provider_for_user(
        **pool,
        DestinationUser={"ProviderName": "Cognito", "ProviderAttributeValue": "goran"},
        SourceUser={**source, "ProviderAttributeValue": number},
    )
    expect(
        key(by_google("Goran Holm"), "The linked account") == old,
        "Google is linked to the account `goran` now, and the account has lost its pictures: its key has changed.",
    )
    user_pools.admin_delete_user(**pool, Username="mara")
    user_pools.admin_create_user(**pool, Username="mara", MessageAction="SUPPRESS")
    user_pools.admin_set_user_password(**pool, Username="mara", Password=scene.password, Permanent=True)
    expect(
        key(id_token(scene, "mara"), "Another mara") != mara,
        "Mara has left the club. Somebody else takes the username `mara`, and finds her pictures.",
    )


def wrong_address(claims):
    """anybody may write another's address"""
    return claims["email"]


def wrong_name(claims):
    """no pictures any more"""
    return claims.get("name") or claims["cognito:username"]


def wrong_username(claims):
    """Somebody else takes the username"""
    return claims["cognito:username"]


def wrong_number_at_google(claims):
    """Mara has no key"""
    return next((each["userId"] for each in claims.get("identities", [])), None)


def wrong_number_or_sub(claims):
    """the account has lost its pictures"""
    return next((each["userId"] for each in claims.get("identities", [])), claims["sub"])


def wrong_client(claims):
    """have the same key"""
    return claims["aud"]
