"""Rooms to try: their folder, their certificate, and people who come in."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import trustme
from support.rooms import Room, Somebody

from cognito_lab.paths import ROOT
from cognito_lab.room.directory import NEW_PASSWORD

LIMIT = 700  # MiB


def python_for_everybody() -> list[str]:
    """Root's own Python may be where nobody else can read it: then the system's."""
    base = Path(getattr(sys, "_base_executable", sys.executable)).resolve()
    alone = os.getuid() == 0 and any(not folder.stat().st_mode & 0o001 for folder in base.parents)
    return ["--python", "/usr/bin/python3"] if alone else []


@contextmanager
def certified(host: str = "127.0.0.1") -> Iterator[Path]:
    """A folder for a room, with a certificate for ``host``. Others can read it, unlike pytest's own."""
    folder = ROOT / "build" / "room"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "authority.pem"))
    issued = authority.issue_cert(host)
    issued.private_key_pem.write_to_path(str(folder / "key.pem"))
    (folder / "key.pem").chmod(0o600)
    (folder / "cert.pem").write_bytes(b"".join(pem.bytes() for pem in issued.cert_chain_pems))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def opened(folder: Path, people: str, *more: str, **where: Any) -> AbstractContextManager[Room]:
    words = ["--cert", str(folder / "cert.pem"), "--key", str(folder / "key.pem"), *python_for_everybody()]
    return Room.opened(folder, people, "--memory", str(LIMIT), *words, *more, **where)


def comes_in(room: Room, name: str) -> Somebody:
    """Somebody with their slip, who then has a password of their own and a server."""
    person, slip = room.somebody(), room.temporary_password(name)
    assert person.signs_in(name, slip).startswith(NEW_PASSWORD)
    assert person.signs_in(name, slip, f"tide pools of {name}") == ""
    person.starts()
    return person
