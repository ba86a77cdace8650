"""Lies: for a while, the lab behaves as if one rule did not exist.

A proof that cannot fail proves nothing. So each claim of a lesson has one or more lies in ``data/lies.toml``:
a small patch that takes away a rule that the claim is about. With the lie, one of the claim's own cells must
be the first to fail; a test tries each of them. ::

    [[lie]]
    claim = "01.2"
    says = "Any code confirms, whoever it was sent to."
    instead = { "aws.user_pools.people.verification_codes:is_same" = "lambda code, given: True" }

``instead`` names what is replaced, below ``cognito_lab``, and gives a Python expression for what takes its
place. The expression sees the names of that module, :func:`import_module` for those of others, and as
``original`` what it replaces.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any
from unittest.mock import patch

from cognito_lab import interrupts
from cognito_lab.paths import DATA


class LieError(Exception):
    """There is no such lie, or it cannot be told; the text says why."""


@dataclass(frozen=True)
class Lie:
    """A rule of ``claim`` switched off: what the lab then does, and the expressions by their targets."""

    claim: str
    says: str
    instead: dict[str, str]


@cache
def every_lie() -> list[Lie]:
    with open(DATA / "lies.toml", "rb") as handle:
        return [Lie(**entry) for entry in tomllib.load(handle)["lie"]]


def lies_about(claim: str) -> list[Lie]:
    """The lies about a claim, in the order of ``data/lies.toml``."""
    return [each for each in every_lie() if each.claim == claim]


def lie(claim: str, number: int = 1) -> AbstractContextManager[Lie]:
    """In this block a rule behind ``claim`` does not exist; after it, it does again.

    ``number`` says which of the claim's lies is told, from 1; ``claims_index`` lists them. Raises
    :class:`LieError` where there is none.
    """
    known = lies_about(claim)
    if not 1 <= number <= len(known):
        raise LieError(f"There is no lie {number} about {claim!r}: it has {len(known)}, counted from 1.")
    print(f"In this block a rule is off: {known[number - 1].says}")
    return active(known[number - 1])


def active(chosen: Lie) -> AbstractContextManager[Lie]:
    """The lab with ``chosen`` told. Raises :class:`LieError` where a target or an expression is wrong."""
    return interrupts.whole(_told(chosen))


@contextmanager
def _told(chosen: Lie) -> Iterator[Lie]:
    with ExitStack() as stack:
        for target, expression in chosen.instead.items():
            stack.enter_context(patch.object(*_replacement(target, expression)))
        yield chosen


def _replacement(target: str, expression: str) -> tuple[Any, str, Any]:
    """What is patched, under which name, and what takes its place."""
    module, _, path = target.partition(":")
    *holders, name = path.split(".")
    try:
        owner = names = import_module(f"cognito_lab.{module}")
        for holder in holders:
            owner = getattr(owner, holder)
        original = getattr(owner, name)
    except (ImportError, AttributeError) as problem:
        raise LieError(f"A lie aims at {target!r}, which is not there: {problem}.") from None
    try:
        return (
            owner,
            name,
            eval(expression, {"import_module": import_module, **vars(names), "original": original}),
        )
    except Exception as problem:
        raise LieError(f"The lie about {target!r} is no expression: {expression!r}: {problem!r}.") from None
