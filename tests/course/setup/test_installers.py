"""What installs: uv, which pip fetches, pip alone, and either of them from a folder of wheels."""

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from support.small_course import INSTALLERS, PLAIN_PATH, UV, course, needs_uv, one_line, wheel

from cognito_lab.course.setup import installers, lock
from cognito_lab.course.setup import wheels as setup_wheels
from cognito_lab.paths import ROOT

__all__ = ["course"]


# ---------------------------------------------------------------- uv, fetched by pip


@pytest.fixture
def without_uv(course):
    """A function that sets the course up on a machine without uv, whose index has this program as uv."""

    def set_up(script: str, *arguments: str, digest: str = "", **extra: str):
        made = wheel(course.index, "uv", "", f"#!/bin/sh\n{script}\n")
        course.hashes["uv"] = digest or made
        course.write_lock()
        command = [sys.executable, "-E", "-s", "cognito_lab/course/setup/bootstrap.py", *arguments]
        own = {k: v for k, v in course.environment().items() if not k.startswith("UV_")}
        own |= {"PATH": PLAIN_PATH, "UV_NO_CACHE": "1", **extra}
        return subprocess.run(command, cwd=course.root, env=own, capture_output=True, text=True)

    if shutil.which("uv", path=PLAIN_PATH):
        pytest.skip("uv belongs to this system")
    return set_up


@needs_uv
def test_the_locked_uv_is_fetched_and_installs_from_where_pip_is_told_to_look(course, without_uv, tmp_path):
    # No setting of uv's is there: what it finds, it finds by pip's.
    done = without_uv(f'exec "{UV}" "$@"')
    assert done.returncode == 0, done.stderr
    assert "2/5 uv, which" in done.stdout and "with uv" in done.stdout and course.answers()
    assert course.leftovers() == [".venv"]

    shutil.rmtree(course.root / ".venv")
    (tmp_path / "empty").mkdir()
    settings = tmp_path / "pip.conf"
    settings.write_text(
        f"[global]\nindex-url = {course.address.removesuffix('simple')}empty\n"
        f"[install]\nextra-index-url = {course.address}\n"
    )
    own = {"PIP_CONFIG_FILE": str(settings), "PIP_INDEX_URL": ""}
    done = without_uv(f'exec "{UV}" "$@"', **own)
    assert done.returncode == 0, done.stderr
    assert "with uv" in done.stdout and course.answers()


@needs_uv
@pytest.mark.parametrize(
    "script", ["exit 1", 'test "$1" = --version', "exec /no/such/program"], ids=["start", "install", "run"]
)
def test_a_uv_that_does_not_start_or_cannot_install_is_replaced_by_pip(course, without_uv, script):
    done = without_uv(script)
    assert done.returncode == 0, done.stderr
    assert "with pip" in done.stdout and course.answers()
    assert course.leftovers() == [".venv"]


@pytest.mark.parametrize("part", ["requirements.lock", "requirements-learner.lock"])
def test_a_uv_that_is_not_the_locks_is_not_run(course, without_uv, tmp_path, part):
    canary = tmp_path / "canary"
    done = without_uv(f"touch {canary}", "--lock", part, digest="0" * 64)
    assert done.returncode == 1 and "its hash differs" in one_line(done.stderr)
    assert not canary.exists() and course.leftovers() == []


def test_pip_is_used_alone_where_it_is_asked_for(course, without_uv, tmp_path):
    canary = tmp_path / "canary"
    done = without_uv(f"touch {canary}", "--installer", "pip")
    assert done.returncode == 0 and "with pip" in done.stdout and course.answers() and not canary.exists()


def test_uv_is_used_alone_where_it_is_asked_for(course, without_uv):
    done = without_uv("exit 1", "--installer", "uv")
    assert done.returncode == 1 and "INSTALLER=pip" in one_line(done.stderr)
    assert course.leftovers() == []


def test_pips_settings_are_read_as_pip_weighs_them():
    listed = (
        ":env:.index-url='https://env'\nglobal.index-url='https://all'\ninstall.cert='/a b.pem'\n"
        "global.extra-index-url='https://one\\nhttps://two'\ndownload.proxy='http://other'\n"
    )
    assert installers.pip_settings(listed) == {
        "index-url": "https://env", "cert": "/a b.pem", "extra-index-url": "https://one\nhttps://two"
    }  # fmt: skip


