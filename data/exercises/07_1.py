"""The user pool has pages at its domain, and the app client uses the code flow there. Write `connect_google`. Afterwards
people can sign in with Google, and still on the pool's own page. Their address and their name at Google arrive in the
directory, as `email` and `name`.

`google` is Google's console. `google.register_client(name, redirect_uris=[…])` registers an application there. What it
returns has a `client_id` and a `client_secret`.
"""

from cognito_lab.practice.checks import expect, refusal_of, sign_in_through_pages

title, core, difficulty, minutes = "Connect Google", True, 2, 8
expected = (
    "Goran signs in with Google, with his address and name. Mara signs in on the page, with her password."
)
hint = """
Three things: register the user pool at Google, make Google a provider of the user pool, and let the app client offer
it. To whom does Google send its code, and at which address? And what happens to the settings that an update of an app
client leaves out (01.6)?
"""
scene = "web_app"

GORAN = "goran.pavic@gmail.example"


def connect_google(user_pools, google, pool, client, pages, callback):
    """Let people sign in with Google. `pool` and `client` are ids.

    `pages` is the address of the pool's domain, `callback` the address at which the app takes codes.
    """
    at_google = google.register_client("Tidepool", redirect_uris=[f"{pages}/oauth2/idpresponse"])
    user_pools.create_identity_provider(
        UserPoolId=pool,
        ProviderName="Google",
        ProviderType="Google",
        ProviderDetails={
            "client_id": at_google.client_id,
            "client_secret": at_google.client_secret,
            "authorize_scopes": "openid email profile",
        },
        AttributeMapping={"email": "email", "name": "name"},
    )
    settings = user_pools.describe_user_pool_client(UserPoolId=pool, ClientId=client)["UserPoolClient"]
    del settings["CreationDate"], settings["LastModifiedDate"]
    settings["SupportedIdentityProviders"] = ["COGNITO", "Google"]
    user_pools.update_user_pool_client(**settings)


def check(answer, scene, lab):
    import boto3

    user_pools = boto3.client("cognito-idp")
    client = {"UserPoolId": scene.pool, "ClientId": scene.client}
    before = user_pools.describe_user_pool_client(**client)["UserPoolClient"]
    asked = []
    user_pools.meta.events.register(
        "provide-client-params.*.CreateIdentityProvider", lambda params, **_: asked.append(params)
    )
    try:
        answer(user_pools, lab.google, scene.pool, scene.client, scene.pages, scene.callback)
    except user_pools.exceptions.ClientError:
        for given in asked:
            expect(
                "google.com" not in str(given.get("ProviderName")),
                "accounts.google.com is what an identity pool calls it. In a user pool this provider's name "
                "is Google.",
            )
        raise
    made = user_pools.list_identity_providers(UserPoolId=scene.pool)["Providers"]
    expect(made, "The user pool has no provider of its own yet: CreateIdentityProvider.")
    after = user_pools.describe_user_pool_client(**client)["UserPoolClient"]
    offered = after.get("SupportedIdentityProviders", [])
    expect("Google" in offered, "Google exists in the pool, but the app client does not offer it.")
    expect("COGNITO" in offered, "The pool's own members have lost their page: COGNITO is not offered now.")
    for name, value in before.items():
        expect(
            name in ("SupportedIdentityProviders", "LastModifiedDate") or after.get(name) == value,
            f"The app client's {name} is not what it was. An update resets what it leaves out.",
        )
    told = user_pools.describe_identity_provider(UserPoolId=scene.pool, ProviderName="Google")
    told = told["IdentityProvider"]["ProviderDetails"]
    registered = lab.google.clients.get(told["client_id"])
    expect(
        registered and told["client_secret"] == registered.client_secret,
        "The client id and secret in the pool's provider are not those that Google gave when you registered.",
    )
    addresses = {each for known in lab.google.clients.values() for each in known.redirect_uris}
    expect(
        scene.callback not in addresses,
        "Google would send people, with its code, straight to the app. For Google, the user pool is the "
        "application: register the pool's address there.",
    )
    expect(
        addresses == {f"{scene.pages}/oauth2/idpresponse"},
        f"Google sends people back to {', '.join(sorted(addresses)) or 'no address at all'}. It must be, letter for "
        "letter, where the pool's domain takes the codes of providers (07.2).",
    )
    code = refusal_of(lambda: sign_in_through_pages(scene, "Google", f"Goran Pavić ({GORAN})", "Continue"))
    expect(not code, f"Goran tries to sign in with Google → {code}.")
    mara = {"username": "mara", "password": scene.password}
    code = refusal_of(lambda: sign_in_through_pages(scene, "COGNITO", "Sign in", **mara))
    expect(not code, f"Mara tries to sign in on the pool's page → {code}.")
    people = user_pools.list_users(UserPoolId=scene.pool)["Users"]
    goran = next(each for each in people if each["UserStatus"] == "EXTERNAL_PROVIDER")
    arrived = {each["Name"]: each["Value"] for each in goran["Attributes"]}
    for attribute, value in {"email": GORAN, "name": "Goran Pavić"}.items():
        expect(
            arrived.get(attribute) == value,
            f"Goran is in, but his profile has no such {attribute}: it says {arrived.get(attribute)!r}. Is it mapped "
            "from the right claim, and do authorize_scopes ask Google for it?",
        )


