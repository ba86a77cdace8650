"""Exercises: the solution passes, each wrong answer gets its own message, a check notices what it should."""

from __future__ import annotations

import ast
import contextlib
import functools
import inspect
import io
import json
import linecache
import re
import tomllib
from pathlib import Path

import boto3
import pytest
from support import digests, mutations
from support.kept_scenes import kept_scenes

from cognito_lab import Lab, reproducible
from cognito_lab.course.notebooks import run
from cognito_lab.errors import OutsideTheLab
from cognito_lab.practice import exercise_files
from cognito_lab.practice.exercises import Exercise, ExerciseError

__all__ = ["kept_scenes"]  # each check begins with a scene

ALL = [
    number
    for path in sorted(run.NOTEBOOKS.glob("[0-9]*.ipynb"))
    for number in exercise_files.numbers(path.name[:2])
]
CORE = [number for number in ALL if Exercise(number).core]
SURVIVORS = tomllib.loads((Path(__file__).parent / "survivors.toml").read_text(encoding="utf-8"))


@pytest.fixture
def lab():
    with Lab.start() as account:
        yield account


@pytest.fixture(scope="module")
def learners():
    """An account that a learner has used for a while, and what it holds: each test leaves it as it is."""
    with Lab.start() as account:
        account.scene("google_connected")
        account.travel(hours=3)
        yield account, [digests.digest()]


@pytest.fixture
def lived_in(learners):
    """The learner's account: whatever is checked meanwhile, it is afterwards as it was."""
    account, held = learners
    yield account
    held.append(digests.digest())
    assert digests.differences(held.pop(0), held[0]) == {}


def cells(path: Path) -> list[str]:
    return ["".join(cell["source"]) for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]]


@pytest.fixture
def not_played(monkeypatch):
    """Whatever the lab is asked that it does not play. To an attack, this says no whatever the answer is."""
    asked, make = [], OutsideTheLab.__init__

    def noted(error, *arguments):
        asked.append(str(arguments))
        make(error, *arguments)

    monkeypatch.setattr(OutsideTheLab, "__init__", noted)
    return asked


@pytest.mark.parametrize("number", ALL)
def test_the_solution_passes_and_the_stub_is_not_done_yet(number, lived_in, not_played):
    exercise = Exercise(number, lived_in)
    printed = exercise.answer_from(exercise.solved)
    verdict = exercise.judge(printed)
    assert verdict.done, verdict.says
    assert not_played == []
    whole = inspect.getsource(exercise.right()) if callable(printed) else exercise.right()
    assert whole == (f"{exercise.solved}\n" if callable(printed) else printed), (
        "as printed it is all there is"
    )
    stub = exercise.stub.rpartition("\n\nlab.exercise")[0]
    assert exercise.judge(exercise.answer_from(stub)).says == "not done yet"


@pytest.mark.parametrize("number", ALL)
def test_each_wrong_answer_gets_its_own_message(number, lived_in):
    exercise = Exercise(number, lived_in)
    wrong = list(exercise.wrong())
    assert wrong, "people give wrong answers, and the check has a word for each"
    said = {}
    for name, answer, message in wrong:
        verdict = exercise.judge(answer)
        assert not verdict.done, f"{name} passes"
        assert message, f"{name} has no message"
        assert message in verdict.says, f"{name}: {verdict.says}"
        assert not any(message in other for other in said.values()), f"{name} has the message of another"
        said[name] = verdict.says
        assert not gives_away(exercise.right(), answer, verdict.says), f"{name}: {verdict.says}"


LISTED = re.compile(r"choose|one of|say “answered” or", re.IGNORECASE)  # what can be chosen is no answer


def gives_away(right, answer, says):
    """Whether a verdict on values tells one that is not in the answer."""
    if isinstance(right, dict) and isinstance(answer, dict):
        about = max((key for key in right if str(key) in says), key=lambda key: len(str(key)), default=None)
        said = says.replace(str(about), "")
        return about is not None and gives_away(right[about], answer[about], said)
    if isinstance(right, set) and isinstance(answer, set):
        missing = [f"line {each}" if isinstance(each, int) else each for each in right - answer]
        return any(each in says for each in missing)
    if callable(right) or right == answer or isinstance(right, bool) or LISTED.search(says):
        return False
    return bool(re.search(rf"\b{re.escape(str(right))}\b", says.replace(str(answer), "")))


