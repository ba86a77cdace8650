"""Lies told in forks of a lesson: each from the first cell that asks its rule.

Until a rule is asked, a lesson without the rule is the lesson. So it is executed once to see when each rule
is asked first, and once more to be forked there for each lie; the fork goes on without the rule.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import wraps
from pkgutil import resolve_name
from types import FunctionType
from typing import Any
from unittest.mock import patch

from support.kept_scenes import KeptScenes
from support.lessons import execute, first_failure, playing

from cognito_lab.lessons import lies
from cognito_lab.lessons.claims import Piece
from cognito_lab.lessons.lies import Lie

Failure = tuple[Piece, Exception] | None
SAID = "said: "  # what a fork writes that comes to its end


def each_told(
    told: Sequence[Lie], lesson: Sequence[Piece], judge: Callable[[Lie, Failure], str]
) -> list[str]:
    """What ``judge`` says, in a fork, to each lie and to the first cell that fails with it."""
    said = [""] * len(told)
    with KeptScenes() as kept, ExitStack() as watched:
        first = _first_asked(told, lesson, kept)
        _watch(told, watched, lambda target: None)
        with playing() as names:
            for place, piece in enumerate(lesson):
                for number, lie in enumerate(told):
                    if piece.run and first[number] == piece.run:
                        said[number] = _in_a_fork(lie, lesson[place:], names, watched, judge)
                if piece.run:
                    execute(piece.text, names)
    gc.unfreeze()
    return said


def _first_asked(told: Sequence[Lie], lesson: Sequence[Piece], kept: KeptScenes) -> list[int]:
    """The cell, by its number, that is the first to ask one of the rules that each lie replaces.

    Of what is no plain function nobody knows when it is asked: that is the first cell. Where nothing is
    asked, it is the last.
    """
    runs = [piece.run for piece in lesson if piece.run]
    asked: dict[str, int] = {}
    now = runs[0]

    def note(target: str) -> None:
        asked.setdefault(target, now)
        kept.ask(target)

    with ExitStack() as watched, playing() as names:
        kept.watched = functions = _watch(told, watched, note)
        for piece in lesson:
            if piece.run:
                now = piece.run
                execute(piece.text, names)
    return [min((asked.get(t, runs[-1]) if t in functions else runs[0]) for t in lie.instead) for lie in told]


def _watch(told: Sequence[Lie], watched: ExitStack, asked: Callable[[str], object]) -> set[str]:
    """Have ``asked`` told of each call of the functions that lies replace; the names of these functions."""
    functions = set()
    for target in {target for lie in told for target in lie.instead}:
        holder, _, name = target.replace(":", ".").rpartition(".")
        owner = resolve_name(f"cognito_lab.{holder}")
        if isinstance(vars(owner).get(name), FunctionType):
            functions.add(target)
            watched.enter_context(patch.object(owner, name, _watched(owner, name, target, asked)))
    return functions


def _watched(owner: Any, name: str, target: str, asked: Callable[[str], object]) -> Callable[..., Any]:
    original = getattr(owner, name)

    @wraps(original)
    def rule(*given: Any, **named: Any) -> Any:
        asked(target)
        now = getattr(owner, name)  # something else where a lie is told, for whoever kept this function, too
        return (original if now is rule else now)(*given, **named)

    return rule


def _in_a_fork(
    lie: Lie, rest: Sequence[Piece], names: dict[str, object], watched: ExitStack,
    judge: Callable[[Lie, Failure], str],
) -> str:  # fmt: skip
    gc.freeze()  # a collection in the fork would copy every page that it looks at
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        said = "the fork did not come to its end"
        try:
            watched.close()
            with lies.active(lie):
                said = judge(lie, first_failure(rest, names))
        except BaseException as problem:
            said = f"the fork ended with {problem!r}"
        finally:
            os.write(writing, f"{SAID}{said}".encode())
            os._exit(0)
    os.close(writing)
    with open(reading, encoding="utf-8") as pipe:
        said = pipe.read()
    assert os.waitpid(child, 0)[1] == 0 and said.startswith(SAID), "the fork was killed"
    return said.removeprefix(SAID)
