"""Errors as a learner sees them: an AWS refusal in three lines, instead of forty of traceback.

The cell still fails, for nbval and papermill as for the eye; ``%tb`` shows the whole traceback.
"""

from __future__ import annotations

import linecache
import sys
import sysconfig
import traceback
from typing import Any

from cognito_lab.errors import OutsideTheLab
from cognito_lab.lessons.refused import NotRefusedAsStated, refusal_from
from cognito_lab.lessons.scenes import SceneError
from cognito_lab.paths import ROOT


def lines(error: BaseException) -> list[str]:
    """The lines that are shown for ``error``."""
    if isinstance(error, NotRefusedAsStated):
        return [f"AssertionError: expected the refusal {error.expected},", f"but {error.came}"]
    found = refusal_from(error)
    if found is None or isinstance(error, OutsideTheLab):
        return [f"{type(error).__name__}: {' '.join(str(error).split())}"]
    status = f" (HTTP {found.status})" if found.status else ""
    return [
        f"operation  {found.operation}",
        f"code       {found.code}{status}",
        f"text       {' '.join(found.message.split())}",
    ]


LIBRARIES = (*map(sysconfig.get_path, ("stdlib", "purelib", "platlib")), str(ROOT / "cognito_lab"))
NO_CELLS = ("<frozen", "<exercise", "<scene")


def own_line(error: BaseException) -> str:
    """The innermost of the learner's own lines that led to ``error``: ``line 4, `names[0]```.

    It is empty where none did. What stands in a library, a scene or an exercise is not the learner's.
    """
    steps = traceback.extract_tb(error.__traceback__)
    own = [step for step in steps if not step.filename.startswith((*LIBRARIES, *NO_CELLS))]
    if not own:
        return ""
    line = linecache.getline(own[-1].filename, own[-1].lineno or 0)
    code = line.strip()
    if own[-1].end_lineno == own[-1].lineno and own[-1].end_colno:
        code = line.encode()[own[-1].colno : own[-1].end_colno].decode()
    return f"line {own[-1].lineno}, `{code}`" if code else f"line {own[-1].lineno}"


def install() -> None:
    """Show AWS's refusals and the lab's own errors in few lines. Outside IPython there is nothing to do."""
    # IPython is loaded if there is a shell; looking in sys.modules keeps plain Python from importing it.
    loaded = sys.modules.get("IPython")
    shell = loaded.get_ipython() if loaded is not None else None
    if shell is None:
        return
    from botocore.exceptions import ClientError

    shell.set_custom_exc((ClientError, OutsideTheLab, NotRefusedAsStated, SceneError), _show)


def _show(shell: Any, kind: Any, error: BaseException, traceback: Any, tb_offset: Any = None) -> list[str]:
    sys.last_type, sys.last_value, sys.last_traceback = kind, error, traceback  # what %tb and %debug look at
    shown = lines(error)
    shell._showtraceback(kind, error, shown)  # in a kernel this is also what sends the error message
    return shown