def test_a_verdict_that_gives_the_answer_away_is_seen():
    right = {"status": "EXTERNAL_PROVIDER", "hours": 2, "where": {"IAM"}, "open": True}
    wrong = {**right, "status": "CONFIRMED", "hours": 1, "where": set()}
    assert gives_away(right, wrong, "status: it is EXTERNAL_PROVIDER.")
    assert gives_away(right, wrong, "hours: he was out after 2: his token")
    assert gives_away(right, wrong, "IAM was asked, and tells where")
    assert gives_away({1, 2}, {1}, "only Google's button (line 2)")
    assert not gives_away(right, wrong, "status: not 'CONFIRMED'. No password is the pool's.")
    assert not gives_away(right, wrong, "status: choose one of CONFIRMED, EXTERNAL_PROVIDER")


@pytest.mark.parametrize("number", CORE)
def test_mutants_of_the_solution_are_noticed(number, lab):
    exercise = Exercise(number, lab)
    expected = {entry["change"] for entry in SURVIVORS.get(number, [])}
    survivors, tried = set(), 0
    for what, code in mutations.mutants(exercise.solved):
        with contextlib.redirect_stdout(io.StringIO()):
            try:
                answer = exercise.answer_from(code)
            except Exception:
                continue  # it cannot even be defined: nobody would hand it in
            tried += 1
            if exercise.judge(answer).done:
                survivors.add(what)
    assert tried >= 5, "too few mutants to say anything"
    assert survivors - expected == set(), "the check accepts these; notice them, or list them with a reason"
    assert expected - survivors == set(), "these are refused now: take them off the list"


def test_every_survivor_has_a_reason():
    for number, entries in SURVIVORS.items():
        assert number in CORE
        assert all(len(entry["reason"].split()) >= 4 for entry in entries), number


@pytest.mark.parametrize("path", sorted(run.NOTEBOOKS.glob("[0-9]*.ipynb")), ids=lambda path: path.stem)
def test_a_lesson_has_its_exercises_with_their_stubs_and_one_core_exercise(path):
    numbers = exercise_files.numbers(path.name[:2])
    assert len(numbers) >= 3
    assert [number for number in numbers if Exercise(number).core] == [numbers[0]]
    found = cells(path)
    for number in numbers:
        exercise = Exercise(number)
        shown = [place for place, text in enumerate(found) if text.startswith(f"### Exercise {number} ")]
        assert len(shown) == 1, f"{number} is shown once"
        assert found[shown[0] : shown[0] + 2] == [exercise.task, exercise.stub], "make outputs writes both"


@pytest.fixture(scope="module")
def solutions() -> dict[str, str]:
    """The code of each solution, by the exercise's number."""
    return {number: Exercise(number).solved for number in ALL}


def unparsed(code: str) -> str:
    """The code as `ast.unparse` writes it; what is no Python, as it stands."""
    try:
        return ast.unparse(ast.parse(code))
    except SyntaxError:
        return code


@functools.cache
def forms(solution: str) -> tuple[str, ...]:
    """The solution as it is printed and as `ast.unparse` writes it, and its body alone."""
    node = ast.parse(solution).body[0]
    body = [ast.unparse(part) for part in getattr(node, "body", [node])]
    whole = "\n".join(part for part in body if not part.startswith(("'", '"')))
    return solution, unparsed(solution), json.dumps(whole)[1:-1]


def given_away(notebook: str, solutions: dict[str, str]) -> set[str]:
    """The exercises whose solutions stand in a notebook's cells or anywhere else in its file."""
    texts = ["".join(cell["source"]) for cell in json.loads(notebook)["cells"]]
    texts += [unparsed(text) for text in texts]
    found = set()
    for number, solution in solutions.items():
        printed, parsed, body = forms(solution)
        if body in notebook or any(form in text for text in texts for form in (printed, parsed)):
            found.add(number)
    return found


@pytest.mark.parametrize("path", sorted(run.NOTEBOOKS.glob("*.ipynb")), ids=lambda path: path.stem)
def test_no_solution_stands_in_a_notebook(path, solutions):
    assert given_away(path.read_text(encoding="utf-8"), solutions) == set()


