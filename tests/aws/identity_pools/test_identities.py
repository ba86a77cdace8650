"""Which identity a login leads to: new, the same, linked, merged, unlinked."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from typing import Any

import pytest
from support.identity_pools import CLIENT, GOOGLE_CLIENT, Issuer, World, refused

from cognito_lab.aws.identity_pools import identities
from cognito_lab.network import account_lock


@pytest.fixture
def world() -> Iterator[World]:
    world = World()
    world.google = world.add(Issuer("accounts.google.com"))
    yield world
    world.close()


@pytest.fixture
def pool(world: World) -> str:
    return world.pool_with_roles(SupportedLoginProviders={"accounts.google.com": GOOGLE_CLIENT})


def get_id(world: World, pool: str, *logins: dict[str, str]) -> str:
    together = {key: token for login in logins for key, token in login.items()}
    return str(
        world.pool.get_id(IdentityPoolId=pool, **({"Logins": together} if together else {}))["IdentityId"]
    )


def google(world: World, subject: str) -> dict[str, str]:
    return {"accounts.google.com": world.google.token(subject, GOOGLE_CLIENT)}


def credentials(world: World, identity: str, *logins: dict[str, str]) -> Any:
    together = {key: token for login in logins for key, token in login.items()}
    return world.pool.get_credentials_for_identity(
        IdentityId=identity, **({"Logins": together} if together else {})
    )


def logins_of(world: World, identity: str) -> set[str]:
    return set(world.pool.describe_identity(IdentityId=identity).get("Logins", []))


def test_a_guest_is_new_each_time(world: World, pool: str) -> None:
    first, second = get_id(world, pool), get_id(world, pool)
    assert first != second and first.startswith("us-east-1:")
    assert world.unsigned.get_id(IdentityPoolId=pool)["IdentityId"] not in (first, second)  # nobody signs


def test_guests_only_where_they_are_allowed(world: World) -> None:
    pool = world.pool_with_roles(guests=False)
    with refused("NotAuthorizedException", "Unauthenticated access is not supported for this identity pool."):
        get_id(world, pool)
    assert get_id(world, pool, world.login("mara"))


def test_guests_lose_access_when_the_pool_stops_allowing_them(world: World, pool: str) -> None:
    guest = get_id(world, pool)
    assert credentials(world, guest)
    world.pool.update_identity_pool(
        IdentityPoolId=pool, IdentityPoolName="T", AllowUnauthenticatedIdentities=False
    )
    with refused("NotAuthorizedException", "Unauthenticated access"):
        credentials(world, guest)


def test_the_same_login_leads_to_the_same_identity_and_another_to_another(world: World, pool: str) -> None:
    mara = get_id(world, pool, world.login("mara"))
    assert get_id(world, pool, world.login("mara", iat=1)) == mara  # another token, the same person
    assert get_id(world, pool, world.login("goran")) != mara
    other = world.create_pool()
    assert get_id(world, other, world.login("mara")) != mara  # another identity pool


def test_a_subject_counts_only_together_with_its_provider(world: World, pool: str) -> None:
    assert get_id(world, pool, world.login("4711")) != get_id(world, pool, google(world, "4711"))


def test_unknown_identities_and_pools(world: World, pool: str) -> None:
    unknown = "us-east-1:00000000-0000-4000-8000-000000000000"
    with refused("ResourceNotFoundException", f"IdentityPool '{unknown}' not found."):
        get_id(world, unknown)
    for operation in (world.pool.get_credentials_for_identity, world.pool.describe_identity):
        with refused("ResourceNotFoundException", f"Identity '{unknown}' not found."):
            operation(IdentityId=unknown)
    guest = get_id(world, pool)
    world.pool.delete_identity_pool(IdentityPoolId=pool)
    with refused("ResourceNotFoundException"):
        credentials(world, guest)


def test_a_guest_who_signs_in_keeps_the_identity_and_then_it_is_closed_to_guests(
    world: World, pool: str
) -> None:
    guest = get_id(world, pool)
    assert credentials(world, guest)["IdentityId"] == guest
    assert credentials(world, guest, world.login("mara"))["IdentityId"] == guest
    assert get_id(world, pool, world.login("mara")) == guest
    assert logins_of(world, guest) == {world.key}
    with refused("NotAuthorizedException", f"Access to Identity '{guest}' is forbidden."):
        credentials(world, guest)


def test_a_guest_whose_login_is_known_already_goes_over_to_the_known_identity(
    world: World, pool: str
) -> None:
    mara, guest = get_id(world, pool, world.login("mara")), get_id(world, pool)
    assert credentials(world, guest, world.login("mara"))["IdentityId"] == mara
    with refused("NotAuthorizedException", "forbidden"):
        credentials(world, guest)
    assert (
        credentials(world, guest, world.login("mara"))["IdentityId"] == mara
    )  # the old id still finds the way


def test_another_persons_login_does_not_open_an_identity(world: World, pool: str) -> None:
    mara = get_id(world, pool, world.login("mara"))
    with refused("NotAuthorizedException", "Logins don't match."):
        credentials(world, mara, world.login("rook"))
    rook = get_id(world, pool, world.login("rook"))
    with refused("NotAuthorizedException", f"Access to Identity '{mara}' is forbidden."):
        credentials(world, mara, world.login("rook"))
    assert get_id(world, pool, world.login("rook")) == rook
    assert credentials(world, mara, world.login("mara"))["IdentityId"] == mara


def test_several_logins_at_once_are_linked(world: World, pool: str) -> None:
    both = get_id(world, pool, world.login("goran"), google(world, "g-goran"))
    assert logins_of(world, both) == {world.key, "accounts.google.com"}
    assert get_id(world, pool, world.login("goran")) == both == get_id(world, pool, google(world, "g-goran"))


def test_a_new_login_is_linked_when_it_comes_with_a_known_one(world: World, pool: str) -> None:
    goran = get_id(world, pool, world.login("goran"))
    assert credentials(world, goran, world.login("goran"), google(world, "g-goran"))["IdentityId"] == goran
    assert get_id(world, pool, google(world, "g-goran")) == goran


def test_one_login_per_provider(world: World, pool: str) -> None:
    goran = get_id(world, pool, world.login("goran"), google(world, "g-goran"))
    for second in ("g-new", "g-known"):
        if second == "g-known":
            get_id(world, pool, google(world, second))
        with refused("ResourceConflictException", "Logins already linked to another account"):
            get_id(world, pool, world.login("goran"), google(world, second))
        with refused("ResourceConflictException"):
            credentials(world, goran, world.login("goran"), google(world, second))
    assert get_id(world, pool, google(world, "g-goran")) == goran  # nothing was changed by the refusals
    assert get_id(world, pool, google(world, "g-known")) != goran


def test_two_identities_become_one_when_both_logins_come_together(world: World, pool: str) -> None:
    here, there = get_id(world, pool, world.login("goran")), get_id(world, pool, google(world, "g-goran"))
    assert here != there
    kept = credentials(world, there, world.login("goran"), google(world, "g-goran"))["IdentityId"]
    lost = ({here, there} - {kept}).pop()
    assert kept == there
    assert get_id(world, pool, world.login("goran")) == kept == get_id(world, pool, google(world, "g-goran"))
    assert logins_of(world, kept) == {world.key, "accounts.google.com"} and logins_of(world, lost) == set()
    with refused("NotAuthorizedException", "forbidden"):
        credentials(world, lost)
    with refused("NotAuthorizedException", "forbidden"):
        credentials(world, lost, world.login("rook"))
    assert credentials(world, lost, world.login("goran"))["IdentityId"] == kept
    hidden = world.pool.list_identities(IdentityPoolId=pool, MaxResults=60, HideDisabled=True)["Identities"]
    every = world.pool.list_identities(IdentityPoolId=pool, MaxResults=60)["Identities"]
    assert {row["IdentityId"] for row in every} - {row["IdentityId"] for row in hidden} == {lost}


def test_unlinking_a_login(world: World, pool: str) -> None:
    goran = get_id(world, pool, world.login("goran"), google(world, "g-goran"))
    with refused("NotAuthorizedException"):
        world.unsigned.unlink_identity(
            IdentityId=goran, Logins=world.login("rook"), LoginsToRemove=["accounts.google.com"]
        )
    with refused("NotAuthorizedException"):
        world.unsigned.unlink_identity(IdentityId=goran, Logins={}, LoginsToRemove=["accounts.google.com"])
    with refused("InvalidParameterException"):
        world.unsigned.unlink_identity(
            IdentityId=goran, Logins=world.login("goran"), LoginsToRemove=["graph.facebook.com"]
        )
    world.unsigned.unlink_identity(
        IdentityId=goran, Logins=world.login("goran"), LoginsToRemove=["accounts.google.com"] * 2
    )
    assert logins_of(world, goran) == {world.key}
    assert get_id(world, pool, google(world, "g-goran")) != goran  # a new identity the next time


def test_an_identity_that_lost_its_last_login_is_inaccessible(world: World, pool: str) -> None:
    mara = get_id(world, pool, world.login("mara"))
    world.pool.unlink_identity(IdentityId=mara, Logins=world.login("mara"), LoginsToRemove=[world.key])
    for logins in ([], [world.login("mara")]):
        with refused("NotAuthorizedException", "forbidden"):
            credentials(world, mara, *logins)
    assert get_id(world, pool, world.login("mara")) != mara


def test_identities_are_listed_in_pages_and_deleted(world: World, pool: str) -> None:
    made = [get_id(world, pool) for _ in range(3)] + [get_id(world, pool, world.login("mara"))]
    first = world.pool.list_identities(IdentityPoolId=pool, MaxResults=3)
    rest = world.pool.list_identities(IdentityPoolId=pool, MaxResults=3, NextToken=first["NextToken"])
    assert [row["IdentityId"] for row in first["Identities"] + rest["Identities"]] == made
    unknown = "us-east-1:00000000-0000-4000-8000-000000000000"
    left = world.pool.delete_identities(IdentityIdsToDelete=[made[0], made[3], unknown])[
        "UnprocessedIdentityIds"
    ]
    assert [row["IdentityId"] for row in left] == [unknown]
    with refused("ResourceNotFoundException"):
        credentials(world, made[3], world.login("mara"))
    assert get_id(world, pool, world.login("mara")) not in made


def test_a_login_of_another_app_client_of_the_same_user_pool_needs_to_be_listed(
    world: World, pool: str
) -> None:
    other = "8appclientoftidepool000000"
    with refused("NotAuthorizedException", "Token is not from a supported provider of this identity pool."):
        get_id(world, pool, {world.key: world.user_pool.token("mara", other)})
    both = world.create_pool(
        CognitoIdentityProviders=[
            {"ProviderName": world.key, "ClientId": client} for client in (CLIENT, other)
        ]
    )
    web, mobile = world.login("mara"), {world.key: world.user_pool.token("mara", other)}
    assert get_id(world, both, web) == get_id(world, both, mobile)  # the same person


# -- at the same moment ----------------------------------------------------------------------------


def by_eight_threads(world: World, pool: str, subject: str) -> list[str]:
    """What each of eight programs is answered that bring one person's login for the first time."""
    login = world.login(subject)
    with ThreadPoolExecutor(8) as programs:
        return list(programs.map(lambda _: get_id(world, pool, login), range(8)))


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """A new identity takes so long that whoever asks meanwhile would not find it yet."""
    at_once = identities.new_identity
    monkeypatch.setattr(identities, "new_identity", lambda pool: time.sleep(0.02) or at_once(pool))


def test_eight_threads_with_one_login_get_one_identity(world: World, pool: str, slow: None) -> None:
    found = {subject: by_eight_threads(world, pool, subject) for subject in ("mara", "goran", "aiko")}
    assert [len(set(answers)) for answers in found.values()] == [1, 1, 1]
    listed = world.pool.list_identities(IdentityPoolId=pool, MaxResults=60)["Identities"]
    assert len(listed) == 3 and {row["IdentityId"] for row in listed} == {row[0] for row in found.values()}


def test_without_the_lock_of_the_account_they_would_get_several(
    world: World, pool: str, slow: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(account_lock, "LOCK", nullcontext())
    assert len(set(by_eight_threads(world, pool, "mara"))) > 1
