"""What `make room` refuses before it begins."""

from __future__ import annotations

import re
import socket
import subprocess
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import trustme
from cryptography.hazmat.primitives import serialization

from cognito_lab.room import command


def test_other_machines_reach_a_room_only_with_a_certificate(tmp_path: Path) -> None:
    (cert := tmp_path / "cert").touch()
    (key := tmp_path / "key").touch()
    for here in ("127.0.0.1", "127.0.0.2", "::1", "localhost"):
        assert command.address(here, "", "", False) == "http"
    for elsewhere in ("192.168.1.20", "0.0.0.0", "::", "fe80::1"):
        with pytest.raises(command.CannotOpen, match="in the clear"):
            command.address(elsewhere, "", "", False)
        assert command.address(elsewhere, "", "", True) == "http"
        assert command.address(elsewhere, str(cert), str(key), False) == "https"
    for given, says in (
        (("127.0.0.1", str(cert), ""), "its key"),
        (("0.0.0.0", "", str(key)), "its key"),
        (("0.0.0.0", str(cert), str(tmp_path / "none")), "no file"),
        (("", "", ""), "no address"),
        (("example.org", "", ""), "no address"),
    ):
        with pytest.raises(command.CannotOpen, match=says):
            command.address(*given, False)


def test_a_certificate_that_no_browser_would_take(tmp_path: Path) -> None:
    authority = trustme.CA()

    def issued(name: str, *hosts: str, **more: Any) -> tuple[str, str]:
        one = authority.issue_cert(*hosts, **more)
        one.cert_chain_pems[0].write_to_path(tmp_path / f"{name}.pem")
        one.private_key_pem.write_to_path(tmp_path / f"{name}.key")
        (tmp_path / f"{name}.key").chmod(0o600)
        return str(tmp_path / f"{name}.pem"), str(tmp_path / f"{name}.key")

    cert, key = issued("good", "lab.example.org", "192.0.2.1")
    assert command.known_as(cert, key) == ["lab.example.org", "192.0.2.1"]
    (nothing := tmp_path / "nothing").write_text("")
    locked = serialization.load_pem_private_key(Path(key).read_bytes(), None).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"a password"),
    )
    (tmp_path / "locked").write_bytes(locked)
    for bad, says in (
        ((cert, issued("other", "lab.example.org")[1]), "no certificate and its key"),
        ((key, cert), "no certificate and its key"),
        ((str(nothing), str(nothing)), "no certificate and its key"),
        ((cert, str(tmp_path / "locked")), "no certificate and its key"),
        (issued("over", "lab.example.org", not_after=datetime(2026, 1, 2)), "ended on 2026-01-02"),
    ):
        with pytest.raises(command.CannotOpen, match=says):
            command.known_as(*bad)
    Path(key).chmod(0o644)
    with pytest.raises(command.CannotOpen, match=f"chmod 600 {key}"):
        command.known_as(cert, key)


@pytest.mark.parametrize("user", [0, 12345])
def test_a_room_of_another_user(user: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ada").mkdir()
    monkeypatch.setattr(command.os, "getuid", lambda: user)
    with pytest.raises(command.CannotOpen, match="ada is of a room that another user"):
        command._system_users(Path("/nowhere/python"), tmp_path)


def test_who_opened_a_room_as_root_opens_it_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first person has the first of the numbers."""
    (tmp_path / "ada").mkdir()
    monkeypatch.setattr(command.os, "getuid", lambda: 0)
    monkeypatch.setattr(command, "FIRST_USER", (tmp_path / "ada").stat().st_uid)
    monkeypatch.setattr(command.subprocess, "run", lambda *_, **__: None)
    assert "a system user of their own" in command._system_users(Path("/nowhere/python"), tmp_path)


def test_started_by_root_a_room_that_others_cannot_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(*_: object, **__: object) -> None:
        raise subprocess.CalledProcessError(1, [], stderr="Traceback\nPermissionError: /root\n")

    monkeypatch.setattr(command.os, "getuid", lambda: 0)
    monkeypatch.setattr(command.subprocess, "run", denied)
    with pytest.raises(command.CannotOpen, match=r"must be able to read .*\(PermissionError: /root\)"):
        command._system_users(Path("/nowhere/python"), tmp_path)


def test_not_started_by_root_everybody_is_one_user_and_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command.os, "getuid", lambda: 12345)
    monkeypatch.setenv("LOGNAME", "ines")
    assert "programs run as ines:" in command._system_users(Path("/nowhere/python"), tmp_path)


@pytest.mark.parametrize("before", [0, 1, 2])
def test_a_port_that_is_taken(before: int) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(command.CannotOpen, match=f"port {port}: .* PORT="):
            command.check_ports("127.0.0.1", port - before)


def test_a_port_or_an_address_that_is_not_there() -> None:
    for address, port in (("127.0.0.1", 70_000), ("192.0.2.1", 0)):  # the latter is for documentation only
        with pytest.raises(command.CannotOpen, match="PORT="):
            command.check_ports(address, port)


@pytest.mark.parametrize(
    "arguments", [["--bind", "0.0.0.0"], ["--cert", "nowhere.pem"], ["--people", "nowhere.csv"]]
)
def test_a_refusal_is_a_line(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "set_up", lambda *_: pytest.fail("nothing is set up before"))
    (tmp_path / "class.csv").write_text("username\nada\n")
    given = ["--people", str(tmp_path / "class.csv"), "--folder", str(tmp_path / "room"), *arguments]
    assert command.main(given) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and re.match(r"[A-Zn]", said)
    assert not (tmp_path / "room").exists()


def test_a_taken_port_is_found_before_anything_is_made_unless_a_crash_left_the_proxy_on_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def set_up(*_: object) -> None:
        raise command.SetupFailed("this far")

    monkeypatch.setattr(command, "set_up", set_up)
    (tmp_path / "class.csv").write_text("username\nada\n")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        given = ["--people", str(tmp_path / "class.csv"), "--folder", str(tmp_path), "--port", port]
        assert command.main(given) == 1
        assert f"port {port}: " in capsys.readouterr().err
        (tmp_path / "hub").mkdir()
        (tmp_path / "hub" / "jupyterhub-proxy.pid").touch()
        assert command.main(given) == 1
        assert capsys.readouterr().err == "this far\n"
