"""A forked process says what a kernel says, to the byte, and ends as one does."""

from __future__ import annotations

import functools
import time
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import psutil
import pytest
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat.v4 import new_code_cell, new_notebook

from cognito_lab.course.notebooks import compare, outputs, processes, shell

pytestmark = pytest.mark.skipif(not processes.CAN_FORK, reason="this system's processes are not forked")

# What lessons do, and what they could come to do.
CELLS = """
%matplotlib inline
---
import sys
print("one"); print("two", end=""); print("error", file=sys.stderr); print("three")
---
1; 2
---
3;
---
_ + In[0].count("x"), Out, _i, len(_ih), __name__, sys.path
---
_, __
---
from IPython.display import HTML, Markdown, clear_output, display, update_display
shown = display(Markdown("first"), display_id="one")
display({"text/plain": "raw", "text/html": "<b>raw</b>"}, raw=True)
print("between"); display(HTML("<i>x</i>"))
---
update_display(Markdown("second"), display_id="one")
---
print("gone"); clear_output(); print("stays"); clear_output(wait=True); print("instead")
---
import ipywidgets
slider = ipywidgets.IntSlider(3)
slider
---
display(ipywidgets.VBox([slider, ipywidgets.HTML("text")]))
len(ipywidgets.Widget.get_manager_state()["state"])
---
with ipywidgets.Output() as into:
    print("inside")
print("outside")
---
import asyncio
later = asyncio.create_task(asyncio.sleep(0.01, "slept"))
await asyncio.sleep(0), asyncio.get_running_loop().is_running()
---
await later
---
import os, time
(os.getcwd(), time.gmtime()[:3], os.environ["COGNITO_LAB_REPRODUCIBLE"])
---
import cognito_lab.lab  # an account was played in the process that this is a fork of
(cognito_lab.Lab._running, [name for name in os.environ if "AWS" in name])
---
from cognito_lab import Lab
lab = Lab.start()
import boto3
(boto3.client("cognito-idp").create_user_pool(PoolName="x")["UserPool"]["Id"], time.time(), time.gmtime()[:5])
---
def outer(number):
    return inner(number)

def inner(number):
    return 1 / number

try:
    outer(0)
except ZeroDivisionError:
    assert not "so", "a sentence — “with” marks"
---
outer(0)
---
this is no Python
---
import json
json.loads("{")
---
raise KeyboardInterrupt
---
input("? ")
---
class Odd:
    def _repr_html_(self):
        raise ValueError("no")
    def __repr__(self):
        return "odd"
Odd()
---
!echo "from a shell"; exit 3
---
_exit_code
---
%run nowhere.py
---
?len
---
import threading
thread = threading.Thread(target=lambda: print("from a thread")); thread.start(); thread.join()
---
import matplotlib.pyplot as plt
plt.plot([1, 2]); print("before the picture")
---
import socket
socket.getaddrinfo("example.com", 443)
---
lab.stop()
---
"é ü 🦀", b"bytes", 1e300, {1: None}, [*range(1200)]
"""


def notebook(*sources: str):
    return new_notebook(cells=[new_code_cell(text, id=f"cell-{n}") for n, text in enumerate(sources)])


@pytest.fixture(scope="module")
def execute():
    """Execute a notebook in a fork of a process that is there for it, or there in a real kernel."""
    with processes.worker_processes(1) as submit:

        def of(*sources, kernels=False, folder=Path("."), **options):
            task = functools.partial(shell.executed, **options)
            whole = notebook(*sources) if isinstance(sources[0], str) else sources[0]
            return submit(task, whole, folder, kernels).result().cells

        yield of


def test_every_kind_of_output_is_a_kernels(execute, tmp_path):
    cells = CELLS.strip().split("\n---\n")
    options = {"folder": tmp_path, "allow_errors": True, "record_timing": False, "timeout": 60}
    kernel, fork = (execute(*cells, kernels=kernels, **options) for kernels in (True, False))
    for one, other in zip(kernel, fork, strict=True):
        assert compare.comparable(other.outputs) == compare.comparable(one.outputs), one.source
        for cell in (one, other):
            cell.outputs = outputs.joined(cell.outputs)
            for output in cell.outputs:
                output.get("data", {}).pop(compare.MODEL_ID, None)
        assert other == one


def test_a_process_that_dies_takes_nobody_along(execute):
    with pytest.raises(DeadKernelError, match="Kernel died"):
        execute("1", "import os; os._exit(3)")
    with pytest.raises(DeadKernelError, match="Kernel died"):  # although something holds on to its pipe
        execute("import os\nif os.fork(): os._exit(3)\nimport time; time.sleep(600)", timeout=60)
    assert execute("1 + 1")[0].outputs[0].data["text/plain"] == "2"


def a_second_for_the_first(cell):
    return 60 if cell.source == "'after'" else 1


def test_a_cell_that_takes_too_long_is_given_up_or_interrupted(execute):
    endless = "import time\nwhile True: time.sleep(0.01)"
    with pytest.raises(CellTimeoutError, match="timed out"):
        execute(endless, timeout=1)
    for forever in (endless, "import asyncio\nawait asyncio.sleep(600)"):
        cell, after = execute(
            forever, "'after'", timeout_func=a_second_for_the_first, interrupt_on_timeout=True,
            allow_errors=True,
        )  # fmt: skip
        assert cell.outputs[0].ename in ("KeyboardInterrupt", "CancelledError")
        assert after.outputs[0].data["text/plain"] == "'after'"


def test_an_error_ends_the_notebook_unless_it_is_allowed(execute):
    with pytest.raises(CellExecutionError, match="ZeroDivisionError"):
        execute("1 / 0", "2")
    both = notebook("1 / 0", "2")
    both.cells[0].metadata["tags"] = ["raises-exception"]
    assert execute(both)[1].outputs[0].data["text/plain"] == "2"


def test_notebooks_share_nothing(execute):
    change = "import json, os; json.mine = os.environ['MINE'] = '1'"
    look = "import json, os; hasattr(json, 'mine'), 'MINE' in os.environ, len(In)"
    execute(change)
    assert execute(look)[0].outputs[0].data["text/plain"] == "(False, False, 2)"


def test_what_a_notebook_has_started_ends_with_it(execute):
    (cell,) = execute("import subprocess; print(subprocess.Popen(['sleep', '600']).pid)")
    assert not psutil.pid_exists(int(cell.outputs[0].text)) or (
        psutil.Process(int(cell.outputs[0].text)).wait(timeout=60) is None
    )


def test_it_ends_with_the_process_that_forked_it(tmp_path):
    """Also in the middle of a cell, and although nobody could say so to it."""
    said = tmp_path / "pid"
    cell = (
        f"import os, pathlib, time; pathlib.Path({str(said)!r}).write_text(str(os.getpid())); time.sleep(600)"
    )
    with pytest.raises(BrokenProcessPool), processes.worker_processes(1) as submit:
        running = submit(shell.executed, notebook(cell), tmp_path)
        while not (said.exists() and said.read_text()):
            assert not running.done()
            time.sleep(0.05)
        fork = psutil.Process(int(said.read_text()))
        fork.parent().kill()
        fork.wait(timeout=60)
        running.result()
