"""A page signs people in by seven providers. What does it show to the identity pool for each of them? Choose one of

* `"ID token"` of the provider
* `"access token"` of the provider
* `"SAML response"`
* `"token of the identity pool"`
"""

import boto3

from cognito_lab.practice.checks import expect, id_token, refusal_of

title, core, difficulty, minutes = "Which proof for which provider?", False, 2, 5
expected = "one of the four for each provider. The check shows what you name to an identity pool."
hint = "Who can read the token: everybody, only the provider that issued it, or nobody because there is none?"
scene = "every_provider"

name = "proof_of"
stub = {
    "user pool": "",
    "Google": "",
    "Sign in with Apple": "",
    "Facebook": "",
    "Login with Amazon": "",
    "a university, by SAML": "",
    "your own server": "",
}
solution = {
    "user pool": "ID token",
    "Google": "ID token",
    "Sign in with Apple": "ID token",
    "Facebook": "access token",
    "Login with Amazon": "access token",
    "a university, by SAML": "SAML response",
    "your own server": "token of the identity pool",
}
CHOICES = ("ID token", "access token", "SAML response", "token of the identity pool")
BECAUSE = {
    "user pool": "The other token of the user pool is for its own API.",
    "Google": "Google's other token is for Google's own APIs, and only Google can read it.",
    "Sign in with Apple": "Apple's login gives the page a signed token, which everybody can check.",
    "Facebook": "Facebook's login gives the page a token that only Facebook can read.",
    "Login with Amazon": "Amazon's login gives the page a token that only Amazon can read.",
    "a university, by SAML": "SAML has no tokens of this kind. It has a signed document.",
    "your own server": "Nobody outside has signed anything. The server asks AWS for something that it can hand on.",
}


def check(answer, scene, lab):
    identity_pools, pool = boto3.client("cognito-identity"), scene.identity_pool
    for provider, (key, given) in gotten(identity_pools, scene, lab).items():
        named = answer.get(provider)
        expect(named in CHOICES, f"{provider}: choose one of {', '.join(CHOICES)}.")
        expect(named in given, f"{provider}: there is no such thing here. {BECAUSE[provider]}")
        login = {key: given[named]}
        code = refusal_of(lambda: identity_pools.get_id(IdentityPoolId=pool, Logins=login))  # noqa: B023
        expect(not code, f"{provider}: the pool refuses it with {code}. {BECAUSE[provider]}")


def gotten(identity_pools, scene, lab):
    """The key of each provider, and what a page or a server gets there."""
    user_pools, at_aws = boto3.client("cognito-idp"), "urn:amazon:webservices"
    access = user_pools.initiate_auth(
        ClientId=scene.client,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "mara", "PASSWORD": scene.password},
    )["AuthenticationResult"]["AccessToken"]
    address = lab.university.sign_in_address(at_aws)
    document = lab.university.answer_by_hand(address, "aiko@northshore.example")[1]["SAMLResponse"]
    vouched = identity_pools.get_open_id_token_for_developer_identity(
        IdentityPoolId=scene.identity_pool, Logins={scene.forum: "reef-fan"}
    )
    apple, facebook, amazon = (
        lab.apple.credential(scene.tidepool_at_apple.client_id, "mara@tidepool.example"),
        lab.facebook.credential(scene.tidepool_at_facebook.client_id, "ben@tidepool.example"),
        lab.amazon.credential(scene.tidepool_at_amazon.client_id, "ines@tidepool.example"),
    )
    return {
        "user pool": (scene.issuer, {"ID token": id_token(scene, "mara"), "access token": access}),
        "Google": ("accounts.google.com", of_google(scene, lab)),
        "Sign in with Apple": ("appleid.apple.com", {"ID token": apple}),
        "Facebook": ("graph.facebook.com", {"access token": facebook}),
        "Login with Amazon": ("www.amazon.com", {"access token": amazon}),
        "a university, by SAML": (scene.university, {"SAML response": document}),
        "your own server": (
            "cognito-identity.amazonaws.com",
            {"token of the identity pool": vouched["Token"]},
        ),
    }


def of_google(scene, lab):
    """Both tokens of Google's code flow."""
    from urllib.parse import parse_qs, urlencode, urlsplit

    import requests

    client = scene.tidepool_at_google
    app = {"client_id": client.client_id, "redirect_uri": f"{scene.page}/signed-in"}
    question = urlencode({**app, "response_type": "code", "scope": "openid email"})
    address = f"https://accounts.google.com/o/oauth2/v2/auth?{question}"
    code = parse_qs(urlsplit(lab.google.sign_in(address, "goran.pavic@gmail.example")).query)["code"][0]
    form = {**app, "client_secret": client.client_secret, "grant_type": "authorization_code", "code": code}
    both = requests.post("https://oauth2.googleapis.com/token", data=form).json()
    return {"ID token": both["id_token"], "access token": both["access_token"]}


ALWAYS = dict.fromkeys(stub, "access token")
wrong_always_the_access_token = ALWAYS, "The other token of the user pool is for its own API"
wrong_access_token_of_google = {**solution, "Google": "access token"}, "Google's other token"
wrong_access_token_of_apple = {**solution, "Sign in with Apple": "access token"}, "Apple's login gives"
wrong_id_token_of_facebook = {**solution, "Facebook": "ID token"}, "only Facebook can read"
wrong_id_token_of_amazon = {**solution, "Login with Amazon": "ID token"}, "only Amazon can read"
wrong_id_token_by_saml = {**solution, "a university, by SAML": "ID token"}, "It has a signed document"
wrong_id_token_of_ones_own = {**solution, "your own server": "ID token"}, "Nobody outside has signed anything"
wrong_half_done = {**solution, "your own server": ""}, "choose one of"
