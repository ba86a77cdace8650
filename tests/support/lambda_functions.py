"""What the tests of Lambda and of the triggers share: a function from a text, and what it answers."""

from __future__ import annotations

import io
import json
import textwrap
import time
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from support.iam_people import make_role


@cache
def client() -> Any:
    """One client for all tests. It does not try again after a TooManyRequestsException."""
    return boto3.client("lambda", config=Config(retries={"total_max_attempts": 1}))


def archive(**modules: str) -> bytes:
    """A zip of Python modules; ``pkg__part`` is ``pkg/part.py``."""
    octets = io.BytesIO()
    with zipfile.ZipFile(octets, "w") as files:
        for name, text in modules.items():
            files.writestr(name.replace("__", "/") + ".py", textwrap.dedent(text))
    return octets.getvalue()


def make_function(name: str, text: str, role: str = "", **settings: Any) -> str:
    """A function whose module ``app`` has this text, with ``handler``; its ARN.

    It has a minute, and not Lambda's three seconds: a busy machine is slow, not wrong.
    """
    modules, settings = settings.pop("modules", {}), {"Timeout": 60, **settings}
    role = role or make_role(f"{name}-role")
    made = client().create_function(
        FunctionName=name, Runtime="python3.13", Role=role, Handler="app.handler",
        Code={"ZipFile": archive(app=text, **modules)}, **settings,
    )  # fmt: skip
    return str(made["FunctionArn"])


def invoke(name: str, event: Any = None, lambdas: Any = None) -> tuple[str, Any]:
    """What an invocation answers: ``FunctionError`` or nothing, and the answer itself."""
    answer = (lambdas or client()).invoke(FunctionName=name, Payload=json.dumps(event))
    return answer.get("FunctionError", ""), json.loads(answer["Payload"].read())


class Held:
    """Code of a function that says when it runs, and goes on when it is told: no clock has to be right.

    Attributes:
        name: For a function that has it.
        code: One line for its handler.
    """

    name = "held"

    def __init__(self, folder: Path) -> None:
        self._runs, self._free = folder / "runs", folder / "free"
        self.code = (
            f"import pathlib, time; pathlib.Path({str(self._runs)!r}).touch(); "
            f"[time.sleep(0.01) for _ in iter(pathlib.Path({str(self._free)!r}).exists, True)]"
        )

    def wait_until_it_runs(self) -> None:
        give_up = time.monotonic() + 60
        while not self._runs.exists():
            assert time.monotonic() < give_up, "it does not begin"
            time.sleep(0.01)

    def let_go(self) -> None:
        self._free.touch()
