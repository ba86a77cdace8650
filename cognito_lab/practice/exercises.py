'''Exercises: a task, a place to write, a check that says what is wrong, a solution that stays in its file.

An exercise is a file ``data/exercises/<lesson>_<number>.py``::

    """What is to be done, in Markdown."""

    title, core, difficulty, minutes = "Bring Ben to …", True, 2, 8
    expected = "What holds when it is done."
    hint = "Where to look."
    scene = "directory"                        # where the check begins

    def bring_ben(user_pools, client): ...     # the first function is the solution; its head is the stub

    def check(answer, scene, lab):             # raises Mistake, through checks.expect
        expect(answer(…) == …, "The address is confirmed and not verified: …")

    def wrong_only_confirmed(user_pools, client):
        """the address is confirmed and not verified"""   # what the check must say to this answer
        …

Where the answer is a value and no function, ``stub = {…}`` and ``solution = {…}`` stand in place of the first
function, ``name = "verdicts"`` names it, and a wrong answer is ``wrong_… = value, "what the check says"``.
'''

from __future__ import annotations

import ast
import dis
import inspect
from collections.abc import Iterator
from functools import cached_property
from html import escape
from pathlib import Path
from types import FunctionType
from typing import Any, ClassVar

from cognito_lab.aws import former_accounts
from cognito_lab.lessons import reruns
from cognito_lab.lessons.refused import NotRefusedAsStated
from cognito_lab.lessons.refused import refusal_from as read_refusal
from cognito_lab.lessons.short_tracebacks import own_line
from cognito_lab.practice import progress, start_page
from cognito_lab.practice.checks import Mistake
from cognito_lab.practice.exercise_files import compiled, load, path_of
from cognito_lab.views.twin import Twin

GIVEN = {
    "title": str,
    "core": bool,
    "difficulty": int,
    "minutes": int,
    "expected": str,
    "hint": str,
    "scene": str,
}
DIFFICULTIES = {1: "easy", 2: "medium", 3: "demanding"}
NOT_DONE = "not done yet"  # what a check says to the stub
ANOTHER = "another"  # the name of a mistake that the file does not know
NOTHING_DONE = {"RESUME", "LOAD_CONST", "RETURN_CONST", "RETURN_VALUE", "NOP", "COPY_FREE_VARS"}


class ExerciseError(Exception):
    """An exercise file cannot be used; the text says why."""


