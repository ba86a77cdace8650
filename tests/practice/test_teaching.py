"""TEACHING.md: its tables are those of data/routes.toml, and its lists are those of the exercises."""

import re
import tomllib

import pytest

from cognito_lab.paths import ROOT
from cognito_lab.practice import exercise_files, start_page

TEXT = (ROOT / "TEACHING.md").read_text(encoding="utf-8")
ROUTES = tomllib.loads((ROOT / "data" / "routes.toml").read_text(encoding="utf-8"))
CLAIMS = tomllib.loads((ROOT / "data" / "claims.toml").read_text(encoding="utf-8"))
LESSONS, _, DAY = start_page.plan()
WRITTEN = [number for number, lesson in LESSONS.items() if lesson.written]
PAGES = {found[1]: found[2] for found in re.finditer(r"(?ms)^## (\d\d) · (.*?)(?=^## |\Z)", TEXT)}


@pytest.mark.parametrize("name", ["day", "half_day"])
def test_a_day_is_the_one_of_the_routes(name):
    day = start_page.Day(ROUTES[name]["begins"], tuple(ROUTES[name]["steps"]))
    rows = [f"| {' | '.join(map(str, row))} |\n" for row in day.timetable(LESSONS)]
    assert "".join(rows).replace("](", "](notebooks/") in TEXT


def test_half_a_day_is_half_a_day():
    day = start_page.Day(ROUTES["half_day"]["begins"], tuple(ROUTES["half_day"]["steps"]))
    work = sum(minutes for _, what, _, minutes in day.timetable(LESSONS) if what != "pause")
    assert 2 * 60 <= work <= 3 * 60


def test_every_lesson_has_its_page_with_its_title():
    assert list(PAGES) == WRITTEN
    for number, page in PAGES.items():
        assert page.startswith(f"{LESSONS[number].title}\n")


@pytest.mark.parametrize("number", PAGES)
def test_a_page_says_of_each_longer_exercise_where_it_is_done(number):
    page, longer = PAGES[number], set()
    for one in exercise_files.numbers(number):
        if exercise_files.minutes(one) > start_page.SHORT or exercise_files.is_core(one):
            longer.add(one)
    room, home = (re.search(rf"- {where}: (.*)\.\n", page)[1] for where in ("In the room", "At home"))
    there, away = (re.findall(r"\d\d\.\d+", words) for words in (room, home))
    assert {*there, *away} == longer and not {*there} & {*away}
    assert re.findall(r"(\d\d\.\d+) ★", room) == [one for one in there if exercise_files.is_core(one)]
    for step in ROUTES["day"]["steps"]:
        if step.get("lesson") == number:
            planned = {one for one in step["exercises"] if one in longer}
            assert {*there} == planned


@pytest.mark.parametrize("number", PAGES)
def test_a_page_has_what_an_instructor_needs(number):
    page = PAGES[number]
    assert re.search(r"^\*\*For:\*\* ", page, re.MULTILINE)
    assert re.search(r"^- When you are late: ", page, re.MULTILINE)
    assert len(re.findall(r"^\| (?!where|---)", page, re.MULTILINE)) >= 3
    assert page.partition("Ask aloud: ")[2].count("?") == 3


def test_every_claim_and_exercise_that_is_named_is_there():
    known = {row["number"] for row in CLAIMS["claim"]} if "claim" in CLAIMS else set(CLAIMS)
    known |= {one for number in WRITTEN for one in exercise_files.numbers(number)}
    assert set(re.findall(r"\b\d\d\.\d+\b", TEXT)) <= known


def test_every_command_that_is_named_is_the_makefiles():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"`make ([a-z]+)", TEXT))
    assert named and named <= targets
