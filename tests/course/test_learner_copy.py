"""The learner's copy of the lessons, and the port of JupyterLab."""

import json
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from support.small_course import course_folder, free_port, one_line

from cognito_lab.course import learner_copy
from cognito_lab.paths import ROOT
from cognito_lab.practice import progress
from cognito_lab.practice.exercises import Exercise

__all__ = ["course_folder"]


# ---------------------------------------------------------------- the learner's copy


@pytest.fixture
def lessons(tmp_path):
    folder = tmp_path / "notebooks"
    folder.mkdir()
    for name in ("00_start_here", "09_identities"):
        (folder / f"{name}.ipynb").write_text(f"{name}, first version")
    return folder


def test_the_copy_is_made_once_and_never_overwritten_and_gets_new_lessons(lessons, tmp_path):
    own = tmp_path / "my_course"
    assert learner_copy.copy_notebooks(lessons, own) == []
    (own / "09_identities.ipynb").write_text("mine")
    (lessons / "12_together.ipynb").write_text("new")
    assert learner_copy.copy_notebooks(lessons, own) == []
    assert (own / "09_identities.ipynb").read_text() == "mine"
    assert (own / "12_together.ipynb").read_text() == "new"


def test_fresh_starts_one_lesson_again_and_keeps_the_old_one_beside_it(lessons, tmp_path):
    own = tmp_path / "my_course"
    learner_copy.copy_notebooks(lessons, own)
    for name in ("00_start_here", "09_identities"):
        (own / f"{name}.ipynb").write_text("mine")
    (line,) = learner_copy.copy_notebooks(lessons, own, fresh="09")
    (kept,) = own.glob("09_identities.2*.ipynb")
    assert kept.read_text() == "mine" and kept.name in line
    assert (own / "09_identities.ipynb").read_text() == "09_identities, first version"
    assert (own / "00_start_here.ipynb").read_text() == "mine"


def test_fresh_all_starts_all_again(lessons, tmp_path):
    own = tmp_path / "my_course"
    learner_copy.copy_notebooks(lessons, own)
    for name in ("00_start_here", "09_identities"):
        (own / f"{name}.ipynb").write_text("mine")
    assert len(learner_copy.copy_notebooks(lessons, own, fresh="all")) == 2
    for name in ("00_start_here", "09_identities"):
        assert (own / f"{name}.ipynb").read_text() == f"{name}, first version"
        (kept,) = own.glob(f"{name}.2*.ipynb")
        assert kept.read_text() == "mine"


def test_the_copy_of_a_lesson_gives_nothing_away_and_that_of_a_page_to_look_things_up_does(tmp_path):
    source = ROOT / "notebooks"
    learner_copy.copy_notebooks(source, tmp_path / "own")
    learner_copy.copy_notebooks(source, tmp_path / "with", outputs=True)
    for path in source.glob("*.ipynb"):
        assert (tmp_path / "with" / path.name).read_bytes() == path.read_bytes()
        stored, copied = (
            json.loads((folder / path.name).read_text()) for folder in (source, tmp_path / "own")
        )
        if path.name[0].isdigit():
            code = [cell for cell in copied["cells"] if cell["cell_type"] == "code"]
            assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)
            for cell in stored["cells"]:
                if cell["cell_type"] == "code":
                    cell |= {"outputs": [], "execution_count": None}
        assert copied == stored


def test_a_lesson_of_which_only_the_outputs_changed_has_not_changed(tmp_path):
    lessons, own = tmp_path / "notebooks", tmp_path / "own"
    lessons.mkdir()
    lesson = {"cells": [{"cell_type": "code", "source": "1 + 1", "outputs": [], "execution_count": 1}]}
    for said in ("2", "two"):
        lesson["cells"][0]["outputs"] = [said]
        (lessons / "00_start_here.ipynb").write_text(json.dumps(lesson))
        assert learner_copy.copy_notebooks(lessons, own) == []
    lesson["cells"][0]["source"] = "1 + 2"
    (lessons / "00_start_here.ipynb").write_text(json.dumps(lesson))
    assert learner_copy.copy_notebooks(lessons, own) != []


@pytest.mark.parametrize("fresh", ["7", "0", "identities", "../09_identities"])
def test_fresh_refuses_a_lesson_that_is_not_there_and_names_those_that_are(lessons, tmp_path, fresh):
    with pytest.raises(learner_copy.CannotStart, match="09_identities") as refusal:
        learner_copy.copy_notebooks(lessons, tmp_path / "my_course", fresh=fresh)
    assert repr(fresh) in str(refusal.value)


def test_a_lesson_that_the_course_has_changed_is_named_and_not_touched(lessons, tmp_path):
    own = tmp_path / "my_course"
    learner_copy.copy_notebooks(lessons, own)
    (own / "00_start_here.ipynb").write_text("mine")  # the learner's own change is no news
    assert learner_copy.copy_notebooks(lessons, own) == []
    (lessons / "09_identities.ipynb").write_text("second version")
    (line,) = learner_copy.copy_notebooks(lessons, own)
    assert "09_identities" in line and "00_start_here" not in line
    assert (own / "09_identities.ipynb").read_text() == "09_identities, first version"
    learner_copy.copy_notebooks(lessons, own, fresh="09_identities")
    assert learner_copy.copy_notebooks(lessons, own) == []


