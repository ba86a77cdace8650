"""What a process does before kernels are forked from it (`shell.py`), so that each of them need not."""

from __future__ import annotations

import contextlib
import functools
import gc
import importlib
import json
import os
import pkgutil
import subprocess
import sys

import nbformat

import cognito_lab
from cognito_lab import guard

# What a kernel imports as it starts, directly or not.
STARTING = (
    "faulthandler", "ipykernel.debugger", "IPython.core.completerlib", "IPython.core.debugger",
    "IPython.core.logger", "IPython.core.oinspect", "IPython.extensions.storemagic", "IPython.utils.wildcard",
    "sqlite3",
)  # fmt: skip
# What lessons import late: the package does not before it needs it, nor does a scene.
LATE = "ipywidgets", "matplotlib.backends.backend_svg", "matplotlib.pyplot", "signxml"
SCENES = "every_token", "site_in_browser"  # between them they use most of what is read or compiled only once


@functools.cache
def prepare(everything: bool) -> None:
    """Have a process do once, guarded as a kernel is, what its forks would each do.

    Args:
        everything: what lessons do, too; else what a kernel does as it starts.
    """
    gc.disable()  # next to nothing of what follows is garbage: looking for it takes a quarter of the time
    path_of_a_kernel()
    guard.install()
    sys.modules["debugpy"] = None  # type: ignore[assignment]  # importing it takes a while, and no fork is debugged
    _import_all(STARTING)
    del sys.modules["debugpy"]
    nbformat.validate(nbformat.v4.new_notebook())  # compiles the format's schema
    if everything:
        # matplotlib reads it when it is imported; a kernel has set it by then.
        os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")
        _import_all((*LATE, *_own_modules()))
        _play()
    gc.freeze()  # a collection in a fork would copy every page that it looks at
    gc.enable()


def _play() -> None:
    """Play an account: then AWS's models and the lab's tables are read, patterns and templates compiled."""
    environment = dict(os.environ)
    with contextlib.suppress(Exception), cognito_lab.Lab.start() as lab:  # a lesson says what is wrong
        for scene in SCENES:
            lab.scene(scene)
    os.environ.clear()
    os.environ.update(environment)


def _own_modules() -> tuple[str, ...]:
    """The package's modules, without those that run the course."""
    found = pkgutil.walk_packages(cognito_lab.__path__, "cognito_lab.", onerror=lambda name: None)
    names = (module.name for module in found)
    return tuple(n for n in names if not n.startswith("cognito_lab.course") and not n.endswith("__main__"))


def _import_all(names: tuple[str, ...]) -> None:
    """What cannot be imported is left to the lesson that needs it, in which it fails with its reason."""
    for name in names:
        with contextlib.suppress(Exception):
            importlib.import_module(name)


@functools.cache
def path_of_a_kernel() -> list[str]:
    """`sys.path` as a new kernel has it: without the folders of whoever started this process."""
    command = [sys.executable, "-P", "-c", "import json, sys; print(json.dumps(sys.path))"]
    return list(json.loads(subprocess.check_output(command)))
