"""Programs that nobody here wrote: each installed apart from the course, and run against a served account.

A client has a folder here, with its pins (`requirements.txt` of Python, `package-lock.json` of Node) and a
program, `client.py` or `client.mjs`, which uses it as its users do. It is installed in `build/clients/` when
a test first needs it. Where that cannot be done its tests are left out by name; with COGNITO_LAB_CLIENTS in
the environment, as `make clients` sets it, they fail.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

import pytest

from cognito_lab.lessons.scripted_browser import Page

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
BUILT = ROOT / "build" / "clients"
PINS = ("requirements.txt", "package-lock.json")
NODE = 20  # or newer
LARGE = (
    "pacu",
    "passport-cognito-oauth2",
)  # a hundred megabytes and more, which `make clients` fetches, and `make test` does not
MOST_SECONDS = 120


def plain_environment(**more: str) -> dict[str, str]:
    """The environment of a program that knows nothing of the lab."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    return {**kept, "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull, **more}


# -- installed -------------------------------------------------------------------------------------


def installed(name: str) -> Path:
    """The folder of a client's environment, made where it is not there, or was made from other pins."""
    if name in LARGE and not os.environ.get("COGNITO_LAB_CLIENTS"):
        pytest.skip(f"{name} is large: make clients runs it")
    pins = next(HERE / name / each for each in PINS if (HERE / name / each).exists())
    if pins.suffix == ".json" and not has_node():
        pytest.skip(f"{name}: there is no Node.js {NODE} or newer, with npm, on this machine")
    stamp = hashlib.sha256(pins.read_bytes() + sys.version.encode()).hexdigest()
    folder, made = BUILT / name, BUILT / name / "made"
    BUILT.mkdir(parents=True, exist_ok=True)
    with (BUILT / f"{name}.lock").open("w") as turn:  # two workers of a test run may want the same one
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not made.exists() or made.read_text() != stamp:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            (_install_with_npm if pins.suffix == ".json" else _install_with_uv)(name, folder)
            made.write_text(stamp)
        for source in (HERE / name).iterdir():  # Node looks for packages beside the program
            if source.is_file():
                shutil.copy(source, folder)
    return folder


@cache
def has_node() -> bool:
    """Whether the machine has a Node that the clients of JavaScript run on."""
    if not (shutil.which("node") and shutil.which("npm")):
        return False
    said = subprocess.run(["node", "--version"], capture_output=True, text=True).stdout  # v20.20.2
    return int(said.strip("v\n").partition(".")[0] or 0) >= NODE


def _install_with_uv(name: str, folder: Path) -> None:
    uv = [sys.executable, "-m", "uv"]
    _run(name, [*uv, "venv", "--quiet", "--python", sys.executable, str(folder / "venv")])
    pins = ["--require-hashes", "--requirements", str(HERE / name / "requirements.txt")]
    _run(name, [*uv, "pip", "install", "--quiet", "--python", str(folder / "venv/bin/python"), *pins])


def _install_with_npm(name: str, folder: Path) -> None:
    for file in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name / file, folder)
    quick = ["--fetch-retries", "1", "--fetch-retry-mintimeout", "1000"]  # without a network, soon said
    _run(name, ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", *quick], cwd=folder)


def _run(name: str, command: list[str], cwd: Path = ROOT) -> None:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True)
    if done.returncode:
        why = f"{name} cannot be installed: {' '.join(done.stderr.split())[:200]}"
        pytest.fail(done.stderr) if os.environ.get("COGNITO_LAB_CLIENTS") else pytest.skip(why)


# -- served ----------------------------------------------------------------------------------------


