"""A room on an address of its machine, as another machine meets it. `make clients` runs this.

The machines are network namespaces with a cable between them. One thread of the test sits at the desk.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from room_support import certified, comes_in, opened
from support.rooms import Room, free_ports

from cognito_lab import guard

NAME, ROOM, DESK = "lab.example.org", "192.0.2.1", "192.0.2.2"  # the addresses are for documentation only
NEW_NETWORK = 0x40000000  # CLONE_NEWNET; os.setns is there from Python 3.12 on
CLASS = "username,instructor\nada,\nines,yes\n"

if not os.environ.get("COGNITO_LAB_CLIENTS"):
    pytest.skip("a room takes 750 MB and a minute: make clients runs it", allow_module_level=True)


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)


@pytest.fixture
def machines() -> Iterator[tuple[str, str]]:
    """The names of two namespaces: the room's, and that of a desk."""
    room, desk = (f"{name}-{os.getpid()}" for name in ("room", "desk"))
    if not shutil.which("ip"):
        pytest.skip("this machine has no ip (Debian's iproute2)")
    with contextlib.ExitStack() as after:
        try:
            for name in (room, desk):
                ip("netns", "add", name)
                after.callback(ip, "netns", "delete", name)
            ip("-n", room, "link", "add", "cable", "type", "veth", "peer", "name", "cable", "netns", desk)
        except subprocess.CalledProcessError as error:
            pytest.skip(f"this kernel, or this user, has no network namespaces: {error.stderr.strip()}")
        for name, address in ((room, ROOM), (desk, DESK)):
            ip("-n", name, "address", "add", f"{address}/24", "dev", "cable")
            for device in ("lo", "cable"):
                ip("-n", name, "link", "set", device, "up")
        yield room, desk


@pytest.fixture
def at_the_desk(machines: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Call something in a thread that is in the desk's network, where the room's name is known."""

    def moves() -> None:
        with open(f"/run/netns/{machines[1]}") as namespace:
            assert not ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), NEW_NETWORK)

    look_up = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, *more, **m: look_up(ROOM if host == NAME else host, *more, **m)
    )
    # Another test of this process may have closed it to the network.
    monkeypatch.setattr(guard, "refuse_if_outside", lambda host: None)
    with ThreadPoolExecutor(1, initializer=moves) as desk:
        yield lambda function, *given: desk.submit(function, *given).result()


def open_ports() -> set[int]:
    """Where the room's machine answers at the desk."""
    found = set()
    for port in range(1, 2**16):
        with socket.socket() as probe:
            if probe.connect_ex((ROOM, port)) == 0:
                found.add(port)
    return found


def test_a_room_on_the_network(machines: tuple[str, str], at_the_desk: Callable[..., None]) -> None:
    with certified(NAME) as folder:
        at_the_desk(people_at_the_desk, folder, ["ip", "netns", "exec", machines[0]])


def people_at_the_desk(folder: Path, machine: list[str]) -> None:
    port = free_ports()
    with opened(folder, CLASS, "--bind", ROOM, host=NAME, port=port, machine=machine) as room:
        assert f"https://{NAME}:{port} is open for 2 people" in (folder / "log").read_text()
        nobody_is_taken_in(room, port)
        ada = comes_in(room, "ada")
        kernel = ada.kernel()
        assert kernel.runs("print(6 * 7)") == "42"
        account = "from cognito_lab import Lab; Lab.start(); import boto3; "
        account += "print(boto3.client('sts').get_caller_identity()['Account'])"
        assert kernel.runs(account) == "123456789012"
        assert ada.opens("/hub/progress").status_code == 403
        hub, proxy = int(port) + 1, int(port) + 2
        inside = "import socket; print([socket.socket().connect_ex(('127.0.0.1', n)) for n in {}])"
        assert kernel.runs(inside.format([hub, proxy])) == "[0, 0]", "they are there"
        assert open_ports() == {int(port)}, "and not for the desk; nor are the kernel and the person's server"
        # The search would find a port that listens there.
        served = "there = socket.create_server(('0.0.0.0', 0)); print(there.getsockname()[1])"
        another = int(kernel.runs(served))
        assert open_ports() == {int(port), another}


def nobody_is_taken_in(room: Room, port: str) -> None:
    """Without encryption there is no answer; and who trusts other authorities only does not go on."""
    with pytest.raises(httpx.TransportError):
        httpx.get(f"http://{NAME}:{port}/hub/login")
    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        httpx.get(f"{room.url}/hub/login")
    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        room.somebody().opens(f"https://{ROOM}:{port}/hub/login")  # the certificate is for the name