def test_the_solved_copies_have_a_folder_of_their_own_and_are_never_overwritten(tmp_path):
    folder = tmp_path / "build" / "solved"
    assert learner_copy.copy_solved(ROOT / "notebooks", folder) == []
    solved = {path.name for path in folder.glob("*.ipynb")}
    lesson = next(path for path in sorted((ROOT / "notebooks").glob("01_*.ipynb")))
    stub, answer = Exercise("01.1").stub, Exercise("01.1").solved_cell
    sources = [cell["source"] for cell in json.loads((folder / lesson.name).read_text())["cells"]]
    assert lesson.name in solved and answer in map("".join, sources) and stub not in map("".join, sources)
    (folder / lesson.name).write_text("mine")
    assert learner_copy.copy_solved(ROOT / "notebooks", folder) == []
    assert (folder / lesson.name).read_text() == "mine"
    learner_copy.copy_solved(ROOT / "notebooks", folder, fresh="01")
    assert (folder / lesson.name).read_text() != "mine"


def test_make_lab_with_solutions_opens_them_and_leaves_the_learners_own_alone(monkeypatch, course_folder):
    own = course_folder / "my_course"
    own.mkdir()
    (own / "09_identities.ipynb").write_text("mine")
    begun = {}

    def execve(program, command, variables):
        begun.update(command=command, variables=variables)
        raise SystemExit

    monkeypatch.setattr(learner_copy, "course_folder", lambda: course_folder)
    monkeypatch.setattr(learner_copy.os, "execve", execve)
    monkeypatch.chdir(course_folder)
    with pytest.raises(SystemExit):
        learner_copy.main(["--solutions", "--no-browser"])
    folder = course_folder / "build" / "solved"
    assert f"--ServerApp.root_dir={folder}" in begun["command"]
    assert "--LabApp.default_url=/lab/tree" in begun["command"]
    assert progress.NOTHING_NOTED in begun["variables"]
    assert [path.name for path in own.iterdir()] == ["09_identities.ipynb"]
    assert (own / "09_identities.ipynb").read_text() == "mine"


def test_what_is_done_in_a_solved_copy_is_no_tick_of_the_learners(monkeypatch, tmp_path):
    monkeypatch.setattr(progress, "OWN", tmp_path)
    monkeypatch.setattr(progress, "live", lambda: True)
    monkeypatch.setenv(progress.NOTHING_NOTED, "1")
    progress.note("exercise", "01.1")
    assert progress.load_progress(tmp_path) == {}
    monkeypatch.delenv(progress.NOTHING_NOTED)
    progress.note("exercise", "01.1")
    assert progress.load_progress(tmp_path) == {"exercise": {"01.1": "done"}}


# ---------------------------------------------------------------- ports


def port_of(bound: socket.socket) -> int:
    with bound:
        return bound.getsockname()[1]


def test_a_taken_port_that_was_asked_for_is_refused_with_a_way_out():
    port = free_port()
    taken = pytest.raises(learner_copy.CannotStart, match=rf"Port {port} is taken.*PORT={port + 1}")
    with socket.create_server(("127.0.0.1", port)), taken:
        learner_copy.bind_port(port)
    assert port_of(learner_copy.bind_port(port)) == port
    with pytest.raises(learner_copy.CannotStart, match="1024 to 65535"):
        learner_copy.bind_port(80)


def test_a_taken_default_port_gives_the_next_one_and_says_so(monkeypatch, capsys):
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = server.getsockname()[1]
        monkeypatch.setattr(learner_copy, "DEFAULT_PORT", taken)
        chosen = port_of(learner_copy.bind_port(None))
    assert taken < chosen < taken + 20
    assert f"Port {taken} is taken by another program; using {chosen}." in capsys.readouterr().out
    monkeypatch.setattr(learner_copy, "_bind", lambda port: None)
    with pytest.raises(learner_copy.CannotStart, match="all taken"):
        learner_copy.bind_port(None)


def test_of_two_at_once_each_has_a_port_of_its_own(monkeypatch):
    monkeypatch.setattr(learner_copy, "DEFAULT_PORT", free_port())
    with ThreadPoolExecutor(8) as pool:
        bound = list(pool.map(lambda _: learner_copy.bind_port(None), range(8)))
    assert len({port_of(each) for each in bound}) == 8


def test_make_lab_on_a_taken_port_prints_a_line_and_starts_nothing(course_folder):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        done = subprocess.run(
            [sys.executable, "-m", "cognito_lab", "lab", "--no-browser", "--port", port],
            cwd=course_folder, capture_output=True, text=True, timeout=60,
        )  # fmt: skip
    assert done.returncode == 1
    assert f"Port {port} is taken" in one_line(done.stderr)