@dataclass
class Account:
    """A served account: its ``url``, what `account.py` has ``made`` there, by name, and what programs are
    ``told`` of it in their environment."""

    url: str
    made: dict[str, Any]
    told: dict[str, str]

    @classmethod
    @contextmanager
    def served(cls, *arguments: str) -> Iterator[Account]:
        """An account in a process of its own, with the scene "roles" and what `account.py` adds."""
        serve = ["-m", "cognito_lab", "serve", "--port", "0", "--scene", "roles", *arguments]
        serving = subprocess.Popen(
            [sys.executable, *serve], env=plain_environment(), cwd=ROOT, text=True, stdout=subprocess.PIPE
        )
        try:
            said = ""
            assert serving.stdout is not None
            while "Ctrl-C" not in said:
                line = serving.stdout.readline()
                assert line, said
                said += line
            told = dict(re.findall(r"export (\w+)=(\S+)", said))
            account = cls(told["AWS_ENDPOINT_URL"], {}, {})
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                free = str(probe.getsockname()[1])
            account.made = account.run([sys.executable, str(HERE / "account.py"), free], owner=True)
            if "HTTPS_PROXY" in told:  # from here on nobody is told of another endpoint than AWS's own
                account.told = {name: value for name, value in told.items() if not name.startswith("AWS_")}
                account.told |= {"AWS_CA_BUNDLE": told["AWS_CA_BUNDLE"], "AWS_ENDPOINT_URL": ""}
            yield account
        finally:
            serving.kill()
            serving.communicate()

    def client(self, name: str, *arguments: str, owner: bool = False, **environment: str) -> Any:
        """What the program of a client prints as JSON in its last line, run in its own environment.

        ``owner``: it has the account's keys in its environment.
        """
        folder = installed(name)
        python = folder / "venv/bin/python"
        command = [python, "client.py"] if python.exists() else ["node", "client.mjs"]
        return self.run([*map(str, command), *arguments], folder, owner, **environment)

    def run(self, command: list[str], cwd: Path = ROOT, owner: bool = False, **environment: str) -> Any:
        """As :meth:`client`. A line `mara URL` makes her open that in a browser and sign in there; the
        program reads where that has ended."""
        keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"} if owner else {}
        told = {"AWS_ENDPOINT_URL": self.url, "AWS_DEFAULT_REGION": "us-east-1", **keys}
        told |= self.told | {
            "MADE": json.dumps(self.made),
            "PATH": f"{cwd / 'venv/bin'}:{os.environ['PATH']}",
        }
        with tempfile.TemporaryFile("w+") as errors:
            running = subprocess.Popen(
                command, cwd=cwd, env=plain_environment(**told) | environment, text=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors,
            )  # fmt: skip
            ended = threading.Timer(MOST_SECONDS, running.kill)
            ended.start()
            try:
                assert running.stdin is not None and running.stdout is not None
                said = ""
                for line in running.stdout:
                    name, _, address = line.strip().partition(" ")
                    if name in self.made.get("people", ()):
                        person = Person(name, self.made["people"][name], self.url)
                        print(person.opens(address), file=running.stdin, flush=True)
                    else:
                        said = line
                status = running.wait()
            finally:
                ended.cancel()
                running.kill()
                running.communicate()
            errors.seek(0)
            assert status == 0, errors.read()[-5000:]
        return json.loads(said)


class Person:
    """Somebody with a browser that runs no scripts.

    Every `HOST.localhost` is this machine, as browsers have it, and a pool's domain the account at ``url``.
    At any other host the browser stops.
    """

    def __init__(self, username: str, password: str, url: str) -> None:
        self._knows = {"username": username, "password": password}
        self._port = urlsplit(url).port
        self._cookies: dict[str, dict[str, str]] = {}

    def opens(self, address: str) -> str:
        """Open ``address``, sign in where a page asks for a password, once; where that has ended."""
        address, html = self._go("GET", address)
        for form in Page(html).forms:
            if "password" in form.fields:
                (sent,) = form.buttons.values()
                filled = form.hidden | self._knows | sent
                address, _ = self._go("POST", urljoin(address, form.action), filled)
        return address

    def _go(self, method: str, address: str, form: dict[str, str] | None = None) -> tuple[str, str]:
        for _ in range(20):
            place = urlsplit(address)
            domain = (place.hostname or "").endswith(".amazoncognito.com")
            if not (domain or re.fullmatch(r"127\.0\.0\.1|(.+\.)?localhost", place.hostname or "")):
                return address, ""
            jar = self._cookies.setdefault(place.netloc, {})
            fields = {"Host": place.netloc, "Cookie": "; ".join(map("=".join, jar.items()))}
            if form is not None:
                fields["Content-Type"] = "application/x-www-form-urlencoded"
            port = self._port if domain else place.port or 80
            connection = HTTPConnection("127.0.0.1", port, timeout=30)
            target = place._replace(scheme="", netloc="", fragment="").geturl()
            connection.request(method, target, None if form is None else urlencode(form), fields)
            answer = connection.getresponse()
            html = answer.read().decode()
            for cookie in answer.headers.get_all("set-cookie", []):
                name, _, value = cookie.partition(";")[0].partition("=")
                jar[name] = value
            if answer.status not in (302, 303):
                return address, html
            address, method, form = urljoin(address, answer.headers["location"]), "GET", None
        raise AssertionError(f"redirects without an end, the last one to {address}")
