"""The locks, and what is written from them."""

import tomllib

from cognito_lab.course.setup import lock
from cognito_lab.course.setup.marker import KUBERNETES, ROOM
from cognito_lab.paths import ROOT

LOCK = lock.read_lock((ROOT / "requirements.lock").read_text())
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def test_the_lock_holds_what_the_project_asks_for_with_hashes_and_names_no_index():
    from packaging.requirements import Requirement

    rooms = (ROOM, KUBERNETES)
    room = [pin for name in rooms for pin in lock.read_lock((ROOT / name).read_text())]
    locked = {pin.name: pin.version for pin in (*room, *LOCK)}
    groups = [PROJECT["project"]["dependencies"], *PROJECT["dependency-groups"].values()]
    for requirement in (Requirement(line) for group in groups for line in group if isinstance(line, str)):
        assert requirement.specifier.contains(locked[requirement.name]), requirement
    assert all(
        pin.hashes and all(digest.startswith("sha256:") for digest in pin.hashes) for pin in (*room, *LOCK)
    )
    assert all(locked[pin.name] == pin.version for pin in room)  # a lesson says the same in a room
    for name in ("requirements.lock", *rooms):
        text = (ROOT / name).read_text()
        assert "://" not in text and "--index" not in text and "--find-links" not in text


def test_the_build_backend_is_in_the_lock():
    assert PROJECT["dependency-groups"]["build"] == PROJECT["build-system"]["requires"]


def test_the_conda_environment_is_the_one_that_the_lock_makes():
    text = (ROOT / "environment.yml").read_text()
    assert text == lock.environment_file(LOCK)
    # ... and says what it seems to say, to a YAML reader.
    import yaml

    content = yaml.safe_load(text)
    *_, pip = content["dependencies"]
    pins = [f"{pin.name}=={pin.version}" for pin in LOCK]
    assert [line.partition(" ; ")[0] for line in pip["pip"]] == [*pins, "-e ."]
    assert len({pin.name for pin in LOCK}) > 100
