"""`make progress`: who is where, and which mistakes stop people. No file is changed, no answer is noted."""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
import time
from pathlib import Path

import pytest

from cognito_lab import Lab
from cognito_lab.paths import ROOT
from cognito_lab.practice import class_progress, exercise_files, exercises, progress, start_page
from cognito_lab.views.tables import Table

SOLVED = {"exercise": {"09.1": "done"}}


@pytest.fixture
def page(tmp_path, monkeypatch) -> Path:
    monkeypatch.setattr(class_progress, "PAGE", tmp_path / "build" / "progress.html")
    return class_progress.PAGE


def hand_in(folder: Path, noted: object) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / progress.FILE).write_text(json.dumps(noted), encoding="utf-8")
    return folder / progress.FILE


def read(given: list[Path]) -> tuple[dict[str, progress.Progress], list[str]]:
    return class_progress.read_class(class_progress.files(given))


def cells(table: Table) -> list[dict[str, str]]:
    return [dict(zip(table.columns, row, strict=True)) for row in table.rows]


# -- what is noted -----------------------------------------------------------------------------------


def test_a_check_notes_the_mistakes_name_each_time_and_nothing_of_the_answer(tmp_path, monkeypatch):
    monkeypatch.setattr(progress, "OWN", tmp_path)
    monkeypatch.setattr(progress, "live", lambda: True)
    with Lab.start() as lab:
        task = lab.exercise("01.4")
        wrong = {name: answer for name, answer, _ in task.wrong()}
        stub = task.answer_from(task.stub.partition("\n\n")[0])
        first, *_ = wrong
        for answer in (stub, wrong[first], wrong[first], "my secret", task.right()):
            task.check(answer)
    assert progress.load_progress() == {
        "exercise": {"01.4": "done"},
        "mistake": {f"01.4 {first}": "2", f"01.4 {exercises.ANOTHER}": "1"},
    }


@pytest.mark.parametrize("before", ["", "1", "41", "many", "-3", "9" * 5000, "٣"])
def test_a_count_goes_on_whatever_stands_there(before):
    assert progress.one_more(before) == str({"": 0, "41": 41}.get(before, 1) + 1)


def test_no_two_mistakes_of_an_exercise_have_one_name():
    for lesson in start_page.plan()[0]:
        for number in exercise_files.numbers(lesson):
            task = exercises.Exercise(number)
            assert all(task.mistake(words) == name for name, _, words in task.wrong()), number


def test_learners_are_told():
    said = " ".join(start_page.page({}).split())
    assert "Your instructor can see it" in said and "none of your answers" in said


# -- what is shown -----------------------------------------------------------------------------------


def test_lessons_by_person(tmp_path):
    mara = {"exercise": {"09.1": "done", "09.2": "done"}, "quiz": {"09": "5 of 8"}}
    hand_in(tmp_path / "mara" / "my_course", mara)
    hand_in(tmp_path / "ben" / "my_course", SOLVED)
    (tmp_path / "ines" / "my_course").mkdir(parents=True)
    (tmp_path / "ines" / "my_course" / ".copied.json").write_text("{}")
    (tmp_path / "aiko.progress.json").write_text("{}")
    people, bad = read([tmp_path, tmp_path / "ines" / "my_course"])
    of = len(exercise_files.numbers("09"))
    assert bad == []
    assert cells(class_progress.by_lesson(people)) == [
        {"who": "aiko", "09": f"0 of {of}"},
        {"who": "ben", "09": f"1 of {of} ★"},
        {"who": "ines", "09": f"0 of {of}"},
        {"who": "mara", "09": f"2 of {of} ✓"},
    ]


def test_a_lesson_in_which_somebody_only_tries_is_shown():
    shown = class_progress.by_lesson({"ben": {"mistake": {"09.1 wrong_owner": "1"}}})
    assert shown.columns == ["who", "09"]


