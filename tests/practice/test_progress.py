"""Progress is noted whole, whoever else notes at the same time; and what cannot be noted stops nobody."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

import pytest

from cognito_lab import Lab
from cognito_lab.course import learner_copy
from cognito_lab.practice import progress, start_page
from cognito_lab.practice.quizzes import quiz

NOBODY = 65534
NOTES = 25  # of each thread


def note_many(folder: Path, who: str) -> None:
    for number in range(NOTES):
        progress.note("exercise", f"{who}.{number}", folder=folder)


def test_kernels_and_threads_that_note_at_once_lose_nothing(tmp_path: Path) -> None:
    code = "import sys; from pathlib import Path; from practice import test_progress; "
    code += "test_progress.from_two_threads(Path(sys.argv[1]), sys.argv[2])"
    begin = [sys.executable, "-c", code, str(tmp_path)]
    path = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    kernels = [subprocess.Popen([*begin, who], env=path) for who in ("one", "two")]
    from_two_threads(tmp_path, "three")
    assert [kernel.wait(60) for kernel in kernels] == [0, 0]
    assert len(progress.load_progress(tmp_path)["exercise"]) == 3 * 2 * NOTES


def from_two_threads(folder: Path, who: str) -> None:
    threads = [threading.Thread(target=note_many, args=(folder, f"{who}{n}")) for n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_the_start_page_shows_what_was_noted_last(tmp_path: Path) -> None:
    threads = [
        threading.Thread(target=start_page.note, args=("quiz", "01", f"{n} of 8", tmp_path)) for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert progress.load_progress(tmp_path)["quiz"]["01"] in (tmp_path / start_page.FILE).read_text()


# -- damaged -----------------------------------------------------------------------------------------

DEEP = "[" * 100_000
DAMAGED = ["{", "[1]", '{"exercise": 3}', "\0", DEEP, '{"a":' * 100_000, "\ud800", "3"]


@pytest.mark.parametrize("damaged", DAMAGED, ids=range(len(DAMAGED)))
def test_what_is_damaged_is_set_aside_every_time(tmp_path: Path, damaged: str) -> None:
    damages = [damaged.encode("utf-8", "surrogatepass"), b"{second", b"{third"]
    for octets in damages:
        (tmp_path / progress.FILE).write_bytes(octets)
        assert start_page.note("exercise", "01.1", folder=tmp_path) == ""
        assert progress.load_progress(tmp_path) == {"exercise": {"01.1": "done"}}
    kept = sorted(tmp_path.glob(f"{progress.FILE}.unreadable*"))
    assert [path.read_bytes() for path in kept] == damages


@pytest.mark.parametrize("damaged", ["{", DEEP, "[1]"], ids=["cut", "deep", "a list"])
def test_a_damaged_record_of_copies_gets_a_line(tmp_path: Path, damaged: str) -> None:
    lessons, own = tmp_path / "notebooks", tmp_path / "my_course"
    for folder in (lessons, own):
        folder.mkdir()
    (lessons / "00_start_here.ipynb").write_text("{}")
    (own / learner_copy.COPIED).write_text(damaged)
    (line,) = learner_copy.copy_notebooks(lessons, own)
    assert learner_copy.COPIED in line and "damaged" in line
    assert (own / f"{learner_copy.COPIED}.unreadable").read_text() == damaged
    assert learner_copy.copy_notebooks(lessons, own) == []
    assert set(json.loads((own / learner_copy.COPIED).read_text())) == {"00_start_here.ipynb"}


# -- read-only ---------------------------------------------------------------------------------------


@pytest.fixture
def shelf() -> Iterator[Path]:
    """A folder that everybody may read; pytest's own are closed to others."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as made:
        os.chmod(made, 0o755)
        yield Path(made)
        os.chmod(made, 0o755)


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """In this block this process may write nothing in ``folder``."""
    os.chmod(folder, 0o555)
    if os.geteuid() == 0:  # who may write everywhere
        os.seteuid(NOBODY)
        try:
            yield
        finally:
            os.seteuid(0)
    else:
        yield
    os.chmod(folder, 0o755)


@pytest.fixture
def learners(shelf: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(progress, "OWN", shelf)
    monkeypatch.setattr(progress, "live", lambda: True)
    return shelf


@pytest.mark.parametrize("there", [False, True])
def test_the_verdict_of_a_right_answer_appears_all_the_same(learners: Path, there: bool) -> None:
    if there:
        start_page.note("exercise", "00.1")
    with Lab.start() as lab:
        task = lab.exercise("01.1")
        with read_only(learners):
            verdict = task.check(task.right())
    assert verdict.done and "\n" not in repr(verdict)
    assert repr(verdict).startswith("✓ Exercise 01.1: solved. This could not be noted: Permission denied (")
    assert "could not be noted" in verdict.html()


def test_a_lock_that_nobody_gives_back_is_waited_for_in_vain(
    learners: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "PATIENCE", 0.1)
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with progress.alone(learners):
            held.set()
            done.wait(20)

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait(20)
    assert start_page.note("exercise", "01.1").startswith("This could not be noted: ")
    done.set()
    holder.join()
    assert start_page.note("exercise", "01.1") == ""


def test_the_score_of_questions_appears_all_the_same(learners: Path) -> None:
    with read_only(learners):
        said: Any = quiz("01").on_result
        assert "could not be noted" in said("01", 7, 8)


def test_make_lab_says_in_a_line_that_the_copies_cannot_be_written(
    shelf: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    own = shelf / learner_copy.COPY
    for folder in (shelf / "notebooks", own):
        folder.mkdir()
    (shelf / "notebooks" / "00_start_here.ipynb").write_text("{}")
    monkeypatch.setattr(learner_copy, "course_folder", lambda: shelf)
    monkeypatch.chdir(shelf)
    with read_only(own):
        assert learner_copy.main(["--no-browser"]) == 1
    line = capsys.readouterr().err
    assert line.count("\n") == 1 and "Permission denied" in line and f"chmod -R u+rwX {own}" in line


def test_without_the_lock_a_note_is_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    both_have_read, load = threading.Barrier(2), progress.load_progress

    def load_together(folder: Path | None = None) -> progress.Progress:
        found = load(folder)
        both_have_read.wait(20)
        return found

    def note(number: str) -> None:
        with suppress(OSError):  # both write into a file of one name
            progress.note("exercise", number, folder=tmp_path)

    monkeypatch.setattr(progress, "alone", nullcontext)
    monkeypatch.setattr(progress, "load_progress", load_together)
    threads = [threading.Thread(target=note, args=(number,)) for number in ("01.1", "01.2")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(load(tmp_path)["exercise"]) == 1
