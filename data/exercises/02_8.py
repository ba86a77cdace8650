"""Mara is signed in twice, on her laptop and on her phone, through the same app client. On the laptop she presses
“Sign out”. Write `sign_out`. `tokens` are the laptop's tokens: somebody may have copied them.
"""

import boto3

from cognito_lab.practice.checks import expect, refusal_of

title, core, difficulty, minutes = "A sign-out that really signs out", False, 1, 2
expected = "the user pool accepts none of the laptop's tokens any more, and the phone stays signed in."
hint = "02.7 shows the call. Which of the tokens does it take?"
scene = "members"


def sign_out(user_pools, client, tokens):
    """End the session to which `tokens` belong, and no other session."""
    user_pools.revoke_token(ClientId=client, Token=tokens["RefreshToken"])


def check(answer, scene, lab):
    user_pools = boto3.client("cognito-idp")
    flow = {"ClientId": scene.client, "AuthFlow": "USER_PASSWORD_AUTH"}
    person = {"USERNAME": "mara", "PASSWORD": scene.password}
    laptop, phone = (
        user_pools.initiate_auth(**flow, AuthParameters=person)["AuthenticationResult"] for _ in range(2)
    )
    code = refusal_of(lambda: answer(user_pools, scene.client, dict(laptop)))
    expect(
        code != "UnsupportedTokenTypeException", f"→ {code}. RevokeToken does not take this kind of token."
    )
    expect(not code, f"Signing out was refused → {code}.")
    for which, tokens, ended in (("laptop", laptop, True), ("phone", phone, False)):
        renewal = {"ClientId": scene.client, "RefreshToken": tokens["RefreshToken"]}
        calls = {
            "GetUser with the access token": lambda: user_pools.get_user(AccessToken=tokens["AccessToken"]),  # noqa: B023
            "a refresh": lambda: user_pools.get_tokens_from_refresh_token(**renewal),  # noqa: B023
        }
        for what, call in calls.items():
            refused = bool(refusal_of(call))
            expect(
                refused or not ended,
                f"{which}: {what} still works. Whoever copied the tokens stays signed in.",
            )
            expect(not refused or ended, f"{which}: {what} is refused. Mara has to sign in there again.")


def wrong_everywhere(user_pools, client, tokens):
    """Mara has to sign in there again"""
    user_pools.global_sign_out(AccessToken=tokens["AccessToken"])


def wrong_access_token(user_pools, client, tokens):
    """RevokeToken does not take this kind of token"""
    user_pools.revoke_token(ClientId=client, Token=tokens["AccessToken"])


def wrong_forgotten(user_pools, client, tokens):
    """Whoever copied the tokens stays signed in"""
    tokens.clear()
