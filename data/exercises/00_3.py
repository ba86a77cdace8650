"""What would you like to know about Cognito? Choose one `word` of your question: the name of an AWS call, an
error code that you have met, or a term such as `alias`. Then say in which `lesson` you expect
it: write the two digits of the lesson.
"""

import json
import re
from pathlib import Path

from cognito_lab.course.notebooks import run
from cognito_lab.practice.checks import expect

title, core, difficulty, minutes = "Where is your own question answered?", False, 1, 1
expected = "the check finds your word in the lesson that you named."
hint = """
Is it about people (01), tokens (02), ways to sign in (03), protection (04), pages (06, 07), AWS credentials (09), all together (12),
or a site (14)?
"""
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
        f"There is no lesson {lesson!r}. Write two digits in quotes, one of {', '.join(lessons)}.",
    )
    having = [number for number, path in lessons.items() if has(path, word)]
    expect(having, f"No lesson has “{word}”. Try a name of AWS's, or a shorter word.")
    expect(
        len(having) < len(lessons), f"“{word}” is in every lesson. Choose a word that tells lessons apart."
    )
    expect(
        lesson in having,
        f"Lesson {lesson} does not have “{word}”, and {len(having)} of the others {'have' if having[1:] else 'has'} "
        "it. Open the lesson that you would try next, and search for the word.",
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
wrong_everywhere = {"word": "pool", "lesson": "01"}, "is in every lesson"
wrong_not_there = {"word": "blockchain", "lesson": "01"}, "No lesson has"
wrong_part_of_a_word = {"word": "liasExists", "lesson": "01"}, "“liasExists”. Try a name"
wrong_number = {"word": "alias", "lesson": 1}, "Write two digits in quotes"