class Exercise:
    """One exercise: shown, it is the task. ``check`` an answer, ask for ``hint``, then for ``solution``."""

    _hinted: ClassVar[set[str]] = set()  # the numbers of those whose hint was read in this kernel

    def __init__(self, number: str, lab: Any = None, folder: Path | None = None) -> None:
        self.number = number
        self.lab = lab
        self._path = path_of(number, folder)
        if not self._path.is_file():
            known = ", ".join(path.stem.replace("_", ".") for path in sorted(self._path.parent.glob("*.py")))
            raise ExerciseError(f"there is no exercise {number!r}; the exercises are: {known or 'none'}")
        self.source = self._path.read_text(encoding="utf-8")
        try:
            self._module = module = load(self._path)
        except Exception as error:
            raise ExerciseError(
                f"{self._path.name} cannot be read: {type(error).__name__}: {error}"
            ) from error
        for name, kind in GIVEN.items():
            if not isinstance(getattr(module, name, None), kind):
                raise ExerciseError(f"{self._path.name} must give {name} ({kind.__name__})")
        for name in ("check", "__doc__"):
            if not getattr(module, name, None):
                raise ExerciseError(f"{self._path.name} has no {name}")
        self.title, self.core = module.title, module.core
        self.difficulty, self.minutes = module.difficulty, module.minutes
        self.expected, self.scene = module.expected, module.scene

    # -- what a learner sees -----------------------------------------------------------------------

    def __repr__(self) -> str:
        return self.task

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/markdown": self.task, "text/plain": repr(self)}

    @property
    def task(self) -> str:
        """What is to be done, in Markdown: the text cell above the answer's cell in a lesson."""
        star = " ★" if self.core else ""
        return (
            f"### Exercise {self.number}{star} · {self.title}\n\n"
            f"*{DIFFICULTIES[self.difficulty]}, {self.minutes} min*\n\n"
            f"{inspect.cleandoc(self._module.__doc__ or '')}\n\n"
            f"**Expected:** {self.expected}\n\n"
            f"Stuck? `{self._call}.hint()`, then `{self._call}.solution()`. "
            f'The check begins with `lab.scene("{self.scene}")`.'
        )

    def hint(self) -> None:
        """Print the hint."""
        self._hinted.add(self.number)
        print(inspect.cleandoc(self._module.hint))

    def solution(self) -> None:
        """Print the solution; the first time, if nobody has asked for the hint yet, the hint."""
        if self.number not in self._hinted:
            self.hint()
            print("\nThat was the hint. For the solution, run this line once more.")
        else:
            print(self.solved)

    def check(self, answer: Any) -> Verdict:
        """Try ``answer`` in an account of its own and say whether it is right, and if not, what is wrong."""
        verdict = self.judge(answer)
        if verdict.done:
            verdict.not_noted = start_page.note("exercise", self.number)
        elif verdict.says != NOT_DONE:
            mistake = f"{self.number} {self.mistake(verdict.says)}"
            verdict.not_noted = start_page.note("mistake", mistake, progress.one_more)
        return verdict

    def judge(self, answer: Any) -> Verdict:
        """As :meth:`check`, and nothing is noted."""
        if self._is_stub(answer):
            return Verdict(self, False, NOT_DONE)
        stub = getattr(self._module, "stub", None)
        if stub is not None and _form(answer) != _form(stub):
            return Verdict(self, False, f"change only the values, and keep this form: {stub!r}")
        try:
            with self.lab.set_aside() as lab:
                self._module.check(answer, lab.scene(self.scene), lab)
        except Exception as error:
            says, unused = _in_words(error), _unused(answer) - _unused(self.right())
            if unused:
                *some, last = [f"`{name}`" for name in sorted(unused)]
                names = f"{', '.join(some)} or {last}" if some else last
                says = f"{says.rstrip('.')}. Your function does not use {names}."
            return Verdict(self, False, says)
        return Verdict(self, True, "")

    # -- what an instructor's copy and the tests need ------------------------------------------------

    @cached_property
    def name(self) -> str:
        """The name that the answer has in the notebook."""
        given = getattr(self._module, "name", "") or (self._answer_node().name if self._is_function else "")
        if not given:
            raise ExerciseError(
                f"{self._path.name} has no function before check, and no name, stub and solution"
            )
        return str(given)

    @property
    def stub(self) -> str:
        """The cell as it stands in a lesson."""
        if not self._is_function:
            return self._cell(self._assigned("stub"))
        node = self._answer_node()
        lines = self.source.splitlines()[node.lineno - 1 : node.body[0].end_lineno]
        return self._cell("\n".join([*lines, "    # your code"]))

    @property
    def solved(self) -> str:
        """The solution alone."""
        if not self._is_function:
            return self._assigned("solution")
        return ast.get_source_segment(self.source, self._answer_node()) or ""

    @property
    def solved_cell(self) -> str:
        """The cell with the solution in place of the stub."""
        return self._cell(self.solved)

    def right(self) -> Any:
        """The answer of the solution."""
        return getattr(self._module, self.name if self._is_function else "solution")

    def answer_from(self, code: str) -> Any:
        """The answer that ``code`` would give in place of the solution."""
        names = dict(vars(self._module))
        exec(compiled(code, "<answer>"), names)
        return names[self.name]

    def wrong(self) -> Iterator[tuple[str, Any, str]]:
        """The named wrong answers: name, answer, and what the check must say to it."""
        for name, value in vars(self._module).items():
            if name.startswith("wrong_"):
                yield (name, value, inspect.getdoc(value) or "") if callable(value) else (name, *value)

    def mistake(self, says: str) -> str:
        """The name of the mistake that the check names with the words ``says``: that of a wrong answer."""
        return next((name for name, _, words in self.wrong() if words and words in says), ANOTHER)

    def _cell(self, code: str) -> str:
        gap = "\n\n\n" if self._is_function else "\n\n"
        return f"{code}{gap}{self._call}.check({self.name})"

    @property
    def _call(self) -> str:
        return f'lab.exercise("{self.number}")'

    @property
    def _is_function(self) -> bool:
        return not hasattr(self._module, "stub")

    def _answer_node(self) -> ast.FunctionDef:
        first = next(
            (node for node in ast.parse(self.source).body if isinstance(node, ast.FunctionDef)), None
        )
        if first is None or first.name == "check" or not ast.get_docstring(first):
            raise ExerciseError(
                f"{self._path.name}: the solution, with a docstring, must be the first function"
            )
        return first

    def _assigned(self, name: str) -> str:
        for node in ast.parse(self.source).body:
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == name:
                return f"{self.name} = {ast.get_source_segment(self.source, node.value)}"
        raise ExerciseError(f"{self._path.name} has no {name}")

    def _is_stub(self, answer: Any) -> bool:
        if isinstance(answer, FunctionType):
            steps = list(dis.get_instructions(answer))
            constants = {step.argval for step in steps if "CONST" in step.opname}
            return {step.opname for step in steps} <= NOTHING_DONE and constants <= {None}
        return answer is None or answer is ... or answer == getattr(self._module, "stub", None)


