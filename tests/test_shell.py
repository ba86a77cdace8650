"""A forked process says what a kernel says, to the byte, and ends as one does."""

from __future__ import annotations

import functools
import os

import psutil
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from cognito_lab.course import compare, outputs, processes, shell

pytestmark = pytest.mark.skipif(not processes.CAN_FORK, reason="this system's processes are not forked")

# What lessons do, and what they could come to do.
CELLS = """
%matplotlib inline
---
print("one"); print("two", end=""); import sys; print("error", file=sys.stderr); print("three")
---
1; 2
---
3;
---
_ + In[0].count("x"), Out, _i, len(_ih), __name__, sys.path[0]
---
_, __
---
from IPython.display import HTML, Markdown, clear_output, display, update_display
shown = display(Markdown("first"), display_id="one")
display({"text/plain": "raw", "text/html": "<b>raw</b>"}, raw=True); print("between"); display(HTML("<i>x</i>"))
---
update_display(Markdown("second"), display_id="one")
---
print("gone"); clear_output(); print("stays"); clear_output(wait=True); print("instead")
---
import ipywidgets
slider = ipywidgets.IntSlider(3)
slider
---
display(ipywidgets.VBox([slider, ipywidgets.HTML("text")])); print(len(ipywidgets.Widget.get_manager_state()["state"]))
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
    return new_notebook(cells=[new_code_cell(source) for source in sources])


@pytest.fixture(scope="module")
def execute():
    """Execute a notebook in a fork of a process that is there for it, or there in a real kernel."""
    with processes.worker_processes(1) as submit:

        def of(*sources, kernels=False, folder=".", **options):
            task = functools.partial(shell.executed, **options)
            return submit(task, notebook(*sources), folder, kernels).result().cells

        yield of


def test_every_kind_of_output_is_a_kernels(execute, tmp_path, monkeypatch):
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
