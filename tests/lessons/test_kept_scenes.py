"""A copy of what a scene left is what its calls leave, and it is made only where it may be."""

from __future__ import annotations

import datetime
import gc
import re
import types
from contextlib import ExitStack
from typing import Any
from weakref import WeakValueDictionary, ref

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from support import digests, kept_scenes, told
from support.kept_scenes import KeptScenes

from cognito_lab import Lab, reproducible
from cognito_lab.aws import moto_patches
from cognito_lab.lessons import lies, scenes
from cognito_lab.lessons.lies import Lie

COURSE = sorted(path.stem for path in scenes.SCENES.glob("*.py"))


def account(scene: Any) -> dict[str, str]:
    """The digest, with the scene, and without the machine's time and the names that moto gives its tables."""
    found: dict[str, str] = {}
    digests.look("scene", scene, found, {})
    found = {name: digests.OBJECT.sub("", text) for name, text in found.items()}
    found |= digests.digest(same_objects=False)
    return {name: text for name, text in found.items() if "clock" not in name and not name.endswith("]._id")}


@pytest.mark.parametrize("name", COURSE)
def test_a_copy_is_what_the_calls_leave(name: str) -> None:
    with Lab.start() as lab, KeptScenes() as kept:
        with lab.record():
            lab.scene(name)  # so that each of the next is one of an account that is over, with these ids
        played = account(lab.scene(name))
        assert len(played) > 2000, "the digest sees an account"
        assert parts(kept.left[name, lab.region].copied) & parts(live(lab)) == set()
        for _ in "ab":
            assert digests.differences(played, account(lab.scene(name))) == {}
            assert parts(kept.left[name, lab.region].copied) & parts(live(lab)) == set()


# What two accounts may have in common, since it cannot change.
FOR_ALL = (
    str, bytes, int, float, complex, types.NoneType, tuple, frozenset, re.Pattern, datetime.date,
    datetime.timedelta, datetime.tzinfo, types.FunctionType, types.BuiltinFunctionType, RSAPrivateKey,
    RSAPublicKey,
)  # fmt: skip


def live(lab: Lab) -> list[Any]:
    """What the account that runs is made of."""
    services, buckets = moto_patches._storage()
    return [*map(dict, services), dict(buckets), lab._providers]


def parts(whole: Any) -> set[int]:
    """Whatever can change and is reached from ``whole``, by identity, without moto's own variables."""
    services, buckets = moto_patches._storage()
    tables = {id(table): table for table in (*services, buckets)}
    known, unseen = dict(tables), [whole]
    while unseen:
        one = unseen.pop()
        inside = [one()] if isinstance(one, ref) else gc.get_referents(one)
        if isinstance(one, types.FunctionType):
            inside = list(one.__closure__ or ())
        new = [it for it in inside if id(it) not in known and not isinstance(it, types.ModuleType | type)]
        known |= {id(it): it for it in new}
        unseen += new
    return {place for place, it in known.items() if not isinstance(it, FOR_ALL)} - tables.keys()


def test_what_a_copy_shares_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python's own deep copy of weak values shares them: of tokens, for one."""
    monkeypatch.setattr(kept_scenes, "with_values", WeakValueDictionary.__deepcopy__)
    with Lab.start() as lab, KeptScenes() as kept:
        lab.scene("overture")
        assert parts(kept.left["overture", lab.region].copied) & parts(live(lab))


@pytest.fixture
def copied(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Each copy that is given to an account."""
    given: list[Any] = []
    put_back = kept_scenes.put_back
    monkeypatch.setattr(kept_scenes, "put_back", lambda lab, left: given.append(put_back(lab, left)))
    return given


def test_whoever_hears_the_calls_hears_them(copied: list[Any]) -> None:
    with Lab.start() as lab, KeptScenes():
        lab.scene("members")
        with lab.record() as story:
            lab.scene("members")
        assert len(story) > 5 and not copied
        lab.scene("members")
        assert len(copied) == 1


def test_a_learners_scene_has_ids_of_its_own(copied: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(reproducible.REPRODUCIBLE)
    with Lab.start() as lab, KeptScenes():
        assert lab.scene("members").pool != lab.scene("members").pool
    assert not copied


RULES = {
    "aws.user_pools.people.verification_codes:is_same": 0,  # asked by the scene
    "aws.user_pools.people.password_recovery:confirm_forgot_password": 1,  # never asked
    "aws.user_pools.sign_in.lockout:LONGEST_LOCK": 0,  # no function, so nobody knows
}


@pytest.mark.parametrize("rule", RULES)
def test_where_a_rule_is_off_the_calls_are_made_unless_they_do_not_ask_it(
    rule: str, copied: list[Any]
) -> None:
    off = Lie("", "", {rule: "original"})
    with Lab.start() as lab, KeptScenes() as kept:
        with lies.active(off):
            lab.scene("members")
        assert not kept.left, "what is left without a rule is not kept"
        with ExitStack() as watched:
            kept.watched = told._watch([off], watched, kept.ask)
            lab.scene("members")
        with lies.active(off):
            lab.scene("members")
        assert len(copied) == RULES[rule]
        lab.scene("members")
        assert len(copied) == RULES[rule] + 1