def _settings(user_pools, pool, client, **changed):
    """The app client with some settings changed, for the wrong answers."""
    now = user_pools.describe_user_pool_client(UserPoolId=pool, ClientId=client)["UserPoolClient"]
    kept = {name: value for name, value in now.items() if not name.endswith("Date")}
    user_pools.update_user_pool_client(**{**kept, **changed})


def _provider(user_pools, pool, at_google, name="Google", **more):
    details = {"client_id": at_google.client_id, "client_secret": at_google.client_secret}
    usual = {
        "ProviderDetails": {**details, "authorize_scopes": "openid email profile"},
        "AttributeMapping": {"email": "email", "name": "name"},
    }
    user_pools.create_identity_provider(
        UserPoolId=pool, ProviderName=name, ProviderType="Google", **{**usual, **more}
    )


def wrong_back_to_the_app(user_pools, google, pool, client, pages, callback):
    """Google would send people, with its code, straight to the app"""
    _provider(user_pools, pool, google.register_client("Tidepool", redirect_uris=[callback]))
    _settings(user_pools, pool, client, SupportedIdentityProviders=["COGNITO", "Google"])


def wrong_name_of_the_provider(user_pools, google, pool, client, pages, callback):
    """accounts.google.com is what an identity pool calls it"""
    at_google = google.register_client("Tidepool", redirect_uris=[f"{pages}/oauth2/idpresponse"])
    _provider(user_pools, pool, at_google, name="accounts.google.com")


def wrong_not_offered(user_pools, google, pool, client, pages, callback):
    """the app client does not offer it"""
    at_google = google.register_client("Tidepool", redirect_uris=[f"{pages}/oauth2/idpresponse"])
    _provider(user_pools, pool, at_google)


def wrong_instead_of_the_members(user_pools, google, pool, client, pages, callback):
    """The pool's own members have lost their page"""
    at_google = google.register_client("Tidepool", redirect_uris=[f"{pages}/oauth2/idpresponse"])
    _provider(user_pools, pool, at_google)
    _settings(user_pools, pool, client, SupportedIdentityProviders=["Google"])


def wrong_update_resets(user_pools, google, pool, client, pages, callback):
    """An update resets what it leaves out"""
    at_google = google.register_client("Tidepool", redirect_uris=[f"{pages}/oauth2/idpresponse"])
    _provider(user_pools, pool, at_google)
    user_pools.update_user_pool_client(
        UserPoolId=pool, ClientId=client, SupportedIdentityProviders=["COGNITO", "Google"]
    )


def wrong_nothing_mapped(user_pools, google, pool, client, pages, callback):
    """his profile has no such email"""
    at_google = google.register_client("Tidepool", redirect_uris=[f"{pages}/oauth2/idpresponse"])
    _provider(user_pools, pool, at_google, AttributeMapping={})
    _settings(user_pools, pool, client, SupportedIdentityProviders=["COGNITO", "Google"])


def wrong_only_at_google(user_pools, google, pool, client, pages, callback):
    """The user pool has no provider of its own yet"""
    google.register_client("Tidepool", redirect_uris=[f"{pages}/oauth2/idpresponse"])


def wrong_trailing_slash(user_pools, google, pool, client, pages, callback):
    """/oauth2/idpresponse/. It must be, letter for letter"""
    at_google = google.register_client("Tidepool", redirect_uris=[f"{pages}/oauth2/idpresponse/"])
    _provider(user_pools, pool, at_google)
    _settings(user_pools, pool, client, SupportedIdentityProviders=["COGNITO", "Google"])


def wrong_id_of_the_app_client(user_pools, google, pool, client, pages, callback):
    """are not those that Google gave"""
    at_google = google.register_client("Tidepool", redirect_uris=[f"{pages}/oauth2/idpresponse"])
    details = {"client_id": client, "client_secret": at_google.client_secret}
    _provider(user_pools, pool, at_google, ProviderDetails={**details, "authorize_scopes": "openid email"})
    _settings(user_pools, pool, client, SupportedIdentityProviders=["COGNITO", "Google"])


def wrong_page_of_the_pool(user_pools, google, pool, client, pages, callback):
    """/login. It must be"""
    _provider(user_pools, pool, google.register_client("Tidepool", redirect_uris=[f"{pages}/login"]))
    _settings(user_pools, pool, client, SupportedIdentityProviders=["COGNITO", "Google"])