@pytest.mark.parametrize("before", ["", "%matplotlib inline\n", "x = 1 # a comment\n"])
@pytest.mark.parametrize("kind", ["code", "markdown"])
@pytest.mark.parametrize("form", [str, unparsed])
def test_a_solution_in_a_notebook_is_found(solutions, before, kind, form):
    """In a cell that is no Python, too, since a magic stands in it."""
    for number, solution in solutions.items():
        cell = {"cell_type": kind, "source": [before, form(solution)]}
        assert given_away(json.dumps({"cells": [cell]}), {number: solution}) == {number}
    assert given_away(json.dumps({"cells": [{**cell, "source": [before, "1 + 1"]}]}), solutions) == set()


# -- the engine -------------------------------------------------------------------------------------

FILE = '''"""Add one."""

title, core, difficulty, minutes = "One more", False, 1, 1
expected = "the next number"
hint = "Think."
scene = "directory"


def add_one(number):
    """The number after `number`."""
    return number + 1


def check(answer, scene, lab):
    from cognito_lab.practice.checks import expect

    expect(answer(1) == 2, f"after 1 comes 2, and not {answer(1)}")


def wrong_same(number):
    """after 1 comes 2"""
    return number
'''


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "77_1.py").write_text(FILE, encoding="utf-8")
    return tmp_path


def test_stub_solution_and_cell(folder):
    exercise = Exercise("77.1", folder=folder)
    head = 'def add_one(number):\n    """The number after `number`."""\n    '
    assert exercise.stub == f'{head}# your code\n\n\nlab.exercise("77.1").check(add_one)'
    assert exercise.solved_cell == f'{head}return number + 1\n\n\nlab.exercise("77.1").check(add_one)'
    assert exercise_files.numbers("77", folder) == ["77.1"]


def test_the_hint_comes_before_the_solution(folder, capsys):
    exercise = Exercise("77.1", folder=folder)
    exercise.solution()
    first = capsys.readouterr().out
    assert "Think." in first and "return number + 1" not in first
    exercise.solution()
    assert "return number + 1" in capsys.readouterr().out


def test_what_a_learner_is_shown_does_not_give_the_solution_away(folder, lab):
    exercise = Exercise("77.1", lab, folder)
    shown = [repr(exercise), *exercise._repr_mimebundle_().values(), repr(exercise.judge(lambda n: n))]
    assert not any("number + 1" in text for text in shown)
    assert "Think." not in repr(exercise)


def test_errors_in_an_answer_are_told_in_a_line(folder, lab):
    exercise = Exercise("77.1", lab, folder)
    assert "`None + number`: TypeError: unsupported" in exercise.judge(lambda number: None + number).says
    assert exercise.judge(lambda: 1).says.startswith("the check could not go on with your answer: TypeError")
    assert "not" in exercise.judge(7).says
    assert exercise.judge(...).says == exercise.judge(None).says == "not done yet"


CELL = """
import boto3, jwt
from cognito_lab import refused

def first(names):
    return names[0]

def indexed(number):
    first([])

def refused_by_aws(number):
    boto3.client("cognito-idp").describe_user_pool(UserPoolId="us-east-1_nobody")

def unreadable(number):
    jwt.decode("no token", options={"verify_signature": False})

def not_refused(number):
    with refused("CodeMismatchException"):
        pass

def unsent(number):
    boto3.client("cognito-idp").list_users(UserPoolId=7)
"""


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("indexed", "line 6, `names[0]`: IndexError: list index out of range"),
        ("refused_by_aws", "line 12: DescribeUserPool was refused → ResourceNotFoundException: User pool"),
        ("unreadable", "line 15: a call was refused → DecodeError: Not enough segments"),
        ("not_refused", 'line 18, `with refused("CodeMismatchException"):`: expected the refusal CodeMis'),
        ("unsent", "line 22: a call was refused → ParamValidationError: Parameter validation failed"),
    ],
)
def test_an_answer_that_stops_is_told_its_own_line(folder, lab, name, says):
    """The line of the learner's cell, also where it was in a function from another of their cells."""
    linecache.cache["<a cell>"] = (len(CELL), None, CELL.splitlines(keepends=True), "<a cell>")
    names = {}
    exec(compile(CELL, "<a cell>", "exec"), names)
    verdict = Exercise("77.1", lab, folder).judge(names[name])
    assert verdict.says.startswith(says)


def test_the_line_is_told_where_the_check_has_words_of_its_own(folder, lab):
    caught = """    try:
        answer(1)
    except IndexError:
        expect(False, "There may be no names at all.")
"""
    text = FILE.replace("    expect(answer(1)", f"{caught}    expect(answer(1)")
    (folder / "77_1.py").write_text(text, encoding="utf-8")
    says = Exercise("77.1", lab, folder).judge(lambda number: [][number]).says
    assert re.fullmatch(r"line \d+, `\[\]\[number\]`: There may be no names at all\.", says)


