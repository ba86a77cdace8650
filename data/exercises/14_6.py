"""Tidepool's page should notice when a token is for another application. Write `meant_for`: it gets one of Google's ID
tokens, and returns the client id that the token is meant for. (`import jwt`. The identity pool verifies the token, so
here it is enough to read it.)
"""

from cognito_lab.practice.checks import expect

title, core, difficulty, minutes = "Whose token is this?", False, 1, 2
expected = (
    "Tidepool's client id for the token from our page; another client id for the token from Rook's page."
)
hint = """
`jwt.decode(token, options={"verify_signature": False})` returns the claims, and one of them is the audience. The table
under the button's token says what each claim is.
"""
scene = "site"


def meant_for(token):
    """The client id that Google issued `token` for."""
    import jwt

    return jwt.decode(token, options={"verify_signature": False})["aud"]


def check(answer, scene, lab):
    import jwt

    people = ("goran.pavic@gmail.example", "rook@elsewhere.example")
    for name, page in (
        ("Tidepool", "https://tidepool.example"),
        ("Win a camera", "https://elsewhere.example"),
    ):
        client = lab.google.register_client(name, origins=[page]).client_id
        for person in people:
            token = lab.google.credential(client, person, page)
            claims = jwt.decode(token, options={"verify_signature": False})
            given = answer(token)
            expect(
                given != claims["sub"], "`sub` is the person. Two people of one application have two of them."
            )
            expect(given != claims["iss"], "`iss` is Google, in every token of Google's.")
            expect(not isinstance(given, dict), "You returned all claims. One of them is enough.")
            of_a_phone = jwt.encode({**claims, "azp": "phone.apps.googleusercontent.com"}, "k" * 32)
            expect(
                given != claims["azp"] or answer(of_a_phone) == client,
                "`azp` is the application that asked for the token. A phone's app can ask for another client's token.",
            )
            expect(
                given == client,
                f"The token is for {name}, whose client id is {client}; you returned {given!r}.",
            )


def wrong_the_person(token):
    """`sub` is the person"""
    import jwt

    return jwt.decode(token, options={"verify_signature": False})["sub"]


def wrong_the_issuer(token):
    """`iss` is Google"""
    import jwt

    return jwt.decode(token, options={"verify_signature": False})["iss"]


def wrong_who_asked(token):
    """`azp` is the application that asked"""
    import jwt

    return jwt.decode(token, options={"verify_signature": False})["azp"]


def wrong_all_claims(token):
    """One of them is enough"""
    import jwt

    return jwt.decode(token, options={"verify_signature": False})


def wrong_the_key(token):
    """you returned"""
    import jwt

    return jwt.get_unverified_header(token)["kid"]
