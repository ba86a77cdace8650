"""Which logins count: the provider's key, its configuration, and the token."""

from __future__ import annotations

from collections.abc import Iterator

import jwt
import pytest
import time_machine
from support.identity_pools import (
    ACCOUNT,
    CLIENT,
    GOOGLE_CLIENT,
    Issuer,
    UserPoolStandIn,
    World,
    caller,
    exchanges,
    refused,
)

from cognito_lab.aws.identity_pools import pools
from cognito_lab.aws.user_pools.tokens import checking
from cognito_lab.protocols import signing_keys


@pytest.fixture
def world() -> Iterator[World]:
    world = World()
    world.google = world.add(Issuer("accounts.google.com", "/keys"))
    yield world
    world.close()


def get_id(world: World, pool: str, key: str, token: str) -> str:
    return str(world.unsigned.get_id(IdentityPoolId=pool, Logins={key: token})["IdentityId"])


def test_the_id_token_of_a_listed_user_pool_counts(world: World) -> None:
    pool = world.create_pool(guests=False)
    assert get_id(world, pool, world.key, world.user_pool.token())


def test_a_user_pool_that_is_not_listed_does_not(world: World) -> None:
    pool = world.create_pool()
    other = world.add(UserPoolStandIn("us-east-1_Otherpool"))
    with refused("NotAuthorizedException", "Token is not from a supported provider of this identity pool."):
        get_id(world, pool, other.base, other.token())
    assert other.fetched == 0  # nothing is fetched from a provider that nobody configured


def test_the_key_names_the_provider_exactly(world: World) -> None:
    pool = world.create_pool(SupportedLoginProviders={"accounts.google.com": GOOGLE_CLIENT})
    token = world.user_pool.token()
    for key in (
        f"https://{world.key}",  # a scheme in front
        world.key.replace("us-east-1", "eu-west-1"),  # the wrong Region
        world.key[:-1] + "2",  # another pool
        "accounts.google.com",  # somebody else
    ):
        with refused("NotAuthorizedException", "Issuer doesn't match providerName"):
            get_id(world, pool, key, token)
    for key in ("cognito", "google", "login.tidepool.example", "us-east-1_Tidepool1", pool):
        with refused("InvalidParameterException", "Please provide a valid public provider"):
            get_id(world, pool, key, token)
    assert get_id(world, pool, world.key, token)


def test_a_developer_provider_cannot_be_used_without_a_signature(world: World) -> None:
    pool = world.create_pool()
    with refused("InvalidParameterException", "Please provide a valid public provider"):
        get_id(world, pool, "login.tidepool.example", "mara")


def test_google_is_let_in_for_the_one_client_that_is_listed(world: World) -> None:
    pool = world.create_pool(SupportedLoginProviders={"accounts.google.com": GOOGLE_CLIENT})
    for issuer in ("https://accounts.google.com", "accounts.google.com"):  # both forms are Google's
        assert get_id(world, pool, "accounts.google.com", world.google.token("g", GOOGLE_CLIENT, iss=issuer))
    with refused("NotAuthorizedException", "Token is not from a supported provider of this identity pool."):
        get_id(
            world, pool, "accounts.google.com", world.google.token("g", "another.apps.googleusercontent.com")
        )
    with refused("NotAuthorizedException", "Token is not from a supported provider of this identity pool."):
        get_id(world, world.create_pool(), "accounts.google.com", world.google.token("g", GOOGLE_CLIENT))
    with refused("NotAuthorizedException", "Not a valid OpenId Connect identity token."):
        get_id(world, pool, "accounts.google.com", "ya29.an-access-token-of-google")
    with refused("NotAuthorizedException", "Couldn't verify signed token."):
        forged = signing_keys.new_key()
        forged.kid = world.google.key.kid
        claims = world.google.claims("g", GOOGLE_CLIENT)
        get_id(world, pool, "accounts.google.com", forged.sign(claims))


def test_an_arn_that_is_no_providers_is_an_unknown_key(world: World) -> None:
    pool = world.create_pool()
    with refused("InvalidParameterException", "Please provide a valid public provider"):
        get_id(world, pool, f"arn:aws:iam::{ACCOUNT}:role/university", "PHNhbWw+")