def test_an_answer_that_uses_the_learners_own_account_is_told_so(folder, monkeypatch):
    monkeypatch.delenv(reproducible.REPRODUCIBLE)
    with Lab.start() as lab:
        own = lab.scene("directory")

        def with_their_own_pool(number):
            boto3.client("cognito-idp").list_users(UserPoolId=own.pool)

        says = Exercise("77.1", lab, folder).judge(with_their_own_pool).says
        assert f"({own.pool} is in your own account." in says
        boto3.client("cognito-idp").list_users(UserPoolId=own.pool)


def test_a_parameter_that_the_answer_never_uses_is_named(folder, lab):
    exercise = Exercise("77.1", lab, folder)
    assert exercise.judge(lambda number: 2 + 5).says == (
        "after 1 comes 2, and not 7. Your function does not use `number`."
    )
    assert "does not use" not in exercise.judge(lambda number: [number for _ in "ab"]).says
    assert "does not use" not in exercise.judge(lambda number: (lambda: number)()).says
    assert "does not use" not in exercise.judge(lambda number: number + number).says


def test_a_value_can_be_the_answer(folder, lab):
    given = FILE.partition("\n\ndef add_one")[0] + (
        '\n\nname = "verdicts"\nstub = {"a": None}\nsolution = {"a": True}\n'
        "wrong_no = {'a': False}, 'a holds'\n\n"
        "def check(answer, scene, lab):\n"
        "    from cognito_lab.practice.checks import expect\n\n    expect(answer['a'], 'a holds')\n"
    )
    (folder / "77_2.py").write_text(given, encoding="utf-8")
    exercise = Exercise("77.2", lab, folder)
    assert exercise.stub == 'verdicts = {"a": None}\n\nlab.exercise("77.2").check(verdicts)'
    assert exercise.solved_cell == 'verdicts = {"a": True}\n\nlab.exercise("77.2").check(verdicts)'
    assert exercise.judge({"a": None}).says == "not done yet"
    for other in ({"b": True}, [True], "a", {"a": True, "b": True}):
        assert exercise.judge(other).says == "change only the values, and keep this form: {'a': None}"
    assert exercise.judge({"a": True}).done
    assert [(name, message) for name, _, message in exercise.wrong()] == [("wrong_no", "a holds")]


@pytest.mark.parametrize(
    ("cut", "says"),
    [
        ('hint = "Think."\n', "must give hint"),
        (", False, 1, 1\n", "cannot be read: ValueError"),
        ("def check", "check"),
        ('    """The number after `number`."""\n', "docstring"),
    ],
)
def test_a_broken_file_says_what_is_missing(folder, cut, says):
    (folder / "77_1.py").write_text(
        FILE.replace(cut, {"def check": "def test"}.get(cut, "\n" if cut[0] == "," else ""))
    )
    with pytest.raises(ExerciseError, match=says):
        _ = Exercise("77.1", folder=folder).stub


def test_after_the_end_of_a_lesson_its_exercises_can_still_be_solved(folder):
    with Lab.start(region="eu-west-1") as lab:
        exercise = Exercise("77.1", lab, folder)
    assert exercise.judge(lambda number: number + 1).done
    assert "ended" in repr(lab), "and the account is still at its end"


def test_an_unknown_exercise_is_told_with_those_there_are(folder):
    with pytest.raises(ExerciseError, match=r"no exercise '99.1'; the exercises are: 77.1"):
        Exercise("99.1", folder=folder)


def test_the_mutations_do_change_what_they_say():
    code = (
        'def f(a):\n    """Doc."""\n    a.b(C=1, D=True)\n    return {"Action": "s3:GetObject"}, a["IdToken"]'
    )
    found = dict(mutations.mutants(code))
    assert {
        "argument removed: C=1",
        "argument removed: D=True",
        "entry removed: 'Action': 's3:GetObject'",
        "step removed: a.b(C=1, D=True)",
        "'IdToken' became 'AccessToken'",
        "'s3:GetObject' became 's3:*'",
        "True became False",
    } <= set(found)
    assert all(ast.unparse(ast.parse(code)) != changed for changed in found.values())
