"""Errors as a learner sees them: an AWS refusal in three lines, instead of forty of traceback.

Every error from a library or the lab is shown so; Python's own traceback is short where the error comes from
the learner's line. One line more tells that a cell has run before, or that its scene is over. The cell still
fails, for nbval and papermill as for the eye; ``%tb`` shows the whole traceback.
"""

from __future__ import annotations

import linecache
import sys
import sysconfig
import traceback
from typing import Any

from cognito_lab.errors import OutsideTheLab
from cognito_lab.lessons import reruns
from cognito_lab.lessons.refused import NotRefusedAsStated, refusal_from
from cognito_lab.lessons.scenes import SceneError
from cognito_lab.paths import ROOT


def lines(error: BaseException) -> list[str]:
    """The lines that are shown for ``error``."""
    if isinstance(error, NotRefusedAsStated):
        return [f"AssertionError: expected the refusal {error.expected},", f"but {error.came}"]
    found = refusal_from(error)
    if found is None or isinstance(error, OutsideTheLab):
        place = own_line(error) if not isinstance(error, ONE_LINE) else ""
        return [f"{f'{place}: ' if place else ''}{type(error).__name__}: {' '.join(str(error).split())}"]
    status = f" (HTTP {found.status})" if found.status else ""
    return [
        f"operation  {found.operation}",
        f"code       {found.code}{status}",
        f"text       {' '.join(found.message.split())}",
    ]


ONE_LINE = (OutsideTheLab, NotRefusedAsStated, SceneError)  # the lab's own, who say what there is to say
LIBRARIES = (*map(sysconfig.get_path, ("stdlib", "purelib", "platlib")), str(ROOT / "cognito_lab"))
NO_CELLS = (*LIBRARIES, "<frozen", "<exercise", "<scene")


def own_line(error: BaseException) -> str:
    """The innermost of the learner's own lines that led to ``error``: ``line 4, `names[0]```.

    It is empty where none did. What stands in a library, a scene or an exercise is not the learner's.
    """
    steps = traceback.extract_tb(error.__traceback__)
    own = [step for step in steps if not step.filename.startswith(NO_CELLS)]
    if not own:
        return ""
    line = linecache.getline(own[-1].filename, own[-1].lineno or 0)
    code = line  # of a with, whose place Python 3.13 gives otherwise than 3.11 does
    is_with = line.lstrip().startswith("with ")
    if own[-1].end_lineno == own[-1].lineno and own[-1].end_colno and not is_with:
        code = line.encode()[own[-1].colno : own[-1].end_colno].decode()
    return f"line {own[-1].lineno}, `{code.strip()}`" if code.strip() else f"line {own[-1].lineno}"


def install(shell: Any) -> None:
    """Show errors from AWS, libraries and the lab in few lines, in an IPython ``shell``."""
    reruns.watch(shell)
    shell.set_custom_exc((Exception,), _show)


def shown(error: BaseException) -> list[str]:
    """What is shown in place of Python's traceback; nothing for an error from the learner's own line."""
    innermost = traceback.extract_tb(error.__traceback__)[-1].filename
    if refusal_from(error) is None and not isinstance(error, ONE_LINE) and not innermost.startswith(NO_CELLS):
        return []
    return [*lines(error), *filter(None, [reruns.note(error)])]


def _show(shell: Any, kind: Any, error: BaseException, traceback: Any, tb_offset: Any = None) -> list[str]:
    sys.last_type, sys.last_value, sys.last_traceback = kind, error, traceback  # what %tb and %debug look at
    text = shown(error)
    if not text and not (note := reruns.note(error)):
        shell.showtraceback((kind, error, traceback), tb_offset=tb_offset)
        return []
    if not text:
        text = [*shell.InteractiveTB.structured_traceback(kind, error, traceback, tb_offset=tb_offset), note]
    shell._showtraceback(kind, error, text)  # in a kernel this is also what sends the error message
    return text
