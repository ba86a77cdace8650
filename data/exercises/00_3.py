"""What would you like to know about Cognito? Choose one `word` of your question: the name of an AWS call, an
error code that you have met, or a term such as `alias`. Then say in which `lesson` you expect it, by the two
digits of the lesson.
"""

import json
from pathlib import Path

from cognito_lab.course.notebooks import run
from cognito_lab.practice.checks import expect

title, core, difficulty, minutes = "Where is your own question answered?", False, 1, 1
expected = "the check finds your word in the lesson that you named."
hint = (
    "Is it about people (01), their pages (06, 07), AWS credentials (09), all together (12), or a site (14)?"
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
        f"There is no lesson {lesson!r}. Write two digits in quotes, one of {', '.join(lessons)}.",
    )
    places = {number: heading_of(path, word) for number, path in lessons.items()}
    having = {number: heading for number, heading in places.items() if heading}
    expect(having, f"No lesson has “{word}”. Try a name of AWS's, or a shorter word.")
    expect(
        len(having) < len(lessons), f"“{word}” is in every lesson. Choose a word that tells lessons apart."
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
wrong_everywhere = {"word": "pool", "lesson": "01"}, "is in every lesson"
wrong_not_there = {"word": "blockchain", "lesson": "01"}, "No lesson has"
wrong_number = {"word": "alias", "lesson": 1}, "Write two digits in quotes"