def test_exercises_with_the_mistakes_of_those_who_are_stuck_first():
    many, few = {"09.1 wrong_owner": "7"}, {"09.1 wrong_access_token": "2", "09.1 <script>": "1"}
    people = {"mara": {**SOLVED, "mistake": many}, "ben": {"mistake": many | few}, "ines": {"mistake": few}}
    rows = cells(class_progress.by_exercise(people))
    assert [(row["mistake"], row["made by"], row["stuck"], row["times"]) for row in rows] == [
        ("access token", "2", "2", "4"),
        ("another", "2", "2", "2"),
        ("owner", "2", "1", "14"),
    ]
    assert {row["solved"] for row in rows} == {"1 of 3"} and "access token" in rows[0]["the check says"]


def test_a_name_in_two_folders_is_two_people(tmp_path):
    for room in ("monday", "tuesday"):
        hand_in(tmp_path / room / "ben" / "my_course", SOLVED)
    people, _ = read([tmp_path, tmp_path / "monday"])
    assert len(people) == 2, "and a file that is given twice is one"


def test_the_table_and_the_page_say_the_same(tmp_path, page, capsys):
    hand_in(tmp_path / "<b>mara" / "my_course", {"mistake": {"09.1 wrong_owner": "1"}})
    assert class_progress.main([str(tmp_path)]) == 0
    said, html = capsys.readouterr().out, page.read_text(encoding="utf-8")
    assert "<b>mara" in said and "&lt;b&gt;mara" in html and "<b>mara" not in html
    for word in ("owner", "it signs with your own credentials"):
        assert word in said and word in html


# -- files that are none -----------------------------------------------------------------------------


@pytest.mark.parametrize("damaged", [b"{", b"[1]", b'{"name": "a package"}', b"\xff", b"[" * 100_000])
def test_a_bad_file_gets_a_line_and_stays_and_the_others_are_read(tmp_path, page, capsys, damaged):
    hand_in(tmp_path / "mara" / "my_course", SOLVED)
    bad = hand_in(tmp_path / "ben" / "my_course", {})
    bad.write_bytes(damaged)
    before = sorted(tmp_path.rglob("*"))
    assert class_progress.main([str(tmp_path), str(tmp_path / "absent.json")]) == 0
    said = capsys.readouterr()
    lines = said.err.splitlines()
    assert [line.partition(" is left out")[0] for line in lines] == [str(bad), str(tmp_path / "absent.json")]
    assert "mara" in said.out and str(bad) in page.read_text(encoding="utf-8")
    assert sorted(path for path in tmp_path.rglob("*") if page.parent not in (path, *path.parents)) == before
    assert bad.read_bytes() == damaged


def a_link(course: Path, other: Path) -> None:
    (course / progress.FILE).symlink_to(other / progress.FILE)


def a_link_to_nothing(course: Path, other: Path) -> None:
    (course / progress.FILE).symlink_to(other / "nothing")


def a_folder_above_that_is_a_link(course: Path, other: Path) -> None:
    course.rmdir()
    course.symlink_to(other)


def a_pipe(course: Path, other: Path) -> None:
    os.mkfifo(course / progress.FILE)


def a_socket(course: Path, other: Path) -> None:
    with socket.socket(socket.AF_UNIX) as there, contextlib.chdir(course):  # its path would be too long
        there.bind(progress.FILE)


def a_folder(course: Path, other: Path) -> None:
    hand_in(course / progress.FILE / "rook" / "my_course", SOLVED)


def a_huge_file(course: Path, other: Path) -> None:
    with (course / progress.FILE).open("w") as file:
        file.write(json.dumps(SOLVED))
        file.truncate(2**40)


def a_hard_link(course: Path, other: Path) -> None:
    if os.getuid():
        pytest.skip("only root reads other people's files")
    os.chown(course, 1_900_000_000, 1_900_000_000)
    os.link(other / progress.FILE, course / progress.FILE)


PLANTED = (a_link, a_link_to_nothing, a_folder_above_that_is_a_link, a_pipe, a_socket, a_folder, a_huge_file)


