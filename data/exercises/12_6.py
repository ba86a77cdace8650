"""How did somebody sign in? Write `provider_of`: it reads the answer from the claims of a user pool's ID token."""

from cognito_lab.practice.checks import expect

title, core, difficulty, minutes = "Which provider?", False, 1, 2
expected = '`"Google"` for Goran, `"Northshore"` for Aiko, and `None` for Mara, who has a password.'
hint = """
`jwt.decode(tokens["goran"]["id_token"], options={"verify_signature": False})` shows the claims. One of the three that
Mara's token lacks is a list, and its entries name a provider.
"""
scene = "directory"

CLAIMS = {"cognito:username": "", "email": "", "token_use": "id"}
ENTRY = {"userId": "1", "providerType": "", "issuer": None, "primary": "true", "dateCreated": "1780304400000"}


def provider_of(claims):
    """The name of the outside provider, or None; `claims` is the dictionary of an ID token's claims."""
    for each in claims.get("identities", []):
        return each["providerName"]
    return None


def check(answer, scene, lab):
    issuer, groups = f"https://cognito-idp.{lab.region}.amazonaws.com/{scene.pool}", "cognito:groups"
    people = [("Mara", None, {})]
    for name, provider in (("Goran", "Google"), ("Aiko", "Northshore"), ("somebody else", "HarborClub")):
        entry = {**ENTRY, "providerName": provider}
        people.append((name, provider, {"identities": [entry], groups: [f"{scene.pool}_{provider}"]}))
    linked = {"identities": [{**ENTRY, "providerName": "Google"}], groups: ["curators"]}
    people.append(("Ines, a curator whose Google login is linked", "Google", linked))
    people.append(("a curator who has a password", None, {groups: ["curators"]}))
    for name, provider, more in people:
        try:
            given = answer({**CLAIMS, "iss": issuer, "sub": "9c1a", **more})
        except KeyError as error:
            expect(False, f"The token of {name} has no claim {error}: look for it with `.get(…)`.")
        expect(
            not isinstance(given, (list, dict)),
            f"For {name} you returned the whole claim; one name is enough.",
        )
        expect(
            given == provider or "curator" not in name,
            f"For {name} you said {given!r}. Groups do not tell: anybody can be in one.",
        )
        expect(
            given != issuer,
            "`iss` says who issued the token, and that is the user pool for everybody.",
        )
        expect(given == provider, f"For {name} it should be {provider!r}; you said {given!r}.")


def wrong_a_group(claims):
    """Groups do not tell"""
    groups = claims.get("cognito:groups")
    return groups[0].split("_")[-1] if groups else None


def wrong_the_issuer(claims):
    """that is the user pool for everybody"""
    return claims["iss"] if "identities" in claims else None


def wrong_mara_has_none(claims):
    """The token of Mara has no claim 'identities'"""
    return claims["identities"][0]["providerName"]


def wrong_the_whole_claim(claims):
    """one name is enough"""
    return claims.get("identities")