def test_apples_id_token_is_taken_for_the_services_id_that_is_listed(world: World) -> None:
    apple, mara, key = world.lab.apple, "mara@tidepool.example", "appleid.apple.com"
    client, other = (
        apple.register_client(name, ["https://tidepool.example/"]) for name in ("Tidepool", "Another")
    )
    pool = world.create_pool(SupportedLoginProviders={key: client.client_id})
    token = apple.credential(client.client_id, mara)
    identity = get_id(world, pool, key, token)
    with refused("NotAuthorizedException", "Token is not from a supported provider of this identity pool."):
        get_id(world, pool, key, apple.credential(other.client_id, mara))
    with refused("NotAuthorizedException", "Couldn't verify signed token."):
        get_id(world, pool, key, f"{token[:-9]}{'A' * 9}")
    for wrong in (world.key, "accounts.google.com"):
        with refused("NotAuthorizedException", "Issuer doesn't match providerName"):
            get_id(world, pool, wrong, token)
    apple.withdraw(client.client_id, mara)
    assert get_id(world, pool, key, token) == identity  # nobody asks Apple: the token counts until it expires
    world.lab.travel(hours=24)
    with refused("NotAuthorizedException", "Token expired"):
        get_id(world, pool, key, token)


def test_an_oidc_provider_is_registered_in_iam_and_listed(world: World) -> None:
    club = world.add(Issuer("id.divers.example/club"))
    arn = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{club.base}"
    pool = world.create_pool(OpenIdConnectProviderARNs=[arn])
    with refused("InvalidParameterException"):  # listed, but not registered
        get_id(world, pool, club.base, club.token("d", "tidepool"))
    made = world.iam.create_open_id_connect_provider(
        Url=f"https://{club.base}", ClientIDList=["tidepool"], ThumbprintList=["0" * 40]
    )
    assert made["OpenIDConnectProviderArn"] == arn
    login = {club.base: club.token("d", "tidepool")}
    identity = get_id(world, pool, club.base, login[club.base])
    token = world.unsigned.get_open_id_token(IdentityId=identity, Logins=login)["Token"]
    said = jwt.decode(token, options={"verify_signature": False})["amr"]
    assert said == ["authenticated", club.base, f"{arn}:OIDC:d"]  # as people report it
    with refused("NotAuthorizedException", "Token is not from a supported provider"):
        get_id(world, pool, club.base, club.token("d", "another"))
    with refused("InvalidParameterException"):  # registered, but not listed
        get_id(world, world.create_pool(), club.base, club.token("d", "tidepool"))


def test_a_public_provider_is_its_own_issuer_in_what_a_token_says(world: World) -> None:
    pool = world.create_pool(SupportedLoginProviders={"accounts.google.com": GOOGLE_CLIENT})
    google = {"accounts.google.com": world.google.token("g", GOOGLE_CLIENT)}
    identity = world.unsigned.get_id(IdentityPoolId=pool, Logins=google)["IdentityId"]
    token = world.unsigned.get_open_id_token(IdentityId=identity, Logins=google)["Token"]
    said = jwt.decode(token, options={"verify_signature": False})["amr"]
    assert said == ["authenticated", *google, "accounts.google.com:accounts.google.com:g"]


def test_google_may_be_registered_in_iam_for_several_clients(world: World) -> None:
    """One client is what the pool itself can list; the web app and the mobile app have two."""
    arn, google, web, phone = pools.oidc_arn("accounts.google.com"), "accounts.google.com", "web", "phone"
    made = {"OpenIdConnectProviderARNs": [arn], "SupportedLoginProviders": {google: GOOGLE_CLIENT}}
    pool = world.create_pool(**made)
    with refused("NotAuthorizedException", "Token is not from a supported provider"):
        get_id(world, pool, google, world.google.token("g", phone))
    world.iam.create_open_id_connect_provider(Url=f"https://{google}", ClientIDList=[web])
    world.iam.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID=phone)
    who = {get_id(world, pool, google, world.google.token("g", one)) for one in (web, phone, GOOGLE_CLIENT)}
    assert len(who) == 1
    unlisted = world.create_pool(SupportedLoginProviders={google: GOOGLE_CLIENT})
    for where, client in ((pool, "tv"), (unlisted, phone)):
        with refused("NotAuthorizedException", "Token is not from a supported provider"):
            get_id(world, where, google, world.google.token("g", client))
    world.iam.remove_client_id_from_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID=phone)
    with refused("NotAuthorizedException", "Token is not from a supported provider"):
        get_id(world, pool, google, world.google.token("g", phone))


def test_a_token_counts_until_it_expires(world: World) -> None:
    pool = world.create_pool()
    with time_machine.travel("2026-06-01T09:00:00Z", tick=False) as clock:
        token = world.user_pool.token()
        clock.shift(3599)
        identity = get_id(world, pool, world.key, token)
        clock.shift(1)
        with refused(
            "NotAuthorizedException", "Invalid login token. Token expired: 1780308000 >= 1780308000"
        ):
            get_id(world, pool, world.key, token)
        with refused("NotAuthorizedException", "Token expired"):
            world.unsigned.get_credentials_for_identity(IdentityId=identity, Logins={world.key: token})


