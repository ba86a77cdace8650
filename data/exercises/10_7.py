"""Tidepool is registered at Google, Facebook and Amazon. What you got there are the three parameters. Each has a
`client_id`; Amazon's has a `profile_id` too. Write `public_providers`: it returns the value of
`SupportedLoginProviders` for a pool that accepts all three.
"""

import boto3

from cognito_lab.practice.checks import expect, refusal_of

title, core, difficulty, minutes = "Three public providers", False, 1, 2
expected = "a pool with this setting accepts Goran by Google, Ben by Facebook and Ines by Amazon."
hint = "The setting is a dictionary: the key of each provider, and one id. Which of Amazon's two ids was it?"
scene = "google_listed"


def public_providers(google, facebook, amazon):
    """The value of `SupportedLoginProviders`. The parameters are Tidepool's registrations."""
    return {
        "accounts.google.com": google.client_id,
        "graph.facebook.com": facebook.client_id,
        "www.amazon.com": amazon.profile_id,
    }


KEYS = {"google": "accounts.google.com", "facebook": "graph.facebook.com", "amazon": "www.amazon.com"}
PEOPLE = {
    "google": "goran.pavic@gmail.example",
    "facebook": "ben@tidepool.example",
    "amazon": "ines@tidepool.example",
}


def check(answer, scene, lab):
    identity_pools, made = boto3.client("cognito-identity"), {}
    for round_ in range(2):  # other ids each time
        made["google"] = lab.google.register_client(f"Tidepool {round_}", origins=[scene.page])
        for name in ("facebook", "amazon"):
            made[name] = getattr(lab, name).register_client(f"Tidepool {round_}", [scene.page])
        listed = answer(**made)
        expect(isinstance(listed, dict), "Return a dictionary: key and id of each provider.")
        expect(
            not any("://" in str(key) for key in listed), "A key is the provider's name without `https://`."
        )
        missing = set(KEYS.values()) - set(listed)
        expect(not missing, f"Providers that are not listed under their key: {len(missing)} of the three.")
        pool = identity_pools.create_identity_pool(
            IdentityPoolName="checked", AllowUnauthenticatedIdentities=False, SupportedLoginProviders=listed
        )["IdentityPoolId"]
        for name, key in KEYS.items():
            more = {"origin": scene.page} if name == "google" else {}
            token = getattr(lab, name).credential(made[name].client_id, PEOPLE[name], **more)
            login = {key: token}
            code = refusal_of(lambda: identity_pools.get_id(IdentityPoolId=pool, Logins=login))  # noqa: B023
            expect(
                not code,
                f"Somebody comes by {name.capitalize()} and is refused: the id that you listed is not the one "
                "of the application that got the token.",
            )


def wrong_names_of_user_pools(google, facebook, amazon):
    """not listed under their key"""
    return {"Google": google.client_id, "Facebook": facebook.client_id, "LoginWithAmazon": amazon.profile_id}


def wrong_amazons_client(google, facebook, amazon):
    """Somebody comes by Amazon and is refused"""
    return {**public_providers(google, facebook, amazon), "www.amazon.com": amazon.client_id}


def wrong_with_scheme(google, facebook, amazon):
    """without `https://`"""
    right = public_providers(google, facebook, amazon)
    return {f"https://{key}": value for key, value in right.items()}


def wrong_exchanged(google, facebook, amazon):
    """Somebody comes by Google and is refused"""
    return public_providers(facebook, google, amazon)


def wrong_list_of_ids(google, facebook, amazon):
    """Return a dictionary"""
    return [google.client_id, facebook.client_id, amazon.profile_id]
