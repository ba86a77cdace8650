"""What Python has once for the whole process, parted for functions: each has its own environment variables,
its own standard output and default session of boto3.

Which function runs is known by the context of the thread. A thread that a function starts is the function's
too. Not parted are the working directory, open files, the level of the root logger, and installed modules.
"""

from __future__ import annotations

import os
import sys
import threading
from contextvars import ContextVar, copy_context
from functools import cache, partial
from typing import Any

RUNNING: ContextVar[Any] = ContextVar("running", default=None)  # the Environment of the function


class Variables(os._Environ[str]):
    """``os.environ``: a function sees and changes its own variables, everybody else those of the process."""

    def __getitem__(self, name: str) -> str:
        running = RUNNING.get()
        return running.variables[name] if running else super().__getitem__(name)

    def __setitem__(self, name: str, value: str) -> None:
        running = RUNNING.get()
        running.variables.update({name: value}) if running else super().__setitem__(name, value)

    def __delitem__(self, name: str) -> None:
        running = RUNNING.get()
        running.variables.pop(name) if running else super().__delitem__(name)

    def __iter__(self) -> Any:
        running = RUNNING.get()
        return iter(list(running.variables)) if running else super().__iter__()

    def __len__(self) -> int:
        running = RUNNING.get()
        return len(running.variables) if running else super().__len__()


class Stream:
    """Standard output: what a function prints stands in its log."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def write(self, text: str) -> Any:
        running = RUNNING.get()
        return running.log.append(text) if running else self._stream.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def redirect_streams() -> None:
    """Once more at each invocation: a kernel or a test changes its streams now and then."""
    for name in ("stdout", "stderr"):
        if not isinstance(getattr(sys, name), Stream):
            setattr(sys, name, Stream(getattr(sys, name)))


@cache
def install() -> None:
    """Part the process, once for its life, when its first function is invoked."""
    import boto3

    start, default_session = threading.Thread.start, boto3._get_default_session

    def start_in_context(self: threading.Thread) -> None:
        if RUNNING.get():
            self.run = partial(copy_context().run, self.run)  # type: ignore[method-assign]
        start(self)

    def session() -> Any:
        running = RUNNING.get()
        return running.session() if running else default_session()

    os.environ.__class__ = Variables
    threading.Thread.start = start_in_context  # type: ignore[method-assign]
    boto3._get_default_session = session
