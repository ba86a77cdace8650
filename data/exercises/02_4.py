"""Mara has signed in, and has all three tokens. Then she signs out everywhere: `GlobalSignOut`. Her app does not
throw the tokens away. Which of these four calls succeed in the next minute? Write `True` or `False`.
"""

import boto3

from cognito_lab.practice.checks import expect, refusal_of

title, core, difficulty, minutes = "Signed out everywhere", False, 2, 6
expected = "four times True or False. The check makes each call."
hint = "Who is asked in each of the four: the user pool, or somebody who only looks at the token?"
scene = "identity_pool"

name = "succeeds"
stub = {
    "GetUser, with the access token": None,
    "GetTokensFromRefreshToken, with the refresh token": None,
    "your own server verifies the access token": None,
    "GetId of an identity pool, with the ID token": None,
}
solution = {
    "GetUser, with the access token": False,
    "GetTokensFromRefreshToken, with the refresh token": False,
    "your own server verifies the access token": True,
    "GetId of an identity pool, with the ID token": True,
}


def check(answer, scene, lab):
    import jwt

    user_pools, identity_pools = boto3.client("cognito-idp"), boto3.client("cognito-identity")
    person = {"USERNAME": "mara", "PASSWORD": scene.password}
    flow = {"ClientId": scene.client, "AuthFlow": "USER_PASSWORD_AUTH"}
    tokens = user_pools.initiate_auth(**flow, AuthParameters=person)["AuthenticationResult"]
    user_pools.global_sign_out(AccessToken=tokens["AccessToken"])
    access, issuer = tokens["AccessToken"], f"https://{scene.issuer}"
    renewal = {"ClientId": scene.client, "RefreshToken": tokens["RefreshToken"]}
    login = {scene.issuer: tokens["IdToken"]}

    def verify():
        key = jwt.PyJWKClient(f"{issuer}/.well-known/jwks.json").get_signing_key_from_jwt(access)
        jwt.decode(access, key, algorithms=["RS256"], issuer=issuer)

    calls = [
        lambda: user_pools.get_user(AccessToken=access),
        lambda: user_pools.get_tokens_from_refresh_token(**renewal),
        verify,
        lambda: identity_pools.get_id(IdentityPoolId=scene.identity_pool, Logins=login),
    ]
    expect(all(isinstance(each, bool) for each in answer.values()), "Write a bool for each of the four.")
    came = {what: not refusal_of(call) for what, call in zip(stub, calls, strict=True)}
    wrong = [what for what in stub if answer[what] != came[what]]
    expect(
        any(answer.values()),
        "Not one of them? Some of the four places never ask the user pool whether a token was revoked.",
    )
    expect(not all(answer.values()), "All of them? Then signing out would do nothing at all.")
    for what in wrong:
        if "GetId" in what:
            expect(
                False, f"{what}: unless its check on the server's side is on, it looks at the token alone."
            )
        if "server" in what:
            expect(False, f"{what}: what could a server see in a token that has not changed?")
        expect(False, f"{what}: here the user pool itself is asked, and it remembers.")


ASKED, REFRESHED, VERIFIED, EXCHANGED = stub
wrong_none = dict.fromkeys(stub, False), "Not one of them?"
wrong_all = dict.fromkeys(stub, True), "Then signing out would do nothing"
wrong_identity_pool = {**solution, EXCHANGED: False}, "it looks at the token alone"
wrong_server = {**solution, VERIFIED: False}, "what could a server see"
wrong_refresh = {**solution, REFRESHED: True}, "here the user pool itself is asked"
wrong_form = {**solution, ASKED: "no"}, "Write a bool"
