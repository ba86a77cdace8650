'''Scenes: the AWS calls that earlier lessons made, made again, in plain sight.

A scene is a file ``data/scenes/<name>.py``: a plain list of boto3 calls, without loops, conditions or
functions. What is printed is what runs, and a reader can copy it. Beside boto3 it uses ``region``, and of
``lab`` only what is not AWS's: ``lab.inbox(address)``, ``lab.picture(name)``, ``lab.google`` and
``lab.years_ago(call)``. ::

    """Mara is a member: signed up, and confirmed with the code that was sent to her."""
    # after: directory
    # ruff: noqa: F821

    import boto3

    cognito_idp = boto3.client("cognito-idp", region_name=region)
    cognito_idp.sign_up(ClientId=client, Username="mara", …)
    code = lab.inbox("mara@tidepool.example")[-1].code

The line ``# after:`` names the scene that is played first, whose names (``client`` here) this one can use.
``# not listed`` keeps the calls of a set-up in which something is to be found from being printed.
'''

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from cognito_lab.lessons.refused import refusal_from as read_refusal
from cognito_lab.paths import DATA

SCENES = DATA / "scenes"
AFTER = re.compile(r"^# after: *(\w+) *$", re.MULTILINE)
NOT_LISTED = "# not listed\n"
FIND_OUT = "# The calls of this scene are not shown. Look at what they made: describe_…, get_…, list_…"
NOT_SHOWN = re.compile(r"^# (?:after|ruff):.*\n", re.MULTILINE)
STEPS = (ast.Import, ast.ImportFrom, ast.Assign, ast.Expr)


class SceneError(Exception):
    """A scene cannot be read, or a step of it failed; the text says which."""


class Scene:
    """A scene that was played: what it saved are its attributes, and ``print`` shows all its calls.

    Clients and modules are not saved, nor names that begin with an underscore.
    """

    def __init__(self, summary: str, code: str, saved: dict[str, Any]) -> None:
        self.__dict__.update(saved)
        self._summary, self._code, self._saved = summary, code, saved

    def __getattr__(self, name: str) -> Any:
        saved = ", ".join(self.__dict__.get("_saved", {})) or "nothing"
        raise AttributeError(f"this scene did not save {name!r}; it saved: {saved}")

    def __str__(self) -> str:
        return self._code

    def __repr__(self) -> str:
        told = "" if self._code == FIND_OUT else "print shows the calls; "
        return f"{self._summary}\n({told}saved: {', '.join(self._saved)})"


def scene_sources(name: str, folder: Path | None = None) -> list[tuple[str, str]]:
    """The scene ``name`` and those it comes after, first played first: pairs of name and Python source.

    Raises:
        SceneError: There is no such scene, or it comes after itself.
    """
    folder = folder or SCENES
    chain: list[tuple[str, str]] = []
    following: str | None = name
    while following:
        if following in dict(chain):
            raise SceneError(f"scenes in a circle: {' after '.join([*dict(chain), following])}")
        path = folder / f"{following}.py"
        if not path.is_file():
            known = ", ".join(sorted(file.stem for file in folder.glob("*.py")))
            raise SceneError(f'there is no scene "{following}"; the scenes are: {known or "none"}')
        code = path.read_text(encoding="utf-8")
        chain.append((following, code))
        after = AFTER.search(code)
        following = after[1] if after else None
    return chain[::-1]


def listing(name: str, folder: Path | None = None) -> str:
    """All calls of the scene ``name``, as Python, unless they are not to be listed."""
    parts = scene_sources(name, folder)
    if any(NOT_LISTED in code for _, code in parts):
        return FIND_OUT
    return "\n\n".join(f"# Scene “{part}”\n{NOT_SHOWN.sub('', code).strip()}" for part, code in parts)


def summary(name: str, folder: Path | None = None) -> str:
    """What each part of the scene ``name`` sets up, one line a part."""
    parts = ((part, ast.get_docstring(_parsed(code))) for part, code in scene_sources(name, folder))
    return "\n".join(f"{part}: {text}" for part, text in parts)


def play(name: str, *, region: str, lab: Any, folder: Path | None = None) -> Scene:
    """Make the calls of the scene ``name``, with the account owner's credentials.

    Args:
        region: AWS region of the calls.
        lab: The lab, for what is not AWS's: ``lab.inbox(address)`` and ``lab.picture(name)``.
        folder: Where the scenes are; the course's own by default.

    Raises:
        SceneError: The scene cannot be read, or a step was refused or failed.
    """
    import boto3

    given = {"region": region, "lab": lab}
    names: dict[str, Any] = dict(given)
    steps = [step for part, code in scene_sources(name, folder) for step in _steps(part, code)]
    for where, step in steps:
        try:
            exec(step, names)
        except Exception as error:
            found = read_refusal(error)
            said = f"{found.code}: {found.message}" if found else f"{type(error).__name__}: {error}"
            raise SceneError(f"{where}: {said}") from error
        if names.get("boto3") is boto3:
            names["boto3"] = _boto3()
    saved = {key: value for key, value in names.items() if key not in given and _worth_saving(key, value)}
    return Scene(summary(name, folder), listing(name, folder), saved)


@cache
def _boto3() -> ModuleType:
    """``boto3`` for scenes; it keeps clients for the next one: to make one takes longer than many calls."""
    import boto3

    kept = ModuleType("boto3")
    kept.__dict__.update(vars(boto3), client=cache(boto3.client))
    return kept


@cache
def _parsed(code: str) -> ast.Module:
    return ast.parse(code)


@cache
def _steps(scene: str, code: str) -> list[tuple[str, CodeType]]:
    """The steps of a scene, each with the words that name it in an error."""
    found = []
    lines = code.splitlines()
    for node in _parsed(code).body:
        line = lines[node.lineno - 1]
        where = f'scene "{scene}", line {node.lineno} ({line})'
        if not isinstance(node, STEPS):
            raise SceneError(f"{where}: a scene is a plain list of calls")
        found.append((where, compile(ast.Module([node], []), f"<scene {scene}>", "exec")))
    return found


def _worth_saving(name: str, value: Any) -> bool:
    is_client = hasattr(value, "meta") and hasattr(value, "get_paginator")
    return not name.startswith("_") and not isinstance(value, ModuleType) and not is_client
