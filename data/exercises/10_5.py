"""An identity pool lists some providers already; you do not know which. Write `add_google`: it adds Google to the
pool's settings, with Tidepool's client id at Google. All other settings stay as they are.
"""

import boto3

from cognito_lab.practice.checks import expect, id_token, refusal_of

title, core, difficulty, minutes = "Add Google, lose nobody", False, 1, 2
expected = "Goran gets in with Google's token, and everybody who got in before still does."
hint = "`UpdateIdentityPool` replaces all settings. Which call returns the settings of today?"
scene = "roles"

GOOGLE, AMAZON = "accounts.google.com", "www.amazon.com"


def add_google(identity_pools, pool, client_id):
    """Let the identity pool `pool` (an id) accept Google's ID tokens for `client_id`, besides the rest."""
    settings = identity_pools.describe_identity_pool(IdentityPoolId=pool)
    del settings["ResponseMetadata"]
    public = settings.get("SupportedLoginProviders", {})
    settings["SupportedLoginProviders"] = {**public, "accounts.google.com": client_id}
    identity_pools.update_identity_pool(**settings)


def check(answer, scene, lab):
    identity_pools, page = boto3.client("cognito-identity"), "https://tidepool.example"
    google = lab.google.register_client("Tidepool", origins=[page])
    for guests, public in ((True, {}), (False, {AMAZON: "amzn1.application-oa2-client.1"})):
        pool = identity_pools.create_identity_pool(
            IdentityPoolName="checked",
            AllowUnauthenticatedIdentities=guests,
            AllowClassicFlow=guests,
            CognitoIdentityProviders=[{"ProviderName": scene.issuer, "ClientId": scene.client}],
            **({"SupportedLoginProviders": public} if public else {}),
        )["IdentityPoolId"]
        before = settings_of(identity_pools, pool)
        answer(identity_pools, pool, google.client_id)
        token = lab.google.credential(google.client_id, "goran.pavic@gmail.example", page)
        code = refusal_of(lambda: identity_pools.get_id(IdentityPoolId=pool, Logins={GOOGLE: token}))  # noqa: B023
        expect(not code, f"Goran shows Google's token, and is refused: {code}.")
        mara = {scene.issuer: id_token(scene, "mara")}
        code = refusal_of(lambda: identity_pools.get_id(IdentityPoolId=pool, Logins=mara))  # noqa: B023
        expect(not code, "Mara does not get in any more: the pool has lost the user pool.")
        after = settings_of(identity_pools, pool)
        lost = public.keys() - after["SupportedLoginProviders"].keys()
        expect(not lost, f"The pool listed {', '.join(lost)} too, and does not list it any more.")
        after["SupportedLoginProviders"] = {
            key: value for key, value in after["SupportedLoginProviders"].items() if key != GOOGLE
        }
        before.setdefault("SupportedLoginProviders", {})
        changed = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
        expect(not changed, f"{', '.join(changed)} had another value before.")


def settings_of(identity_pools, pool):
    """All settings of an identity pool, by AWS's names."""
    settings = identity_pools.describe_identity_pool(IdentityPoolId=pool)
    return {name: value for name, value in settings.items() if name != "ResponseMetadata"}


def wrong_google_alone(identity_pools, pool, client_id):
    """the pool has lost the user pool"""
    identity_pools.update_identity_pool(
        IdentityPoolId=pool,
        IdentityPoolName="checked",
        AllowUnauthenticatedIdentities=True,
        SupportedLoginProviders={"accounts.google.com": client_id},
    )


def wrong_public_providers_replaced(identity_pools, pool, client_id):
    """The pool listed www.amazon.com too"""
    settings = identity_pools.describe_identity_pool(IdentityPoolId=pool)
    del settings["ResponseMetadata"]
    settings["SupportedLoginProviders"] = {"accounts.google.com": client_id}
    identity_pools.update_identity_pool(**settings)


def wrong_key_with_scheme(identity_pools, pool, client_id):
    """UpdateIdentityPool was refused"""
    settings = identity_pools.describe_identity_pool(IdentityPoolId=pool)
    del settings["ResponseMetadata"]
    settings["SupportedLoginProviders"] = {"https://accounts.google.com": client_id}
    identity_pools.update_identity_pool(**settings)


def wrong_nothing_sent(identity_pools, pool, client_id):
    """Goran shows Google's token, and is refused"""
    settings = identity_pools.describe_identity_pool(IdentityPoolId=pool)
    settings["SupportedLoginProviders"] = {"accounts.google.com": client_id}


def wrong_guests_for_all(identity_pools, pool, client_id):
    """AllowUnauthenticatedIdentities had another value before"""
    settings = identity_pools.describe_identity_pool(IdentityPoolId=pool)
    del settings["ResponseMetadata"]
    public = {**settings.get("SupportedLoginProviders", {}), "accounts.google.com": client_id}
    changed = {"AllowUnauthenticatedIdentities": True, "SupportedLoginProviders": public}
    identity_pools.update_identity_pool(**settings | changed)
