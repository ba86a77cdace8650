"""The routes through the course, the start page with its ticks, and the progress that it shows."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta

import pytest

from cognito_lab.course import learner_copy
from cognito_lab.course.notebooks import run
from cognito_lab.practice import exercise_files, exercises, progress, start_page

LESSONS, ROUTES, DAY = start_page.plan()
WRITTEN = {number: lesson for number, lesson in LESSONS.items() if lesson.written}


def opening(lesson: start_page.Lesson) -> str:
    cells = json.loads((run.NOTEBOOKS / f"{lesson.file}.ipynb").read_text(encoding="utf-8"))["cells"]
    return "".join(cells[0]["source"])


def whole(lesson: start_page.Lesson) -> list[str]:
    cells = json.loads((run.NOTEBOOKS / f"{lesson.file}.ipynb").read_text(encoding="utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells]


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.title)
def test_no_lesson_on_a_route_needs_one_outside_it(route):
    for number in route.lessons:
        missing = set(LESSONS[number].builds_on) - set(route.lessons)
        assert missing == set(), f"{number} builds on {missing}"


@pytest.mark.parametrize("number", WRITTEN)
def test_what_a_lesson_builds_on_is_what_it_says_it_builds_on(number):
    row = next(
        line for line in opening(WRITTEN[number]).splitlines() if line.startswith("|") and "min" in line
    )
    said = tuple(re.findall(r"\[(\d\d)\]\(\1_\w+\.ipynb\)", row.split("|")[-2]))
    assert said == WRITTEN[number].builds_on
    reading, practice = WRITTEN[number].minutes
    assert f"{reading} + {practice} minutes" in row
    assert sum(exercises.Exercise(one).minutes for one in exercise_files.numbers(number)) == practice


def test_no_lesson_needs_one_that_is_not_written():
    assert {one for lesson in WRITTEN.values() for one in lesson.builds_on} <= set(WRITTEN)


@pytest.mark.parametrize("number", WRITTEN)
def test_a_lesson_begins_nowhere_but_in_its_own_account(number):
    """What a lesson uses of another is made by its scene: nothing is imported from, or read of, a lesson."""
    for code in whole(WRITTEN[number]):
        assert "%run" not in code and "import_module" not in code and "%store" not in code


def test_the_lessons_of_the_plan_are_those_that_there_are():
    assert {lesson.file for lesson in WRITTEN.values()} == {
        path.stem for path in run.NOTEBOOKS.glob("[0-9]*.ipynb")
    }
    for number, lesson in WRITTEN.items():
        assert opening(lesson).splitlines()[0] == f"# {number} · {lesson.title}"


def test_every_route_names_lessons_in_an_order_that_works():
    for route in ROUTES:
        seen: set[str] = set()
        for number in route.lessons:
            assert set(LESSONS[number].builds_on) <= seen | {n for n in route.lessons if n > number}, (
                route.title
            )
            seen.add(number)
        assert len(seen) == len(route.lessons)


def done(number: str) -> progress.Progress:
    return {"exercise": dict.fromkeys(exercise_files.numbers(number), "done"), "quiz": {number: "8 of 8"}}


def test_a_lesson_is_ticked_when_its_core_exercise_and_its_questions_are_done():
    assert "✓ [01]" not in start_page.page({})
    assert "✓ [01]" in start_page.page(done("01"))
    assert "✓ [01]" not in start_page.page({**done("01"), "quiz": {}})
    others = {"exercise": dict.fromkeys(exercise_files.numbers("01")[1:], "done"), "quiz": {"01": "8 of 8"}}
    assert "✓ [01]" not in start_page.page(others), "the core exercise is not solved"
    core = {"exercise": {"01.1": "done"}, "quiz": {"01": "6 of 8"}}
    assert "✓ [01]" in start_page.page(core), "the others are a bonus"
    assert "✓ [00]" not in start_page.page(done("01"))


def test_minutes_left_fall_with_what_is_done_and_the_next_lesson_is_bold():
    def left(page: str) -> int:
        return int(re.search(r"\*\*Everything\*\*.*\| (\d+) \|", page)[1])

    assert left(start_page.page({})) - left(start_page.page(done("01"))) == sum(LESSONS["01"].minutes)
    assert "**[00](00_start_here.ipynb)**" in start_page.page({})
    assert "**[01](01_directory.ipynb)**" in start_page.page(done("00"))


def test_what_was_expected_is_shown_with_its_lesson():
    how = (start_page.AS_EXPECTED, start_page.NOT_AS_EXPECTED, start_page.AS_EXPECTED)
    noted = dict(zip(("01.1", "01.2", "09.1"), how, strict=True))
    rows = start_page.page({"prediction": noted}).splitlines()
    assert [row.rpartition(" | ")[2] for row in rows if "read" not in row and "| – | [0" in row] == [
        {"01": "1 of 2 |", "09": "1 of 1 |"}.get(number, "– |") for number in WRITTEN if number < "10"
    ]


def test_the_day_in_a_room_has_about_six_hours_of_work_and_a_pause_after_two():
    rows = list(DAY.timetable(LESSONS))
    work = sum(minutes for _, what, _, minutes in rows if what != "pause")
    assert 5.5 * 60 <= work <= 6.25 * 60, work
    without, longest = 0, 0
    for _, what, _, minutes in rows:
        without = 0 if what == "pause" else without + minutes
        longest = max(longest, without)
    assert longest <= 120
    assert any(
        what == "pause" and minutes >= 45 and "11:30" <= at <= "13:30" for at, what, _, minutes in rows
    )


def test_the_day_in_a_room_reckons_with_the_minutes_of_lessons_and_exercises():
    seen = [step["lesson"] for step in DAY.steps if "lesson" in step]
    assert seen == [number for number in ROUTES[-1].lessons if number in WRITTEN], "the route's, in order"
    assert set(LESSONS[seen[-1]].builds_on) <= set(seen)
    at = datetime.strptime(DAY.begins, "%H:%M")
    for (begins, what, done_there, minutes), step in zip(DAY.timetable(LESSONS), DAY.steps, strict=True):
        assert begins == f"{at:%H:%M}"
        at += timedelta(minutes=minutes)
        if number := step.get("lesson"):
            short = {one for one in exercise_files.numbers(number) if exercise_files.minutes(one) <= 2}
            chosen = set(done_there.split(", "))
            assert chosen == {*step["exercises"], *short} and number in what
            assert any(exercise_files.is_core(one) for one in chosen), "the one with the star"
            assert minutes == LESSONS[number].minutes[0] + sum(map(exercise_files.minutes, chosen))
    assert f"| {DAY.begins} | [00 ·" in start_page.page({})


def test_no_sentence_says_that_a_lesson_is_missing_which_is_there():
    for path in sorted(run.NOTEBOOKS.glob("*.ipynb")):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            for sentence in re.split(r"(?<=[.!?])\s+|\n", "".join(cell["source"])):
                if "not written yet" in sentence.lower():
                    assert set(re.findall(r"\b\d\d\b", sentence)) & WRITTEN.keys() == set(), sentence


def test_the_line_on_what_comes_next_names_the_next_lesson():
    for number, lesson in WRITTEN.items():
        said = re.findall(r"\*\*Next:\*\*.*", "\n".join(whole(lesson)))
        assert len(said) == 1, number
        following = min((one for one in WRITTEN if one > number), default=None)
        assert following is None or f"({WRITTEN[following].file}.ipynb)" in said[0], (number, said)


def test_every_link_of_the_page_leads_somewhere():
    links = re.findall(r"\]\(([^)]+)\)", start_page.page({}))
    assert links and all((run.NOTEBOOKS / link).is_file() for link in links)


def test_progress_is_kept_in_one_file_and_can_be_reset(tmp_path):
    assert progress.load_progress(tmp_path) == {}
    start_page.note("exercise", "01.1", folder=tmp_path)
    start_page.note("quiz", "01", "6 of 8", folder=tmp_path)
    assert progress.load_progress(tmp_path) == {"exercise": {"01.1": "done"}, "quiz": {"01": "6 of 8"}}
    assert "6 of 8" in (tmp_path / start_page.FILE).read_text(encoding="utf-8")
    assert {path.name for path in tmp_path.iterdir()} == {progress.FILE, progress.LOCK, start_page.FILE}
    progress.reset(tmp_path)
    assert progress.load_progress(tmp_path) == {}


@pytest.mark.parametrize("damaged", ["{", "[1]", '{"exercise": 3}', "\x00"])
def test_a_damaged_file_loses_nothing_and_stops_nobody(tmp_path, damaged):
    (tmp_path / progress.FILE).write_text(damaged, encoding="utf-8")
    assert progress.load_progress(tmp_path) == {}
    assert (tmp_path / f"{progress.FILE}.unreadable").read_text(encoding="utf-8") == damaged
    progress.note("exercise", "01.1", folder=tmp_path)
    assert progress.load_progress(tmp_path) == {"exercise": {"01.1": "done"}}


def test_outside_a_learners_kernel_nothing_is_noted(tmp_path, monkeypatch):
    monkeypatch.setattr(progress, "OWN", tmp_path)
    progress.note("exercise", "01.1")
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr(progress, "live", lambda: True)
    progress.note("exercise", "01.1")
    assert progress.load_progress() == {"exercise": {"01.1": "done"}}


def test_a_learner_without_a_course_of_their_own_gets_none(tmp_path, monkeypatch):
    monkeypatch.setattr(progress, "OWN", tmp_path / "absent")
    monkeypatch.setattr(progress, "live", lambda: True)
    progress.note("exercise", "01.1")
    assert list(tmp_path.iterdir()) == []


def test_forget_resets_the_progress_before_the_course_opens(tmp_path, monkeypatch):
    own = tmp_path / learner_copy.COPY
    for name in ("notebooks", learner_copy.COPY):
        (tmp_path / name).mkdir()
    progress.note("exercise", "01.1", folder=own)
    monkeypatch.setattr(learner_copy, "course_folder", lambda: tmp_path)
    monkeypatch.setattr(learner_copy.os, "execve", lambda *_: None)
    monkeypatch.chdir(tmp_path)
    assert learner_copy.main(["--no-browser"]) is None
    assert progress.load_progress(own) == {"exercise": {"01.1": "done"}}
    learner_copy.main(["--no-browser", "--forget"])
    assert progress.load_progress(own) == {}


def test_the_copying_of_lessons_leaves_progress_and_start_page_alone(tmp_path):
    own = tmp_path / "own"
    learner_copy.copy_notebooks(run.NOTEBOOKS, own)
    progress.note("exercise", "01.1", folder=own)
    learner_copy.copy_notebooks(run.NOTEBOOKS, own, "01")
    assert progress.load_progress(own) == {"exercise": {"01.1": "done"}}