def test_every_setting_of_pips_for_reaching_an_index_is_handed_on_to_uv(monkeypatch, tmp_path):
    settings = tmp_path / "pip.conf"
    settings.write_text(
        "[global]\nindex-url = https://a/simple\nextra-index-url =\n  https://b/simple\n  https://c/simple\n"
        "find-links = /w1 /w2\ntrusted-host = a b\ncert = /ca.pem\nclient-cert = /me.pem\n"
        "proxy = http://proxy:3128\n"
    )
    for name in [name for name in os.environ if name.startswith(("PIP_", "UV_"))]:
        monkeypatch.delenv(name)
    for name in ("SSL_CERT_FILE", "SSL_CLIENT_CERT", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", str(settings))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))  # no settings of whoever runs this
    monkeypatch.setenv("XDG_CONFIG_DIRS", str(tmp_path))
    found = installers.settings_for_uv(sys.executable)
    assert found == found | {
        "UV_DEFAULT_INDEX": "https://a/simple",
        "UV_INDEX": "https://b/simple https://c/simple",
        "UV_INSECURE_HOST": "a b",
        "SSL_CERT_FILE": "/ca.pem",
        "SSL_CLIENT_CERT": "/me.pem",
        "ALL_PROXY": "http://proxy:3128",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
    }
    assert found["UV_FIND_LINKS"].endswith("/w1,/w2")
    monkeypatch.setenv("UV_DEFAULT_INDEX", "https://uv/simple")  # uv's own settings count
    assert not {"UV_DEFAULT_INDEX", "UV_INDEX"} & installers.settings_for_uv(sys.executable).keys()


@needs_uv
def test_uv_knows_every_variable_by_which_it_is_told_of_pips_settings():
    said = subprocess.run([UV, "pip", "install", "--help"], capture_output=True, text=True).stdout
    known = set(re.findall(r"env:\s+(\w+)", said))
    told = {name for name in installers.HANDED_ON.values() if name.startswith("UV_")}
    assert told - known == {"UV_NO_INDEX"}  # which is an option
    assert "--no-index" in installers.uv_installer(UV, "python", {"UV_NO_INDEX": "1"}, False).command


# ---------------------------------------------------------------- a folder of wheels, and no network

NO_NETWORK = ["unshare", "-rn"]
needs_namespaces = pytest.mark.skipif(
    not shutil.which("unshare") or subprocess.run([*NO_NETWORK, "true"], capture_output=True).returncode,
    reason="this kernel does not allow a network of one's own",
)


@pytest.fixture
def wheels(course, tmp_path, monkeypatch) -> Path:
    """The wheels of the course's lock, as `make wheels` fetches them from its index."""
    for name, value in course.environment().items():
        monkeypatch.setenv(name, value)
    pins = lock.read_lock((course.root / "requirements-learner.lock").read_text())
    setup_wheels.download(pins, setup_wheels.this_platform(), tmp_path / "a folder")
    return tmp_path / "a folder"


@needs_namespaces
@pytest.mark.parametrize("installer", INSTALLERS)
def test_a_folder_of_wheels_is_enough_without_a_network(course, wheels, installer, monkeypatch):
    assert len(list(wheels.iterdir())) == 2
    command = [sys.executable, "-E", "-s", "cognito_lab/course/setup/bootstrap.py"]
    command += ["--lock", "requirements-learner.lock", "--installer", installer, "--wheels", str(wheels)]

    def set_up() -> subprocess.CompletedProcess[str]:
        own = course.environment()
        return subprocess.run(
            [*NO_NETWORK, *command], cwd=course.root, env=own, capture_output=True, text=True
        )

    done = set_up()
    assert done.returncode == 0, done.stderr
    assert f"with {installer}" in done.stdout and course.answers()

    shutil.rmtree(course.root / ".venv")
    tiny = next(wheels.glob("tiny*"))
    changed = tiny.read_bytes()
    with zipfile.ZipFile(tiny, "a") as archive:
        archive.writestr("more.py", "")
    assert "its hash differs" in one_line(set_up().stderr)
    assert tiny.read_bytes() != changed
    tiny.unlink()
    line = one_line(set_up().stderr)
    assert "folder of wheels lacks" in line and "tiny" in line
    assert course.leftovers() == []
    shutil.rmtree(wheels)
    assert "there is no folder" in one_line(set_up().stderr)


def test_wheels_are_chosen_for_the_machine_that_is_named():
    pins = lock.read_lock((ROOT / "requirements-learner.lock").read_text())
    names = {
        kind: {pin.name for pin in setup_wheels.needed(pins, kind, "3.11")} for kind in setup_wheels.PLATFORMS
    }
    assert names["macos-arm64"] - names["linux-x86_64"] == {"appnope"}
    later = {pin.name for pin in setup_wheels.needed(pins, "linux-x86_64", "3.13")}
    assert names["linux-x86_64"] - later == {"overrides"}
    assert not [pin for kind in names for pin in setup_wheels.needed(pins, kind, "3.12") if pin.marker]
