"""Tidepool wants to pause Google for a week. Write `pause_google`: nobody signs in with Google any more, the members
sign in on the pool's page as before, and nothing is deleted.

Your function gets the lesson's function `offer`. The lesson called it last with `"COGNITO", "Google"`.
"""

from cognito_lab.practice.checks import expect, refusal_of, sign_in_through_pages

title, core, difficulty, minutes = "Pause Google", False, 1, 1
expected = "A browser that asks for Google gets the pool's error page. Mara signs in on the pool's page."
hint = "`offer` takes the whole list of what the app client offers. Which name has to stay on the list?"
scene = "google_connected"


def pause_google(offer):
    """Stop offering Google. `offer` changes which providers the app client offers."""
    offer("COGNITO")


def check(answer, scene, lab):
    import boto3

    user_pools, ids = boto3.client("cognito-idp"), {"UserPoolId": scene.pool, "ClientId": scene.client}

    def offer(*providers):
        now = user_pools.describe_user_pool_client(**ids)["UserPoolClient"]
        kept = {name: value for name, value in now.items() if not name.endswith("Date")}
        user_pools.update_user_pool_client(**{**kept, "SupportedIdentityProviders": providers})

    answer(offer)
    mara = {"username": "mara", "password": scene.password}
    by_page = refusal_of(lambda: sign_in_through_pages(scene, "COGNITO", "Sign in", **mara))
    goran = "Goran Pavić (goran.pavic@gmail.example)"
    by_google = refusal_of(lambda: sign_in_through_pages(scene, "Google", goran, "Continue"))
    expect(not by_page or by_google, f"Google should go, and the pool's page went: Mara gets {by_page}.")
    expect(
        not by_page, f"Now nobody comes in. Mara gets {by_page}: the list has to keep the pool's own members."
    )
    expect(by_google, "Goran still signs in with Google.")
    there = user_pools.list_identity_providers(UserPoolId=scene.pool)["Providers"]
    expect(there, "The provider is gone from the pool. Nothing should be deleted.")


def wrong_the_one_that_goes(offer):
    """Google should go, and the pool's page went"""
    offer("Google")


def wrong_nobody(offer):
    """Now nobody comes in"""
    offer()


def wrong_no_change(offer):
    """Goran still signs in with Google"""
    offer("COGNITO", "Google")
