"""A room that is open, and people in it: JupyterHub's form by HTTP, Jupyter's API, a kernel's websocket."""

from __future__ import annotations

import contextlib
import csv
import html
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import websocket

from cognito_lab.paths import ROOT
from cognito_lab.room import command

MOST_SECONDS = 120


@dataclass
class Room:
    """Where an open room is; in ``folder`` is everybody's work, and `authority.pem` of its certificate."""

    url: str
    folder: Path
    process: subprocess.Popen[bytes]

    @classmethod
    @contextmanager
    def opened(
        cls,
        folder: Path,
        people: str,
        *arguments: str,
        port: str = "",
        host: str = "127.0.0.1",
        machine: Sequence[str] = (),
    ) -> Iterator[Room]:
        """The room of ``make room`` for a class list with this text; closed as by Ctrl-C.

        People find it as ``host``. ``machine`` are the words before a command that is to run elsewhere.
        """
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "class.csv").write_text(people)
        port = port or free_ports()
        words = [*machine, sys.executable, "-m", "cognito_lab", "room", "--people", str(folder / "class.csv")]
        words += ["--port", port, "--folder", str(folder), *arguments]
        with cls.run(words, folder, f"https://{host}:{port}", cwd=ROOT) as room:
            yield room

    @classmethod
    @contextmanager
    def run(cls, words: list[str], folder: Path, url: str, **options: Any) -> Iterator[Room]:
        """The room that a command opens; closed as by Ctrl-C."""
        log = folder / "log"
        with log.open("w") as said:
            running = subprocess.Popen(words, stdout=said, stderr=subprocess.STDOUT, **options)
        try:
            room = cls(url, folder, running)
            until = time.monotonic() + MOST_SECONDS
            while not room._is_open():
                assert running.poll() is None and time.monotonic() < until, log.read_text()[-3000:]
                time.sleep(0.3)
            yield room
        finally:
            if running.poll() is None:
                running.terminate()
                running.wait(60)
        if running.returncode != -signal.SIGKILL:
            where = urlsplit(url)
            with pytest.raises(OSError):  # nothing is left behind
                socket.create_connection((where.hostname, where.port))

    def _is_open(self) -> bool:
        try:
            return self.somebody().opens("/hub/login").status_code == 200
        except httpx.TransportError:
            return False

    def temporary_password(self, name: str) -> str:
        with (self.folder / "passwords.csv").open() as file:
            return next(row["temporary password"] for row in csv.DictReader(file) if row["username"] == name)

    def somebody(self) -> Somebody:
        return Somebody(self)


class Somebody:
    """A browser that runs no scripts, at a room."""

    def __init__(self, room: Room) -> None:
        self.room = room
        self._trusts = str(room.folder / "authority.pem")
        encrypted = room.url.startswith("https:")
        trusts = ssl.create_default_context(cafile=self._trusts) if encrypted else True
        self._web = httpx.Client(base_url=room.url, follow_redirects=True, timeout=60, verify=trusts)

    def at(self, room: Room) -> Somebody:
        """The same browser, with its cookies, at another room of this machine."""
        self.room, self._web.base_url = room, httpx.URL(room.url)
        return self

    def signs_in(self, username: str, password: str, new: str = "") -> str:
        """Fill in the form; what it says then, or nothing where it let them in."""
        self.name = username
        page = self._web.get("/hub/login").text
        form = {
            "username": username,
            "password": password,
            "_xsrf": _of(page, r'name="_xsrf" value="([^"]*)"'),
        }
        if new:
            form["new_password"] = new
        page = self._web.post("/hub/login", data=form).text
        return html.unescape(_of(page, r'class="login_error">([^<]*)<'))

    def starts(self) -> None:
        """Wait until the person's own server is there, and open JupyterLab in it."""
        until = time.monotonic() + MOST_SECONDS
        while not self.opens("/hub/user-redirect/lab").url.path.startswith("/user/"):
            assert time.monotonic() < until, (self.room.folder / "log").read_text()[-3000:]
            time.sleep(0.5)

    def opens(self, path: str) -> httpx.Response:
        return self._web.get(path)

    def api(self, method: str, path: str, content: Any = None) -> Any:
        """One call of the API of the person's own server."""
        headers = {"X-XSRFToken": self._cookie("_xsrf")}
        answer = self._web.request(method, f"/user/{self.name}/api/{path}", json=content, headers=headers)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def saves(self, path: str, text: str) -> None:
        self.api("PUT", f"contents/{path}", {"type": "file", "format": "text", "content": text})

    def reads(self, path: str) -> str:
        found: str = self.api("GET", f"contents/{path}?type=file&format=text")["content"]
        return found

    def _cookie(self, name: str) -> str:
        place = f"/user/{self.name}/"
        return next(str(c.value) for c in self._web.cookies.jar if c.name == name and c.path == place)

    def kernel(self, made: str = "") -> Kernel:
        """A new kernel, or the one that was ``made`` before."""
        made = made or self.api("POST", "kernels", {"name": "python3"})["id"]
        place = f"/user/{self.name}/"
        cookies = "; ".join(f"{c.name}={c.value}" for c in self._web.cookies.jar if place.startswith(c.path))
        address = f"{self.room.url.replace('http', 'ws', 1)}{place}api/kernels/{made}/channels"
        return Kernel(
            websocket.create_connection(
                address,
                cookie=cookies,
                origin=self.room.url,
                timeout=MOST_SECONDS,
                sslopt={"ca_certs": self._trusts},
            )
        )


class Kernel:
    """A kernel at the other end of a websocket."""

    def __init__(self, connection: websocket.WebSocket) -> None:
        self._connection = connection

    def runs(self, code: str) -> str:
        """What a cell prints, or the name of its error, or "died"."""
        number = uuid.uuid4().hex
        header = {
            "msg_id": number,
            "msg_type": "execute_request",
            "username": "",
            "session": number,
            "version": "5.3",
        }
        content = {
            "code": code,
            "silent": False,
            "store_history": True,
            "allow_stdin": False,
            "stop_on_error": True,
        }
        self._connection.send(
            json.dumps(
                {
                    "header": header,
                    "parent_header": {},
                    "metadata": {},
                    "content": content,
                    "channel": "shell",
                }
            )
        )
        said = ""
        while True:
            message = json.loads(self._connection.recv())
            kind, content = message["header"]["msg_type"], message["content"]
            if kind == "status" and content["execution_state"] in ("restarting", "dead"):
                return "died"
            if message["parent_header"].get("msg_id") != number:
                continue
            if kind == "stream":
                said += content["text"]
            elif kind == "error":
                said += content["ename"]
            elif kind == "status" and content["execution_state"] == "idle":
                return said.strip()


def free_ports() -> str:
    """The first of three ports in a row where nothing listens."""
    for first in range(20_000 + os.getpid() % 10_000, 60_000, 3):
        with contextlib.suppress(command.CannotOpen):
            command.check_ports("127.0.0.1", first)
            return str(first)
    raise AssertionError("no free ports")


def _of(text: str, pattern: str) -> str:
    found = re.search(pattern, text)
    return found.group(1) if found else ""
