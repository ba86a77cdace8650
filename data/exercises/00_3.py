"""What would you like to know about Cognito? Choose one `word` from your question: an operation of AWS's, an
error code that you have met, or a thing such as `alias`. Then say in which of the `lesson`s above it is
treated, by its two digits.
"""

import json
import re
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
NOT_TAUGHT = r"^#+ Exercise \d|^lab\.exercise\(|^\| lesson"  # exercises, and the map of the lessons


def check(answer, scene, lab):
    word, lesson = answer.get("word"), answer.get("lesson")
    expect(isinstance(word, str) and word.strip(), "Choose a word first.")
    lessons = {path.name[:2]: path for path in sorted(run.NOTEBOOKS.glob("[0-9]*.ipynb"))}
    expect(
        lesson in lessons,
        f"There is no lesson {lesson!r} yet. A lesson is two digits in quotes, one of {', '.join(lessons)}.",
    )
    having = [number for number, path in lessons.items() if has(path, word)]
    expect(having, f"No lesson that is written has “{word}”. Try an AWS name, or a shorter word.")
    expect(
        len(having) < len(lessons), f"“{word}” stands in every lesson: choose a word that tells them apart."
    )
    expect(
        lesson in having,
        f"Lesson {lesson} does not have “{word}”, and {len(having)} of the others {'have' if having[1:] else 'has'} "
        "it. Open the one that you would try next, and search for the word.",
    )


def has(path: Path, word: str) -> bool:
    """Whether a lesson has the word, in a text or in code; what its exercises say, and a map, does not count."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    texts = ["".join(cell["source"]) for cell in cells]
    own = "\n".join(text for text in texts if not re.search(NOT_TAUGHT, text, re.MULTILINE))
    return bool(re.search(rf"\b{re.escape(word.strip())}", own, re.IGNORECASE))


wrong_lesson = (
    {**solution, "lesson": "09"},
    "Lesson 09 does not have “AliasExistsException”, and 1 of the others has it",
)
wrong_everywhere = {"word": "pool", "lesson": "01"}, "stands in every lesson"
wrong_not_there = {"word": "blockchain", "lesson": "01"}, "No lesson that is written has"
wrong_part_of_a_word = {"word": "liasExists", "lesson": "01"}, "“liasExists”. Try an AWS name"
wrong_number = {"word": "alias", "lesson": 1}, "two digits in quotes"
