"""The user pool of a room says who comes in, and in a sentence why somebody does not."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import boto3
import psutil
import pytest

from cognito_lab.room.class_list import Person
from cognito_lab.room.directory import NEW_PASSWORD, SENTENCES, Directory
from cognito_lab.room.separate_directory import SeparateDirectory

SLIP = "h3kqp-w8mzr-t2xva"
WRONG, DISABLED, TOO_MANY, EXPIRED = SENTENCES.values()


@pytest.fixture
def directory() -> Iterator[Directory]:
    people = [Person("ada", "Ada", "ada@example.org"), Person("ben"), Person("cleo", disabled=True)]
    directory = Directory(people, {each.username: SLIP for each in people})
    yield directory
    directory._lab.stop()


def test_somebody_comes_in_with_a_password_of_their_own(directory: Directory) -> None:
    asked = directory.refusal("ada", SLIP)
    assert asked.startswith(NEW_PASSWORD)
    assert directory.refusal("ada", SLIP, SLIP).startswith(NEW_PASSWORD)
    assert directory.refusal("ada", SLIP, "too short").startswith(NEW_PASSWORD)
    assert directory.refusal("ada", SLIP, "long enough") == ""
    assert directory.refusal("ada", "long enough") == ""
    assert directory.refusal("ada", SLIP) == directory.refusal("ada", SLIP, "another one") == WRONG
    assert directory.refusal("ben", SLIP) == asked


def test_who_does_not(directory: Directory) -> None:
    assert directory.refusal("ada", "wrong") == directory.refusal("ada", "wrong", "long enough") == WRONG
    for stranger in ("nobody", "../ada", "ada/../ben"):
        assert directory.refusal(stranger, SLIP) == WRONG
    assert directory.refusal("cleo", SLIP) == directory.refusal("cleo", SLIP, "long enough") == DISABLED
    for _ in range(5):
        assert directory.refusal("ben", "wrong") == WRONG
    assert directory.refusal("ben", SLIP) == TOO_MANY
    assert directory.refusal("ada", SLIP).startswith(NEW_PASSWORD)


def test_what_cannot_even_be_asked_is_refused_too(directory: Directory) -> None:
    for username, password in (("", SLIP), ("ada", ""), ("a" * 3000, "x"), ("ada", "x" * 3000)):
        assert directory.refusal(username, password), (username, password)


def test_a_temporary_password_expires(directory: Directory) -> None:
    directory._lab.travel(days=8)
    assert directory.refusal("ada", SLIP) == EXPIRED


def test_who_may_go_on(directory: Directory) -> None:
    may = {name: directory.is_enabled(name) for name in ("ada", "cleo", "nobody", "../ada")}
    assert may == {"ada": True, "cleo": False, "nobody": False, "../ada": False}


def test_nobody_signs_up_or_recovers_a_password(directory: Directory) -> None:
    pools = boto3.client("cognito-idp")
    with pytest.raises(pools.exceptions.NotAuthorizedException):
        pools.sign_up(ClientId=directory._client, Username="rook", Password="long enough")
    with pytest.raises(pools.exceptions.ClientError):
        pools.forgot_password(ClientId=directory._client, Username="ada")


# As in the hub's process. 192.0.2.1 is for documentation only; with no packet sent, none arrives.
HUB = """
import os, socket, sys
from cognito_lab.room.separate_directory import SeparateDirectory
directory = SeparateDirectory(*sys.argv[1:])
number = directory._process.pid
print(directory.ask("refusal", "ada", "wrong"), *[directory.ask("is_enabled", name) for name in ("ada", "x")])
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as reaches:
    reaches.connect_ex(("192.0.2.1", 9))
os.kill(number, 9)
os.waitid(os.P_PID, number, os.WEXITED | os.WNOWAIT)
print(directory.ask("is_enabled", "ada"), directory._process.pid, flush=True)
sys.stdin.readline()
"""


def test_the_hub_has_its_network_and_the_user_pool_begins_and_ends_with_it(tmp_path: Path) -> None:
    (tmp_path / "class.csv").write_text("username\nada\n")
    given = [str(tmp_path / name) for name in ("class.csv", "passwords.csv")]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-c", HUB, *given], **pipes) as hub:
        assert hub.stdout.readline() == f"{WRONG} True False\n"
        enabled, number = hub.stdout.readline().split()
        assert enabled == "True"
        process = psutil.Process(int(number))
        hub.kill()
    process.wait(20)


def test_a_user_pool_that_ends_in_the_middle_of_a_question(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (program := tmp_path / "python").write_text("#!/bin/sh\necho begun\nread question\n")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))
    directory = SeparateDirectory("class.csv", "passwords.csv")
    with pytest.raises(RuntimeError, match="has ended"):
        directory.ask("is_enabled", "ada")


def test_a_user_pool_that_cannot_begin(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(RuntimeError, match="did not start"):
        SeparateDirectory(str(tmp_path / "none.csv"), str(tmp_path / "passwords.csv"))
    assert "none.csv cannot be read" in capfd.readouterr().err
