"""Ines signs in at noon, and her tokens say that she is a curator. At a quarter past twelve she leaves the group. A
server of the club lets curators in, and decides by the access token that Ines's app sends with each request. The
server verifies the token, step by step, and asks nobody else. How many minutes after she left the group does the
server stop letting her in? Write the number, 0 for at once, or `"never"`. All lifetimes are the defaults.
"""

import boto3

from cognito_lab.practice.checks import expect

title, core, difficulty, minutes = "Ines leaves the curators", False, 2, 5
expected = "three answers. The check plays each case, and the server looks every minute."
hint = (
    "When is a token with another list of groups made? And until when does the server accept the one before?"
)
scene = "members"

name = "minutes_after"
stub = {
    "her app refreshes when its token has expired": None,
    "her app refreshes at twenty past twelve": None,
    "an administrator also signs her out everywhere": None,
}
solution = {
    "her app refreshes when its token has expired": 45,
    "her app refreshes at twenty past twelve": 5,
    "an administrator also signs her out everywhere": 45,
}


def check(answer, scene, lab):
    for case, minutes_until in played(scene, lab).items():
        given = answer[case]
        number = isinstance(given, (int, float)) and not isinstance(given, bool)
        expect(number or given == "never", f'{case}: write a number of minutes, or "never".')
        expect(
            given != "never" or "signs her out" in case,
            f"{case}: she need not sign in again for that. A refresh makes new tokens, by the groups of that moment.",
        )
        expect(given != "never", f"{case}: every token that she has comes to an end.")
        expect(
            given or "signs her out" not in case,
            f"{case}: the server was not told. It asks nobody, and her token looks as it did before.",
        )
        expect(
            given or "signs" in case, f"{case}: her app still had a token that says curator, and showed it."
        )
        expect(given <= minutes_until, f"{case}: she was outside sooner.")
        expect(given == minutes_until, f"{case}: after {given} minutes she was still let in.")


def played(scene, lab):
    """The minutes after which Ines is outside, by case; each sign-in has a session of its own."""
    import jwt

    user_pools = boto3.client("cognito-idp")
    group = {"UserPoolId": scene.pool, "GroupName": "curators"}
    user_pools.create_group(**group)
    keys = jwt.PyJWKClient(
        f"https://cognito-idp.{lab.region}.amazonaws.com/{scene.pool}/.well-known/jwks.json"
    )

    def sign_in():
        person = {"USERNAME": "ines", "PASSWORD": scene.password}
        flow = {"ClientId": scene.client, "AuthFlow": "USER_PASSWORD_AUTH"}
        return user_pools.initiate_auth(**flow, AuthParameters=person)["AuthenticationResult"]

    def refreshed(tokens):
        renewal = {"ClientId": scene.client, "RefreshToken": tokens["RefreshToken"]}
        try:
            return user_pools.get_tokens_from_refresh_token(**renewal)["AuthenticationResult"]
        except user_pools.exceptions.NotAuthorizedException:
            return tokens

    def lets_in(token):
        try:
            key = keys.get_signing_key_from_jwt(token)
            return "curators" in jwt.decode(token, key, algorithms=["RS256"]).get("cognito:groups", [])
        except jwt.InvalidTokenError:
            return False

    found = {}
    for case in stub:
        user_pools.admin_add_user_to_group(**group, Username="ines")
        tokens = sign_in()
        lab.travel(minutes=15)
        user_pools.admin_remove_user_from_group(**group, Username="ines")
        if "signs her out" in case:
            user_pools.admin_user_global_sign_out(UserPoolId=scene.pool, Username="ines")
        after, held = 0, tokens
        while lets_in(held["AccessToken"]):
            lab.travel(minutes=1)
            after += 1
            if after == 5 and "twenty past" in case:
                held = refreshed(tokens)
        found[case] = after
    return found


FIRST, SECOND, THIRD = stub
wrong_at_once = {**solution, FIRST: 0}, "and showed it"
wrong_never = {**solution, SECOND: "never"}, "she need not sign in again for that"
wrong_signed_out = {**solution, THIRD: 0}, "the server was not told"
wrong_whole_hour = {**solution, FIRST: 60}, "she was outside sooner"
wrong_without_end = {**solution, THIRD: "never"}, "every token that she has comes to an end"
wrong_form = {**solution, FIRST: "soon"}, "write a number of minutes"