class Verdict(Twin):
    """What the check of an exercise says."""

    def __init__(self, exercise: Exercise, done: bool, says: str) -> None:
        self.exercise, self.done, self.says = exercise, done, says
        self.not_noted = ""  # why it is no tick on the start page

    def __repr__(self) -> str:
        # Not the ✗ of a refusal, which is often what a lesson wants.
        sign = "✓" if self.done else "○" if self.says == NOT_DONE else "✎"
        more = f". {self.not_noted}" if self.not_noted else ""
        return f"{sign} Exercise {self.exercise.number}: {'solved' if self.done else self.says}{more}"

    def html(self) -> str:
        return f"<p>{escape(repr(self))}</p>"


def _form(value: Any) -> Any:
    """What of a value answer is given: its type, and the keys of a dictionary."""
    return (type(value), *sorted(value, key=str)) if isinstance(value, dict) else type(value)


def _unused(answer: Any) -> set[str]:
    """The parameters that a function reads nowhere, nor a function in it; of a value there are none."""
    if not isinstance(answer, FunctionType):
        return set()
    code = answer.__code__
    loaded = [step.argval for step in dis.get_instructions(code) if "LOAD_FAST" in step.opname]
    read = {name for each in loaded for name in (each if isinstance(each, tuple) else [each])}
    return set(code.co_varnames[: code.co_argcount]) - read - {*code.co_cellvars}


def _in_words(error: Exception) -> str:
    """What stopped the check: the mistake, a refusal by AWS, or an error in the answer."""
    if isinstance(error, Mistake):
        own = (
            own_line(error.__context__) if error.__context__ else ""
        )  # the check has words for what stopped it
        return f"{own}: {error}" if own else str(error)
    own, found = own_line(error), read_refusal(error)
    place = f"{own}: " if own else ""
    if isinstance(error, NotRefusedAsStated):
        return f"{place}{error}"
    if found:
        call = f"{found.operation} was refused" if found.operation else "a call was refused"
        line = f"{own.partition(',')[0]}: " if own else ""  # the operation says which call of that line
        said = f"{line}{call} → {found.code}: {' '.join(found.message.split())}"
        foreign = former_accounts.own_id_in(reruns.asked(error))
        return (
            f"{said} ({foreign} is in your own account. Use what the check gives to your function.)"
            if foreign
            else said
        )
    said = f"{type(error).__name__}: {' '.join(str(error).split())}"
    return f"{place}{said}" if own else f"the check could not go on with your answer: {said}"
