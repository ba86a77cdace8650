"""The environment that every Jupyter server and kernel of the course runs in. Standard library only.

A user's own start-up files, kernelspecs, AWS settings or matplotlib style must not change a lesson: what the
course uses stands beside this file in `jupyter/`, and is copied into the virtual environment, since Jupyter
and IPython also write where they read.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from cognito_lab.files import complete_or_absent
from cognito_lab.paths import ROOT

TEMPLATES = Path(__file__).resolve().parent / "jupyter"

# Everything whose name starts so is dropped, except what is kept by name.
DROPPED = (
    "AWS_", "BOTO",  # an account, and how to reach it
    "MOTO_", "TEST_SERVER_MODE", "INITIAL_NO_AUTH_ACTION_COUNT", "S3_IGNORE_SUBDOMAIN",  # moto's switches
    "JUPYTER", "IPYTHON", "PYTHON", "MPL", "MATPLOTLIB", "PAPERMILL", "PYTEST_", "VIRTUAL_ENV", "CONDA_",
    "NO_COLOR", "FORCE_COLOR", "CLICOLOR", "COLUMNS", "LINES",  # change what a traceback looks like
    "COGNITO_LAB_REPRODUCIBLE",
)  # fmt: skip
# The hash seed is the caller's to choose: a test tries several, and the outputs must not depend on it.
KEPT = ("PYTHONHASHSEED",)
PROXIES = ("http_proxy", "https_proxy", "ftp_proxy", "all_proxy", "no_proxy")


class WrongFolder(Exception):
    """The package is not in its repository: there are no lessons or data beside it."""


def course_folder() -> Path:
    """The repository's folder.

    Raises:
        WrongFolder: with the line for the learner, when `notebooks` or `data` is not there.
    """
    missing = [name for name in ("notebooks", "data") if not (ROOT / name).exists()]
    if missing:
        raise WrongFolder(
            f"{ROOT} is not a complete copy of the course: no {', no '.join(missing)}. "
            "Clone the repository and run make in its folder."
        )
    return ROOT


def clean_environment(
    base: Mapping[str, str], *, reproducible: bool, home: Path | None = None
) -> dict[str, str]:
    """`base` without what could change a lesson, and with Jupyter, IPython and matplotlib folders of its own.

    The kernel `python3` is then always the interpreter that is running. Makes the folders that it
    names. `HOME`, the time zone and the locale stay as they are.

    Args:
        base: environment variables to start from, such as `os.environ`.
        reproducible: whether kernels start on the fixed clock with seeded randomness and test keys.
        home: where the folders are; in the virtual environment, unless several people use it.
    """
    kept = {
        name: value
        for name, value in base.items()
        if name in KEPT or not (name.startswith(DROPPED) or name.lower() in PROXIES)
    }
    home = home or Path(sys.prefix) / "var" / "cognito_lab"
    _copy_if_changed(TEMPLATES, home)
    own = {
        "JUPYTER_CONFIG_DIR": home / "config",
        "JUPYTER_DATA_DIR": home / "data",
        "JUPYTER_RUNTIME_DIR": home / "runtime",
        "JUPYTERLAB_SETTINGS_DIR": home / "lab" / "settings",
        "JUPYTERLAB_WORKSPACES_DIR": home / "lab" / "workspaces",
        "IPYTHONDIR": home / "ipython",
        "MPLCONFIGDIR": home / "matplotlib",
        "VIRTUAL_ENV": Path(sys.prefix),
    }
    for folder in own.values():
        folder.mkdir(parents=True, exist_ok=True)
    return {
        **kept,
        **{name: str(folder) for name, folder in own.items()},
        "JUPYTER_PREFER_ENV_PATH": "1",
        "PATH": f"{Path(sys.prefix) / 'bin'}:{base.get('PATH', '')}",
        "PYTHONNOUSERSITE": "1",
        "PYTHONUTF8": "1",
        **({"COGNITO_LAB_REPRODUCIBLE": "1"} if reproducible else {}),
    }


def _copy_if_changed(templates: Path, home: Path) -> None:
    """Copy the course's configuration; each file in one step, since kernels of two runs may start at once."""
    for template in templates.rglob("*"):
        copy = home / template.relative_to(templates)
        if template.is_dir():
            copy.mkdir(parents=True, exist_ok=True)
        elif template.suffix != ".pyc" and (not copy.exists() or copy.read_bytes() != template.read_bytes()):
            with complete_or_absent(copy) as partial:
                shutil.copyfile(template, partial)
