"""Every test, and the kernel of every notebook that nbval executes, runs in the course's clean environment.

It stands here and not in tests/, so that `pytest notebooks/09_identities.ipynb` is right as well.
"""

import gc
import os
from typing import Any

import nbval.kernel

from cognito_lab import guard
from cognito_lab.course.notebooks import kernel_ports
from cognito_lab.course.setup.environment import clean_environment

# The notebooks under tests/ are there to differ and to fail.
collect_ignore = ["tests/notebooks", "build", "my_course"]

kept = {name: value for name, value in os.environ.items() if name.startswith("PYTEST_")}
environment = clean_environment(os.environ, reproducible=True)
os.environ.clear()
made = {"HYPOTHESIS_STORAGE_DIRECTORY": "build/hypothesis"}
os.environ.update(environment | kept | made | {"COGNITO_LAB_GUARD": "1"})
guard.install()
kernel_ports.keep_apart()


def execute_cell_input(kernel: Any, source: str, allow_stdin: bool | None = None) -> str:
    """As Jupyter does it: with history, without which IPython shows a value in spite of a final `;`."""
    return kernel.kc.execute(source, allow_stdin=allow_stdin, stop_on_error=False)


nbval.kernel.RunningKernel.execute_cell_input = execute_cell_input


# Files that take long: one that began last would be waited for, while the other workers have nothing to do.
LONG = (
    "tests/browser/", "tests/clients/", "tests/course/", "notebooks/", "tests/lessons/test_lies.py",
    "tests/practice/", "tests/served/", "tests/test_interrupts.py", "tests/test_expiring.py",
    "tests/aws/test_malformed_requests.py", "tests/aws/user_pools/test_srp.py",
    "tests/aws/user_pools/test_life_", "tests/lessons/test_reruns.py", "tests/lessons/test_kept_scenes.py",
)  # fmt: skip


def pytest_addoption(parser: Any) -> None:
    parser.addoption(
        "--requests", type=int, default=4_000,
        help="malformed requests to be tried (tests/aws/test_malformed_requests.py)",
    )  # fmt: skip


def pytest_collection_modifyitems(items: list[Any]) -> None:
    """Long files first, each whole and in its order."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONG))


def pytest_collection_finish() -> None:
    """Look for garbage seldom, and never among what every test needs: that took an eighth of the time.

    To make the clients of boto3 anew took a sixth.
    """
    from support import kept_clients  # pytest knows where that is by now

    kept_clients.keep_clients()
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Name the tests that a machine without a browser has left out, and say how to have them run."""
    skipped = terminalreporter.stats.get("skipped", ())
    names = {report.nodeid.partition("[")[0] for report in skipped if "tests/browser/" in report.nodeid}
    if names:
        terminalreporter.write_line(
            "\nLeft out, for want of Chromium or Chrome on PATH: "
            f"{', '.join(sorted(name.partition('::')[2] for name in names))}. To have them run, install one "
            "(Debian, Ubuntu: apt-get install chromium), or set COGNITO_LAB_BROWSER to its path."
        )
