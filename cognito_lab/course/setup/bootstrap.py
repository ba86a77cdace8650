"""`make setup`: `python cognito_lab/course/setup/bootstrap.py` makes `.venv`.

Every Python, however old, must be able to read this file, to be told in one line what the course needs.
So it is written for all of them; the work is in install.py.
"""

import os
import runpy
import sys

# The range that pyproject.toml states; .ci/run passes on the newest.
OLDEST, NEWEST = (3, 11), (3, 13)


def objection(version, platform):
    """One line why the course cannot run on this Python or system (as in sys.platform), or None."""
    if platform in ("win32", "cygwin", "msys"):
        return "Cognito Lab runs on Linux, macOS and WSL, not on native Windows: wsl --install, then there."
    if not OLDEST <= tuple(version[:2]) <= NEWEST:
        return (
            "Cognito Lab needs Python %d.%d to %d.%d, and %s is Python %d.%d. "
            "Install one of them and name it, for example: make lab PYTHON=python%d.%d"
            % (OLDEST + NEWEST + (sys.executable,) + tuple(version[:2]) + NEWEST)
        )
    return None


if __name__ == "__main__":
    line = objection(sys.version_info, sys.platform)
    if line:
        sys.exit(line)
    course = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    sys.path[0] = os.path.dirname(
        os.path.dirname(course)
    )  # the repository, in the place of this file's folder
    runpy.run_module("cognito_lab.course.setup.install", run_name="__main__")
