"""What would you like to know about Cognito? Choose one `word` from your question: an operation of AWS's, an
error code that you have met, or a thing such as `alias`. Then say in which of the `lesson`s above it is
treated, by its two digits.
"""

import json
from pathlib import Path

from cognito_lab.course.notebooks import run
from cognito_lab.practice.checks import expect

title, core, difficulty, minutes = "Where is your own question answered?", False, 1, 1
expected = "the check looks your word up in the lessons and finds it where you said."
hint = (
    "Is it about who somebody is (01), about AWS credentials (09), about both together (12), or a page (14)?"
)
scene = "directory"

name = "found"
stub = {"word": None, "lesson": None}
solution = {"word": "AliasExistsException", "lesson": "01"}


def check(answer, scene, lab):
    word, lesson = answer.get("word"), answer.get("lesson")
    expect(isinstance(word, str) and word.strip(), "Choose a word first.")
    lessons = {path.name[:2]: path for path in sorted(run.NOTEBOOKS.glob("[0-9]*.ipynb"))}
    expect(
        lesson in lessons,
        f"There is no lesson {lesson!r} yet. A lesson is two digits in quotes, one of {', '.join(lessons)}.",
    )
    places = {number: heading_of(path, word) for number, path in lessons.items()}
    having = {number: heading for number, heading in places.items() if heading}
    expect(having, f"No lesson that is written has “{word}”. Try an AWS name, or a shorter word.")
    expect(
        len(having) < len(lessons), f"“{word}” stands in every lesson: choose a word that tells them apart."
    )
    elsewhere = ", ".join(f"{number} (first under “{heading}”)" for number, heading in having.items())
    expect(lesson in having, f"Lesson {lesson} does not have “{word}”. Look in {elsewhere}.")


def heading_of(path: Path, word: str) -> str:
    """The heading under which a lesson has the word for the first time; empty if it does not have it."""
    heading = ""
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        text = "".join(cell["source"])
        if cell["cell_type"] == "markdown" and text.startswith("#"):
            heading = text.splitlines()[0].strip("# ")
        if heading == "Exercises":  # a map of the lessons stands there in this one
            return ""
        if word.lower() in text.lower():
            return heading
    return ""


wrong_lesson = {**solution, "lesson": "09"}, "Lesson 09 does not have “AliasExistsException”. Look in 01"
wrong_everywhere = {"word": "pool", "lesson": "01"}, "stands in every lesson"
wrong_not_there = {"word": "blockchain", "lesson": "01"}, "No lesson that is written has"
wrong_number = {"word": "alias", "lesson": 1}, "two digits in quotes"
