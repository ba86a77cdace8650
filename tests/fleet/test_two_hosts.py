"""A matrix on two hosts that share nothing but a network, as CONTRIBUTING says. `make clients` runs this."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from support.hosts import Host, joined, why_not

from cognito_lab.course.setup.pythons import find_python
from cognito_lab.paths import ROOT

if not os.environ.get("COGNITO_LAB_CLIENTS"):
    pytest.skip("two hosts take two minutes and a gigabyte: make clients runs it", allow_module_level=True)
if reason := why_not():
    pytest.skip(reason, allow_module_level=True)

# Its commands for machines at these addresses, which are the hosts' here.
SECTION = (
    (ROOT / "CONTRIBUTING.md")
    .read_text()
    .partition("## A matrix on several machines")[2]
    .partition("\n## ")[0]
)
COMMANDS = [shlex.split(line) for line in re.findall(r"(?m)^    (.+)$", SECTION)]


@pytest.fixture
def hosts(tmp_path: Path) -> Iterator[tuple[Host, Host]]:
    folders = {str(Path(found).parent) for v in ("3.11", "3.12", "3.13") if (found := find_python(v))}
    with contextlib.ExitStack() as stack:
        made = []
        for name, address, course in (
            ("alpha", "10.0.0.1", "course"),
            ("beta", "10.0.0.2", "src/cognito lab"),
        ):
            made.append(Host(name, tmp_path, address, course, ":".join(sorted(folders))))
            stack.callback(made[-1].close)
        joined(*made)
        yield made[0], made[1]


def documented(word: str) -> list[str]:
    """The command of CONTRIBUTING that has this word."""
    (found,) = (command for command in COMMANDS if word in command)
    return found


def begun(host: Host, *words: str, says: str) -> subprocess.Popen[str]:
    """A process of a host that has said so much."""
    process = subprocess.Popen(host.command(*words), stderr=subprocess.PIPE, text=True)
    assert process.stderr
    seen = ""
    while says not in seen:
        line = process.stderr.readline()
        assert line, f"it ended, and said: {seen}"
        seen += line
    # The rest is read by nobody; a full pipe would stop it.
    subprocess.Popen(["cat"], stdin=process.stderr, stdout=subprocess.DEVNULL)
    return process


def listening(host: Host) -> set[str]:
    """The addresses at which it listens."""
    lines = host.run("ss", "-tlnH").stdout.splitlines()
    return {line.split()[3].rpartition(":")[0] for line in lines}


def results(host: Host) -> set[str]:
    return {path.stem for path in (host.outside / "build" / "matrix" / "results").rglob("*.json")}


def test_a_matrix(hosts: tuple[Host, Host]) -> None:
    alpha, beta = hosts
    for host in hosts:
        done = host.run("make", "tools", online=True)
        assert done.returncode == 0, done.stderr
    assert alpha.run("ls", "/mnt").stdout.split() == ["alpha"] and not beta.run("ls", str(ROOT)).stdout

    assert alpha.run(*documented("openssl")).returncode == 0
    shutil.copy(alpha.outside / "fleet.pem", beta.outside)
    scheduler = begun(alpha, *documented("scheduler"), says="Scheduler at:")
    workers = []
    for host in hosts:
        command = [host.address if word == beta.address else word for word in documented("worker")]
        workers.append(begun(host, *command, says="Registered to:"))
    assert (listening(alpha), listening(beta)) == ({"10.0.0.1", "127.0.0.1"}, {"10.0.0.2", "127.0.0.1"})

    another_course_is_refused(alpha, beta)
    what_no_machine_has_is_said(alpha)
    without_the_key_nobody_gets_in(alpha)
    a_machine_goes_away(alpha, beta)
    the_scheduler_goes_away(alpha, scheduler)
    for process in workers:
        process.wait(60)


def matrix(*words: str, key: bool = True) -> list[str]:
    """`make matrix` as documented, with other words in place of its grid."""
    command = [word for word in documented("matrix") if not word.startswith("MATRIX=")]
    return [*command[0 if key else 2 :], *words]


def another_course_is_refused(alpha: Host, beta: Host) -> None:
    changed = beta.outside / "data" / "claims.toml"
    before = changed.read_text()
    changed.write_text(before + "# changed\n")
    done = alpha.run(*matrix("NOTEBOOK=00 A2 A4 A5 A7"))
    changed.write_text(before)
    refusal = "beta executes nothing: the course there is not the one here (other files: data/claims.toml)."
    assert refusal in done.stdout and done.returncode == 0, done.stdout + done.stderr
    assert "In 1 of 1 combinations everything holds." in done.stdout
    assert len(results(alpha)) == 5 and not results(beta)


def what_no_machine_has_is_said(alpha: Host) -> None:
    done = alpha.run(*matrix("NOTEBOOK=A4", "MATRIX=python==3.99"))
    said = "A4_glossary.ipynb was not executed: alpha: there is no Python 3.99; beta: there is no Python 3.99"
    assert said in done.stdout and done.returncode != 0


def without_the_key_nobody_gets_in(alpha: Host) -> None:
    key, own = alpha.outside / "fleet.pem", (alpha.outside / "fleet.pem").read_text()
    none = alpha.run(*matrix("NOTEBOOK=A4", key=False))
    plain = alpha.run("make", "matrix", "NOTEBOOK=A4", "SCHEDULER=tcp://10.0.0.1:8786")
    alpha.run(*documented("openssl"))
    other = alpha.run(*matrix("NOTEBOOK=A4"))
    key.write_text(own)
    assert none.stderr.startswith("tls://10.0.0.1:8786 takes a key")
    assert plain.stderr.startswith("There is no scheduler of Dask at tcp://10.0.0.1:8786: ")
    assert other.stderr.startswith("There is no scheduler of Dask at tls://10.0.0.1:8786: ")
    for done in (none, plain, other):
        assert done.returncode != 0 and "Traceback" not in done.stderr


def a_machine_goes_away(alpha: Host, beta: Host) -> None:
    """Somebody pulls beta's plug while it executes; alpha has all results."""
    shutil.rmtree(alpha.outside / "build" / "matrix")
    running = subprocess.Popen(
        alpha.command(*matrix("NOTEBOOK=00 01 03 A2 A4 A5 A6")),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    while not results(alpha):
        time.sleep(0.1)
    beta.end()
    said, _ = running.communicate(timeout=240)
    assert running.returncode == 0 and "In 1 of 1 combinations everything holds." in said, said
    assert len(results(alpha)) == 7


def the_scheduler_goes_away(alpha: Host, scheduler: subprocess.Popen[str]) -> None:
    shutil.rmtree(alpha.outside / "build" / "matrix")
    running = subprocess.Popen(alpha.command(*matrix("NOTEBOOK=00 01 A4")), stderr=subprocess.PIPE, text=True)
    while not results(alpha):
        time.sleep(0.1)
    for child in psutil.Process(scheduler.pid).children(recursive=True):
        child.kill()
    scheduler.kill()
    _, errors = running.communicate(timeout=60)
    assert errors.startswith(
        "The scheduler of Dask is no longer there. What was done is kept: the same command"
    )
    assert "Traceback" not in errors and len(results(alpha)) >= 1
