"""What has expired is forgotten: an account of many years is as small as one of days, and as quick."""

from __future__ import annotations

import functools
import gc
import importlib
import inspect
import pkgutil
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import pytest
from support.user_pools import FLOWS, PASSWORD, World, client, refused, world

import cognito_lab
from cognito_lab import Lab, expiring
from cognito_lab.aws import moto_patches
from cognito_lab.aws.user_pools import model, outbox
from cognito_lab.aws.user_pools.directory import Directory, User
from cognito_lab.aws.user_pools.tokens import token_store
from cognito_lab.expiring import Expiring
from cognito_lab.lessons.scripted_browser import Browser
from cognito_lab.practice import checks

GORAN = "Goran Pavić (goran.pavic@gmail.example)"
AIKO = "Aiko Tanaka (aiko@northshore.example)"


@pytest.fixture
def it() -> Iterator[World]:
    with world() as made:
        yield made


@dataclass
class Entry:
    expires: float


# -- the dictionary ----------------------------------------------------------------------------------


def test_entries_that_are_over_are_forgotten_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr(expiring, "time", SimpleNamespace(time=lambda: now))
    kept, most = Expiring[Entry](), 0
    for number in range(20 * expiring.FEW):
        now = float(number)
        kept[number] = Entry(now + 10)
        most = max(most, len(kept))
    assert most <= expiring.FEW + 1
    assert all(number in kept for number in range(int(now) - 9, int(now) + 1)), "none before its time"


def test_looking_through_costs_each_entry_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    looked = 0

    class Counted(Expiring[Entry]):
        def end(self, entry: Entry) -> float:
            nonlocal looked
            looked += 1
            return super().end(entry)

    kept = Counted()
    for number in range(40_000):
        kept[number] = Entry(time.time() + 1000)
    assert len(kept) == 40_000 and looked < 2 * len(kept)


def test_somebody_is_told_for_a_while_that_it_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    class Told(Expiring[Entry]):
        kept = 60.0

    entries = Told(a=Entry(100.0), b=Entry(200.0))
    for now, left in ((159.9, {"a", "b"}), (160.0, {"b"}), (260.0, set())):
        monkeypatch.setattr(expiring, "time", SimpleNamespace(time=lambda now=now: now))
        entries.forget()
        assert set(entries) == left


# -- the account -------------------------------------------------------------------------------------


def kept() -> Counter[str]:
    """How many objects of each class of the lab's and of moto's there are."""
    gc.collect()
    found = Counter(
        f"{type(each).__module__}.{type(each).__qualname__}"
        for each in gc.get_objects()
        if str(type(each).__module__).startswith(("cognito_lab.", "moto."))
    )
    for cached in caches():
        found[f"cache of {cached.__module__}.{cached.__qualname__}"] = cached.cache_info().currsize
    return found


def caches() -> list[Any]:
    """Every function of the package that keeps as many answers as it is asked for."""
    found = {}
    for info in pkgutil.walk_packages(cognito_lab.__path__, "cognito_lab."):
        # JupyterHub, and with it what it asks the room, has an environment of its own.
        if "jupyter" not in info.name and not info.name.endswith(("__main__", "room.hub")):
            module = importlib.import_module(info.name)
            kept = [each for each in vars(module).values() if isinstance(each, functools._lru_cache_wrapper)]
            found |= {id(each): each for each in kept if each.cache_parameters()["maxsize"] is None}
    return list(found.values())


@pytest.fixture
def years(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], dict[str, list[int]]]:
    """What there is ever more of in an account in which people sign in for years: counted three times."""
    monkeypatch.setattr(expiring, "FEW", 4)
    monkeypatch.setattr(Expiring, "_look_through_at", 4)

    def live(every: int) -> dict[str, list[int]]:
        seen = []
        with Lab.start() as lab:
            scene = lab.scene("by_every_way")
            let_everybody_in(scene)
            for number in range(3 * every):
                some_months(lab, scene, number)
                if number % every == every - 1:
                    seen.append(kept())
        return {
            name: [one[name] for one in seen] for name in seen[-1] if seen[-1][name] >= seen[1][name] + every
        }

    return live