@pytest.mark.parametrize("planted", [*PLANTED, a_hard_link])
@pytest.mark.parametrize("found_in_its_folder", [True, False])
def test_what_somebody_put_there_instead_gets_a_line_at_once(tmp_path, planted, found_in_its_folder):
    mara, ben = (tmp_path / "class" / name / "my_course" for name in ("mara", "ben"))
    hand_in(mara, SOLVED)
    ben.mkdir(parents=True)
    planted(ben, mara)
    given = [mara / progress.FILE, ben / progress.FILE]
    people, bad = read([tmp_path]) if found_in_its_folder else class_progress.read_class(given)
    assert people == {"mara": SOLVED}
    assert [line.partition(" is left out")[0] for line in bad] == [str(ben / progress.FILE)]


def test_links_that_the_instructor_names_are_followed(tmp_path):
    hand_in(tmp_path / "class" / "mara" / "my_course", SOLVED)
    (tmp_path / "ours").symlink_to("class")
    assert read([tmp_path / "ours"]) == ({"mara": SOLVED}, [])


def test_what_people_have_beside_their_course_is_not_searched(tmp_path):
    hand_in(tmp_path / "mara" / "my_course", SOLVED)
    hand_in(tmp_path / "mara" / "rook" / "my_course", SOLVED)
    hand_in(tmp_path / "mara" / "my_course" / "rook" / "my_course", SOLVED)
    assert read([tmp_path])[0] == {"mara": SOLVED}


ODD = (
    '{"<b>": {"09.1": "done"}, "mistake": {"09.1 <script>": "<b>", "<b> x": "1", "<b>": "1"}}',
    '{"exercise": {"\\ud800": "\\ud800", "\\u001b[2J": "x"}, "mistake": {"09.1 \\ud800": "9e99"}}',
    '{"exercise": {"09.1": ' + "[" * 900 + "]" * 900 + "}}",
    '{"mistake": {"09.1 wrong_owner": ' + "9" * 4000 + "}}",
)


@pytest.mark.parametrize("text", ODD)
def test_the_page_is_whole_whatever_a_file_says(tmp_path, page, text, capsys):
    odd = os.fsdecode(b"\xff\x1b[2J<b>")
    for name in ("ben", odd):
        hand_in(tmp_path / name / "my_course", {}).write_text(text)
    hand_in(tmp_path / f"{odd} again" / "my_course", {}).write_text("{")
    assert class_progress.main([str(tmp_path)]) == 0
    said, html = capsys.readouterr(), page.read_text(encoding="utf-8")
    assert html.endswith("</html>\n") and not re.search("<b>|<script|\x1b", html)
    assert "\x1b" not in said.out + said.err


def test_a_file_of_as_many_mistakes_as_it_may_have_takes_no_longer(tmp_path):
    many = {f"09.1 {number}": "1" for number in range(4500)}
    assert len(json.dumps({"mistake": many})) < class_progress.MOST
    class_progress.by_exercise({"ben": {}})  # reads the exercises, once
    begun = time.process_time()
    people = {str(number): {"mistake": many} for number in range(30)}
    class_progress.by_exercise(people), class_progress.by_lesson(people)
    assert time.process_time() - begun < 3


def test_everything_that_can_be_noted_is_no_huge_file():
    noted = {kind: {} for kind in ("exercise", "quiz", "prediction", "mistake")}
    for lesson in start_page.plan()[0]:
        noted["quiz"][lesson] = "10 of 12"
        noted["prediction"] |= {f"{lesson}.{number}": start_page.NOT_AS_EXPECTED for number in range(30)}
        for number in exercise_files.numbers(lesson):
            noted["exercise"][number] = "done"
            names = [name for name, *_ in exercises.Exercise(number).wrong()] + [exercises.ANOTHER]
            noted["mistake"] |= {f"{number} {name}": "100" for name in names}
    assert len(json.dumps(noted, indent=1)) < class_progress.MOST * 0.8


def test_the_makefile_calls_it():
    assert "\t@$(LAB) progress $(FILES)\n" in (ROOT / "Makefile").read_text(encoding="utf-8")
