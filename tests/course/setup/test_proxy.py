"""JupyterHub's proxy by npm: the packages of a folder are those of the lock, or npm is not asked."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path

import pytest

from cognito_lab.course.setup import proxy
from cognito_lab.course.setup.installers import SetupFailed

PACKAGES = {"node_modules/ws": "8.1.0", "node_modules/a/node_modules/@types/node": "2.0.0"}
FILES = ["ws-8.1.0.tgz", "types-node-2.0.0.tgz"]


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two packages, as `npm pack` names them, and a lock of them."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    entries: dict[str, object] = {"": {"name": "proxy"}}
    for (place, version), file in zip(PACKAGES.items(), FILES, strict=True):
        (folder / file).write_bytes(content := file.encode())
        digest = base64.b64encode(hashlib.sha512(content).digest()).decode()
        entries[place] = {
            "version": version,
            "resolved": "https://registry.example/it",
            "integrity": f"sha512-{digest}",
        }
    lock = tmp_path / "package-lock.json"
    lock.write_text(json.dumps({"packages": entries}))
    monkeypatch.setattr(proxy, "LOCK", lock)
    return folder


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """What npm is asked."""
    asked: list[tuple[str, ...]] = []
    monkeypatch.setattr(proxy, "_npm", lambda python, *words: asked.append(words))
    return asked


@pytest.fixture
def python(tmp_path: Path) -> Path:
    (tmp_path / "room" / "bin").mkdir(parents=True)
    return tmp_path / "room" / "bin" / "python"


def test_a_folder_that_has_all(wheels: Path) -> None:
    assert [file.name for file in proxy.checked(wheels)] == FILES


def test_a_package_that_is_missing_is_named(wheels: Path) -> None:
    (wheels / FILES[1]).unlink()
    with pytest.raises(SetupFailed, match=rf"lacks {FILES[1]}.*ROOM=yes"):
        proxy.checked(wheels)


def test_a_package_that_is_not_the_locks_is_named(wheels: Path) -> None:
    (wheels / FILES[0]).write_bytes(b"something else")
    with pytest.raises(SetupFailed, match=rf"{FILES[0]} is not the one .* hash differs"):
        proxy.checked(wheels)


def test_from_a_folder_npm_is_told_where_each_package_is(
    wheels: Path, asked: list[tuple[str, ...]], python: Path
) -> None:
    program = proxy.install(python, wheels)
    assert "--offline" in asked[0] and asked[0][0] == "ci"
    written = json.loads((python.parents[1] / "proxy" / "package-lock.json").read_text())["packages"]
    assert [written[place]["resolved"] for place in PACKAGES] == [f"file:{wheels / file}" for file in FILES]
    assert proxy.install(python) == program and len(asked) == 1, "it is there"
    proxy.LOCK.write_text(proxy.LOCK.read_text() + "\n")
    proxy.install(python)
    assert len(asked) == 2 and "--offline" not in asked[1], "the lock is another one now"


def test_npm_is_not_asked_for_what_a_folder_lacks_and_what_failed_is_tried_again(
    wheels: Path, asked: list[tuple[str, ...]], python: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (wheels / FILES[0]).unlink()
    with pytest.raises(SetupFailed):
        proxy.install(python, wheels)
    assert asked == []

    def fails(*_: object) -> None:
        raise SetupFailed("npm was interrupted")

    with monkeypatch.context() as interrupted:
        interrupted.setattr(proxy, "_npm", fails)
        with pytest.raises(SetupFailed, match="interrupted"):
            proxy.install(python)
    proxy.install(python)
    assert len(asked) == 1


def test_what_is_fetched_is_the_locks_too(wheels: Path, asked: list[tuple[str, ...]], python: Path) -> None:
    proxy.fetch(python, wheels)
    assert asked[0][:3] == ("pack", "ws@8.1.0", "@types/node@2.0.0")
    (wheels / FILES[0]).write_bytes(b"something else")
    with pytest.raises(SetupFailed, match="hash differs"):
        proxy.fetch(python, wheels)
