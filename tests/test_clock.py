"""Between two cells nothing expires, however long somebody reads; in a cell, and for others, time passes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell

from cognito_lab import reproducible

TURNS = 200  # milliseconds at the least, of waiting for a clock to go on


def goes_on() -> bool:
    """Whether the kernel's clock does, looked at for a while."""
    seen = time.time()
    for _ in range(TURNS):
        time.sleep(0.001)
        if time.time() != seen:
            return True
    return False


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> Iterator[InteractiveShell]:
    """A learner's kernel, with an account."""
    monkeypatch.delenv(reproducible.REPRODUCIBLE, raising=False)
    shell = InteractiveShell.instance()
    play(shell, "import time; from cognito_lab import Lab; lab = Lab.start()")
    yield shell
    shell.user_ns["lab"].stop()
    InteractiveShell.clear_instance()


def play(shell: InteractiveShell, *cells: str) -> Any:
    """Run these cells. Returns what the last has put into ``came``."""
    for cell in cells:
        shell.run_cell(cell).raise_error()
    return shell.user_ns.get("came")


def test_the_clock_stands_between_two_cells_and_goes_on_from_there(shell: InteractiveShell) -> None:
    assert not goes_on()
    stood = time.time()
    assert stood <= play(shell, "came = time.time()") <= time.time()
    assert play(shell, "began = time.time()\nwhile time.time() == began: pass\ncame = time.time() > began")
    assert not goes_on()
    play(shell, "lab.travel(hours=3)")
    assert not goes_on() and time.time() >= stood + 3 * 3600


def test_it_stands_after_a_cell_that_fails_too_and_in_the_next_account(shell: InteractiveShell) -> None:
    assert shell.run_cell("1 / 0").error_in_exec
    assert not goes_on()
    play(shell, "lab.reset()")
    assert not goes_on()


def test_it_goes_on_for_other_programs_that_use_the_account(shell: InteractiveShell) -> None:
    play(shell, "server = lab.serve(port=0)")
    assert goes_on()
    play(shell, "came = 1")
    assert goes_on()
    play(shell, "server.stop()")
    assert not goes_on()


def test_where_the_account_has_ended_it_is_the_machines(shell: InteractiveShell) -> None:
    play(shell, "lab.travel(hours=3); lab.stop()")
    assert goes_on()


def test_what_is_fixed_stays_fixed_within_a_cell(
    shell: InteractiveShell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(reproducible.REPRODUCIBLE, "1")
    play(shell, "lab = Lab.start(); came = lab.now")
    assert not goes_on()
    assert play(shell, "time.sleep(0.01); came = lab.now") == reproducible.FIXED_START


def test_an_exercise_leaves_it_as_it_is(shell: InteractiveShell) -> None:
    began = play(shell, "with lab.set_aside() as other: other.travel(hours=5)", "came = time.time()")
    assert not goes_on() and time.time() < began + 3600
