"""What the tests of Lambda and of the triggers share: a function from a text, and what it answers."""

from __future__ import annotations

import io
import json
import textwrap
import zipfile
from functools import cache
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
    """A function whose module ``app`` has this text, with ``handler``; its ARN."""
    modules = settings.pop("modules", {})
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