def test_of_a_user_pools_tokens_only_the_id_token_is_a_login(world: World) -> None:
    pool = world.create_pool()
    access = world.user_pool.token(token_use="access", client_id=CLIENT)
    for token in (access, world.user_pool.token(token_use=None), "garbage", "a.b.c"):
        with refused("NotAuthorizedException", "Invalid login token. Not a Cognito token."):
            get_id(world, pool, world.key, token)


@pytest.mark.parametrize("claim", ["iss", "sub", "aud", "exp"])
def test_a_token_must_say_everything_that_is_asked(world: World, claim: str) -> None:
    pool = world.create_pool()
    with refused("NotAuthorizedException", f"Missing a required claim: {claim}"):
        get_id(world, pool, world.key, world.user_pool.token(**{claim: None}))


def test_keys_are_kept_and_fetched_again_for_a_new_key_id(world: World) -> None:
    pool = world.create_pool()
    for _ in range(3):
        get_id(world, pool, world.key, world.user_pool.token())
    assert world.user_pool.fetched == 1
    world.user_pool.key = signing_keys.new_key()  # rotation: the old key stays published, a new one signs
    world.user_pool.published.append(world.user_pool.key)
    for _ in range(3):
        get_id(world, pool, world.key, world.user_pool.token())
    assert world.user_pool.fetched == 2


def test_a_user_pool_that_publishes_nothing(world: World) -> None:
    gone = UserPoolStandIn("us-east-1_Deleted01")
    world.add(gone).answer = lambda request: None
    pool = world.create_pool(CognitoIdentityProviders=[{"ProviderName": gone.base, "ClientId": CLIENT}])
    with refused("NotAuthorizedException", "Couldn't verify signed token."):
        get_id(world, pool, gone.base, gone.token())


def test_every_login_of_a_call_is_checked(world: World) -> None:
    pool = world.create_pool(SupportedLoginProviders={"accounts.google.com": GOOGLE_CLIENT})
    with refused("NotAuthorizedException", "Couldn't verify signed token."):
        world.unsigned.get_id(
            IdentityPoolId=pool,
            Logins={
                world.key: world.user_pool.token(),
                "accounts.google.com": world.user_pool.key.sign(world.google.claims("g", GOOGLE_CLIENT)),
            },
        )


@pytest.mark.parametrize("asked", [True, False])
def test_the_user_pool_is_asked_about_sign_out_only_where_the_pool_says_so(
    world: World, asked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "is_signed_out", lambda claims: claims["sub"] == "ben")
    pool = world.create_pool(
        CognitoIdentityProviders=[
            {"ProviderName": world.key, "ClientId": CLIENT, "ServerSideTokenCheck": asked}
        ]
    )
    with exchanges() as seen:
        assert get_id(world, pool, world.key, world.user_pool.token("mara"))
    assert ("ServerSideTokenCheck" in [each.operation for each in seen]) is asked
    if asked:
        with refused("NotAuthorizedException"):
            get_id(world, pool, world.key, world.user_pool.token("ben"))
    else:
        assert get_id(world, pool, world.key, world.user_pool.token("ben"))


def test_the_user_pool_is_asked_for_the_app_client_of_the_token_alone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "is_signed_out", lambda claims: True)
    rows = {CLIENT: True, "another": False}
    pool = world.create_pool(
        CognitoIdentityProviders=[
            {"ProviderName": world.key, "ClientId": client, "ServerSideTokenCheck": asked}
            for client, asked in rows.items()
        ]
    )
    assert get_id(world, pool, world.key, world.user_pool.token("ben", "another"))
    with refused("NotAuthorizedException"):
        get_id(world, pool, world.key, world.user_pool.token("ben", CLIENT))


def test_the_stand_in_for_google_is_let_in_as_google() -> None:
    world = World()
    google = world.lab.google
    page = "https://tidepool.example"
    client, other = (google.register_client(name, origins=[page]) for name in ("Tidepool", "Another"))
    person = google.add_account("nerea@gmail.example", "Nerea Vela", "Nerea", "Vela")
    pool = world.pool_with_roles(SupportedLoginProviders={"accounts.google.com": client.client_id})
    token = google.credential(client.client_id, person.email, page)
    identity = get_id(world, pool, "accounts.google.com", token)
    answer = world.unsigned.get_credentials_for_identity(
        IdentityId=identity, Logins={"accounts.google.com": token}
    )
    assert caller(answer["Credentials"])["Arn"].endswith(":assumed-role/member/CognitoIdentityCredentials")
    with refused("NotAuthorizedException", "Token is not from a supported provider"):
        token = google.credential(other.client_id, person.email, page)
        get_id(world, pool, "accounts.google.com", token)
    world.close()
