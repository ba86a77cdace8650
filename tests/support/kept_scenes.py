"""Scenes whose calls are made once: from then on an account gets a copy of what they left.

Where clock and chance are fixed, a scene leaves the same account each time, and a copy of it costs a tenth of
its calls. ``tests/lessons/test_kept_scenes.py`` compares the two, member by member. The calls are made again
where something hears them, and where a rule is off that they ask, or may ask.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, NamedTuple
from unittest.mock import patch
from weakref import WeakValueDictionary

import pytest
from moto.moto_api._internal import mock_random

from cognito_lab import randomness, reproducible
from cognito_lab.aws import moto_patches
from cognito_lab.lessons import lies, scenes
from cognito_lab.lessons.lies import Lie
from cognito_lab.network import exchanges
from cognito_lab.protocols import signing_keys


class Left(NamedTuple):
    """What a scene left: a copy that nobody else holds, and the rules that were asked."""

    copied: Any
    asked: frozenset[str]


class KeptScenes:
    """What the scenes left that were played in the block, by name and Region.

    Attributes:
        watched: The rules, as ``data/lies.toml`` names them, of which :meth:`ask` is told. Of others nobody
            knows whether a scene asks them.
    """

    def __init__(self) -> None:
        self.watched: Collection[str] = ()
        self.left: dict[tuple[str, str], Left] = {}
        self._asked, self._off = set[str](), set[str]()

    def ask(self, rule: str) -> None:
        """A rule was asked."""
        self._asked.add(rule)

    def __enter__(self) -> KeptScenes:
        self._patches = [patch.object(scenes, "play", self._playing(scenes.play)),
                         patch.object(lies, "active", self._telling(lies.active))]  # fmt: skip
        for each in self._patches:
            each.start()
        return self

    def __exit__(self, *_: object) -> None:
        for each in self._patches:
            each.stop()
        for left in self.left.values():  # moto warns of objects of S3 that nobody has disposed of
            for _, backends in left.copied[1][0][:-1]:
                for backend in backends.values():
                    backend.reset()

    def _playing(self, play: Callable[..., Any]) -> Callable[..., Any]:
        def kept(name: str, *, region: str, lab: Any, folder: Any = None) -> Any:
            if folder or not is_at_its_beginning(lab):
                return play(name, region=region, lab=lab, folder=folder)
            left = self.left.get((name, region))
            if left and self._off <= set(self.watched) - left.asked:
                return put_back(lab, left.copied)
            self._asked.clear()
            scene = play(name, region=region, lab=lab)
            if not self._off:
                self.left[name, region] = Left(copy_of(lab, scene), frozenset(self._asked))
            return scene

        return kept

    def _telling(self, active: Callable[[Lie], AbstractContextManager[Lie]]) -> Callable[[Lie], Any]:
        @contextmanager
        def told(lie: Lie) -> Iterator[Lie]:
            before = self._off
            self._off = before | set(lie.instead)
            try:
                with active(lie):
                    yield lie
            finally:
                self._off = before

        return told


@pytest.fixture(scope="module", autouse=True)
def kept_scenes() -> Iterator[KeptScenes]:
    """For a whole file: each of its tests gets copies of what earlier ones have played."""
    with KeptScenes() as kept:
        yield kept


def is_at_its_beginning(lab: Any) -> bool:
    """Whether whatever is done in it now is the same each time, and nobody but the account hears it."""
    return (
        lab._fixed
        and time.time() == reproducible.FIXED_START.timestamp()
        and [lab._refusals.observe] == exchanges.OBSERVERS
    )


def copy_of(lab: Any, scene: Any) -> Any:
    """All that an account holds which a scene has begun, and the scene."""
    services, buckets = moto_patches._storage()
    tables = [(table, dict(table)) for table in (*services, buckets)]
    chance = randomness._source.getstate(), mock_random.getstate(), signing_keys._pool._taken
    return chance, separate((tables, lab._providers, scene))


def put_back(lab: Any, copied: Any) -> Any:
    """Give ``lab``, whose account is empty, what :func:`copy_of` has copied; returns the scene."""
    (ours, motos, signing_keys._pool._taken), left = copied
    tables, lab._providers, scene = separate(left)
    moto_patches._storage()[0][:] = [table for table, _ in tables[:-1]]
    for table, content in tables:
        table.clear()
        table.update(content)
    randomness._source.setstate(ours)
    mock_random.setstate(motos)
    return scene


def separate(account: Any) -> Any:
    """A copy that shares nothing but moto's own variables, whose contents it has beside them."""
    with patch.object(WeakValueDictionary, "__deepcopy__", with_values):
        return copy.deepcopy(account, {id(table): table for table, _ in account[0]})


def with_values(weak: Any, known: dict[int, Any]) -> Any:
    """A deep copy of a WeakValueDictionary; Python's own shares the values."""
    return WeakValueDictionary({key: copy.deepcopy(value, known) for key, value in weak.items()})
