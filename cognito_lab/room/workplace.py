"""A person's own server: their copy of the lessons, then JupyterLab on it. Runs as the person."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from cognito_lab.course.learner_copy import COPY, copy_notebooks
from cognito_lab.course.setup.environment import clean_environment, course_folder
from cognito_lab.practice import progress, start_page

# A proxy asks under a name that is not this machine's. Who has no token still gets nothing.
FOR_A_PROXY = ("--ServerApp.allow_remote_access=True", f"--LabApp.default_url=/lab/tree/{start_page.FILE}")


def main(argv: list[str]) -> None:
    """Copy what is new into my_course/, then become the server (this process is replaced by it).

    ``argv`` are options of JupyterHub's server; or a command, as Binder gives one, which becomes JupyterLab.
    """
    home = Path.home()
    own, settings = home / COPY, home / ".cognito_lab"
    copy_notebooks(course_folder() / "notebooks", own)
    start_page.write_start_page(own)
    # matplotlib's list of fonts, which the set-up made. Making another would be said in a lesson.
    fonts = Path(sys.prefix) / "var" / "cognito_lab" / "matplotlib"
    if fonts.is_dir():
        shutil.copytree(fonts, settings / "matplotlib", dirs_exist_ok=True)
    told = {name: value for name, value in os.environ.items() if name.startswith("JUPYTERHUB_")}
    variables = clean_environment(os.environ, reproducible=False, home=settings) | told
    variables |= {"JUPYTERHUB_ROOT_DIR": str(own), progress.FOLDER: str(own)}
    os.chdir(own)
    if argv and not argv[0].startswith("-"):
        os.execvpe(argv[0], [*argv, *FOR_A_PROXY], variables)
    os.execve(sys.executable, [sys.executable, "-m", "jupyterhub.singleuser", *argv], variables)


if __name__ == "__main__":
    main(sys.argv[1:])