def let_everybody_in(scene: Any) -> None:
    """By SRP as well, by a client that tells nobody who exists; and somebody has a temporary password. Threat
    protection writes down what they do."""
    idp = client()
    protection = {"AdvancedSecurityMode": "AUDIT"}
    idp.update_user_pool(UserPoolId=scene.pool, UserPoolTier="PLUS", UserPoolAddOns=protection)
    asked = {"UserPoolId": scene.pool, "ClientId": scene.client}
    app = idp.describe_user_pool_client(**asked)["UserPoolClient"]
    for name in ("CreationDate", "LastModifiedDate"):
        del app[name]
    flows = [*FLOWS, "ALLOW_USER_SRP_AUTH"]
    idp.update_user_pool_client(
        **{**app, "ExplicitAuthFlows": flows, "PreventUserExistenceErrors": "ENABLED"}
    )
    idp.admin_create_user(UserPoolId=scene.pool, Username="new", TemporaryPassword=PASSWORD)


def some_months(lab: Lab, scene: Any, number: int) -> None:
    """Sign-ins by every way, some of them left in their middle, and what comes of them; then time goes by."""
    idp = client()

    def begin(flow: str, **parameters: str) -> Any:
        return idp.initiate_auth(ClientId=scene.client, AuthFlow=flow, AuthParameters=parameters)

    for name in ("mara", f"nobody{number}"):
        assert begin("USER_SRP_AUTH", USERNAME=name, SRP_A="abc")["ChallengeName"] == "PASSWORD_VERIFIER"
    code = checks.refusal_of(lambda: begin("USER_PASSWORD_AUTH", USERNAME=f"no{number}", PASSWORD=PASSWORD))
    assert code == "NotAuthorizedException"
    idp.admin_set_user_password(UserPoolId=scene.pool, Username="new", Password=PASSWORD, Permanent=False)
    begun = begin("USER_PASSWORD_AUTH", USERNAME="new", PASSWORD=PASSWORD)
    assert begun["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    for provider, person in (("Google", GORAN), ("Northshore", AIKO)):
        wish = {"client_id": scene.client, "redirect_uri": scene.callback, "response_type": "code"}
        address = f"{scene.pages}/oauth2/authorize?{urlencode({**wish, 'identity_provider': provider})}"
        Browser().open(address)  # and no further
        assert Browser().open(address).press(person).press("Continue").query["code"]  # which nobody redeems
        checks.sign_in_through_pages(scene, provider, person, "Continue")
    login = {f"cognito-idp.us-east-1.amazonaws.com/{scene.pool}": checks.id_token(scene, "mara")}
    _, credentials = checks.identity_and_credentials(scene.identity_pool, login)
    s3 = checks.client_with(credentials)
    checks.refusal_of(lambda: s3.list_objects_v2(Bucket=scene.bucket, Prefix=f"{number}/"))
    name = f"guest{number}"  # who comes once, and is deleted
    idp.admin_create_user(UserPoolId=scene.pool, Username=name, TemporaryPassword=PASSWORD)
    assert begin("USER_PASSWORD_AUTH", USERNAME=name, PASSWORD=PASSWORD)["Session"]
    idp.admin_delete_user(UserPoolId=scene.pool, Username=name)
    lab.travel(days=200)


def test_an_account_of_years_is_as_small_as_one_of_days(years: Callable[[int], dict[str, list[int]]]) -> None:
    grown = years(4)
    grown.pop("cognito_lab.aws.user_pools.passwords.Hash")  # the 24 former ones of a user
    assert grown == {}


def test_without_forgetting_it_grows(
    years: Callable[[int], dict[str, list[int]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Expiring, "forget", lambda _: [])
    grown = {name.rpartition(".")[2] for name in years(2)}
    assert grown >= {"Authentication", "Challenge", "RoleSession", "AssumedRole", "AccessKey", "User"}
    assert grown >= {"Grant", "Session", "Pending", "SignIn", "AuthEvent"}


# -- looked up, not looked for -----------------------------------------------------------------------


class NotLookedThrough(dict[Any, Any]):
    """A dictionary in which one entry is found, and over which nobody goes."""

    def __iter__(self) -> Any:
        raise AssertionError("all entries are looked at")

    keys = values = items = __iter__


def test_signing_out_everywhere_looks_at_nobody_elses_logins(it: World) -> None:
    for name in ("mara", "ben"):
        it.member(name)
    tokens = {name: it.sign_in(name) for name in ("mara", "ben", "mara")}
    store = token_store.token_store(model.get_pool("us-east-1", it.pool))
    store.logins = NotLookedThrough(store.logins)  # type: ignore[assignment]
    it.idp.global_sign_out(AccessToken=tokens["mara"]["AccessToken"])
    with refused("NotAuthorizedException"):
        it.idp.get_user(AccessToken=tokens["mara"]["AccessToken"])
    assert it.idp.get_user(AccessToken=tokens["ben"]["AccessToken"])["Username"] == "ben"


def test_mail_is_looked_up_by_its_address(it: World) -> None:
    it.member("mara")
    it.member("ben")
    moto_patches.account_state(outbox.Outbox).sent = NotLookedThrough()  # type: ignore[assignment]
    assert [mail.to for mail in it.lab.inbox("ben@tidepool.example")] == ["ben@tidepool.example"]


NAMED = {"email": "mara@tidepool.example", "phone_number": "+15550100", "username": "mara"}


@pytest.mark.parametrize("attribute", [*NAMED, "sub"])
def test_who_is_named_is_looked_up(it: World, attribute: str, monkeypatch: pytest.MonkeyPatch) -> None:
    it.member("ben")
    it.member("mara", phone_number=NAMED["phone_number"])
    value = it.attributes()["sub"] if attribute == "sub" else NAMED[attribute]
    monkeypatch.setattr(Directory, "__iter__", NotLookedThrough.__iter__)
    found = it.idp.list_users(UserPoolId=it.pool, Filter=f'{attribute} = "{value}"')["Users"]
    assert [user["Username"] for user in found] == ["mara"]


def test_the_index_of_addresses_says_what_looking_through_says() -> None:
    chance, people, users = random.Random(3), Directory([], ["email"], False), list[User]()
    values = ["", "a@x.example", "b@x.example", "A@x.example"]
    for step in range(600):
        act = chance.choice(("add", "add", "change", "change", "remove"))
        if act == "add":
            given = {name: value for name in ("email", "phone_number") if (value := chance.choice(values))}
            users.append(User(f"u{step}", f"s{step}", given, "CONFIRMED"))
            people.add(users[-1])
        elif users and act == "change":
            name, value = chance.choice(("email", "phone_number")), chance.choice(values)
            people.change(chance.choice(users), {name: value})
        elif users:
            people.remove(users.pop(chance.randrange(len(users))))
        for name in ("email", "phone_number"):
            for value in values[1:]:
                has = {user.sub for user in people if user.attributes.get(name) == value}
                assert {user.sub for user in people.with_value(name, value)} == has
    assert len(users) > 5


# -- caches ------------------------------------------------------------------------------------------

# Kept for ever: what comes of AWS's models, the course's files and the process itself, which do not grow.
BY_FILES = {
    "claims.pieces", "scenes._parsed", "scenes._steps", "preparing.prepare",
    "exercise_files.is_core", "class_progress._told",
}  # fmt: skip
BY_MODEL = {"dispatch.is_public", "rest_json._routes", "validation._compiled"}


def test_no_cache_keeps_what_callers_send() -> None:
    unbounded = {
        f"{cached.__module__.rpartition('.')[2]}.{cached.__qualname__}"
        for cached in caches()
        if inspect.signature(cached).parameters
    }
    assert unbounded == BY_FILES | BY_MODEL
