"""Execution environments: where a function's code is loaded once, and then takes one event after the other.

Source: "Lambda execution environment"; "Building Lambda functions with Python".
"""

from __future__ import annotations

import builtins
import importlib.util
import json
import logging
import os
import sys
import time
import traceback
import weakref
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from types import ModuleType
from typing import Any

from cognito_lab.aws.lambda_functions import processes
from cognito_lab.aws.lambda_functions.functions import Function
from cognito_lab.aws.sts import role_sessions
from cognito_lab.errors import OutsideTheLab

TASK_ROOT = "/var/task"
HALF_A_DAY = 43200  # seconds that the credentials of an environment last
KEPT_OUT = (
    "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_EC2_METADATA_DISABLED",
    "BOTO_CONFIG",
    "NETRC",
)
_numbers = count(1)


class Failed(Exception):
    """The function failed; ``type`` and the message are what its caller is told."""

    def __init__(self, kind: str, text: str, trace: list[str] | None = None) -> None:
        super().__init__(text)
        self.type, self.trace = kind, trace or []


@dataclass
class Context:
    """What a handler gets beside the event ("Using the Lambda context object")."""

    function_name: str
    invoked_function_arn: str
    aws_request_id: str
    memory_limit_in_mb: str
    _deadline: float
    function_version: str = "$LATEST"
    identity: None = None
    client_context: None = None

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self._deadline - time.monotonic()) * 1000))


class Environment:
    """An execution environment: the modules of the zip, the variables, the credentials of the execution role.

    Attributes:
        variables: The environment variables that the code sees.
        log: What the function has written, piece by piece; environments of one function share it.
    """

    def __init__(self, function: Function, log: list[str]) -> None:
        self.function, self.log, self.files = function, log, function.files
        self.revision = function.modified
        self._role = role_sessions.start_session(function.settings["Role"], function.name, HALF_A_DAY)
        self.variables = self._variables()
        self._modules: dict[str, ModuleType] = {}
        self._suffix = f"@{next(_numbers)}"  # of module names, which the process has once
        self._builtins = {**vars(builtins), "__import__": self._import}
        self._handler: Any = None
        self._session: Any = None
        weakref.finalize(self, _forget_modules, self._suffix)

    def __call__(self, payload: bytes, context: Context) -> bytes:
        """The answer of the handler to the event ``payload``; the code is loaded first if it is not yet.

        Raises:
            Failed: In whatever way.
        """
        handler = self._log_handler(context)
        logging.getLogger().addHandler(handler)
        try:
            if self._handler is None:
                self._handler = self._load_handler()
            answer = self._handler(json.loads(payload or b"{}"), context)
            return _marshalled(answer)
        except OutsideTheLab:
            raise
        except Failed as failure:
            self.log.append(f"[ERROR] {failure.type}: {failure}\n")
            raise
        except Exception as error:
            kind, trace = type(error).__name__, _trace(error)
            lines = "".join(["Traceback (most recent call last):\n", *trace])
            self.log.append(f"[ERROR] {kind}: {error}\n{lines}")
            raise Failed(kind, str(error), trace) from None
        finally:
            logging.getLogger().removeHandler(handler)

    @property
    def is_usable(self) -> bool:
        """Whether it may take another event: code and settings are the same, the credentials still good."""
        return self.revision == self.function.modified and datetime.now(UTC) < self._role.expiration

    def session(self) -> Any:
        """The default session of boto3, as the execution role."""
        if self._session is None:
            import boto3

            self._session = boto3.Session()
        return self._session

    def _variables(self) -> dict[str, str]:
        function = self.function
        own = {
            "AWS_LAMBDA_FUNCTION_NAME": function.name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.settings["MemorySize"]),
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function.name}",
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.settings['Runtime']}",
            "AWS_REGION": function.region, "AWS_DEFAULT_REGION": function.region,
            "AWS_ACCESS_KEY_ID": self._role.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self._role.secret_access_key,
            "AWS_SESSION_TOKEN": self._role.session_token,
            "_HANDLER": function.settings["Handler"], "LAMBDA_TASK_ROOT": TASK_ROOT, "TZ": ":UTC",
        }  # fmt: skip
        guarded = {name: os.environ[name] for name in KEPT_OUT if name in os.environ}
        return {**guarded, **function.settings.get("Environment", {}).get("Variables", {}), **own}

    # -- the code ---------------------------------------------------------------------------------

    def _load_handler(self) -> Any:
        """The function that ``Handler`` names: ``module.function``, the module maybe in a folder.

        Raises:
            Failed: There is none, or the module cannot be loaded.
        """
        path, _, name = self.function.settings["Handler"].rpartition(".")
        module = path.replace("/", ".")
        try:
            loaded = self._module(module)
        except SyntaxError as error:
            place = f"{os.path.basename(error.filename or path)}, line {error.lineno}"
            text = f"Syntax error in module '{path}': {error.msg} ({place})"
            raise Failed("Runtime.UserCodeSyntaxError", text) from None
        except ImportError as error:
            raise Failed("Runtime.ImportModuleError", f"Unable to import module '{path}': {error}") from None
        handler = getattr(loaded, name, None)
        if handler is None:
            raise Failed("Runtime.HandlerNotFound", f"Handler '{name}' missing on module '{path}'")
        return handler

    def _path(self, name: str) -> str | None:
        """Where the zip has a module, if it has it."""
        stem = name.replace(".", "/")
        return next((path for path in (f"{stem}/__init__.py", f"{stem}.py") if path in self.files), None)

    def _owns(self, name: str) -> bool:
        """Whether the zip has it, or a folder of this name with Python in it."""
        stem = name.replace(".", "/") + "/"
        return self._path(name) is not None or any(
            path.startswith(stem) and path.endswith(".py") for path in self.files
        )

    def _module(self, name: str) -> ModuleType:
        """A module of the zip, loaded once; the packages around it come first."""
        if name in self._modules:
            return self._modules[name]
        if not self._owns(name):
            raise ModuleNotFoundError(f"No module named '{name}'", name=name)
        parent, _, last = name.rpartition(".")
        around = self._module(parent) if parent else None
        path, module = self._path(name), ModuleType(name + self._suffix)
        is_package = path is None or path.endswith("/__init__.py")
        vars(module).update(__builtins__=self._builtins, __package__=name if is_package else parent)
        if path is not None:
            module.__file__ = f"{TASK_ROOT}/{path}"
        # Data classes and others look for their module here.
        self._modules[name] = sys.modules[module.__name__] = module
        try:
            if path is not None:
                exec(
                    compile(self.files[path], module.__file__ or path, "exec", dont_inherit=True),
                    vars(module),
                )
        except BaseException:
            del self._modules[name], sys.modules[module.__name__]
            raise
        if around is not None:
            setattr(around, last, module)
        return module

    def _import(
        self, name: str, variables: Any = None, local: Any = None, names: Any = (), level: int = 0
    ) -> ModuleType:
        """``import`` in the function's code: the modules of its zip first, then those of the process."""
        package = (variables or {}).get("__package__") or ""
        full = importlib.util.resolve_name("." * level + name, package) if level else name
        if not self._owns(full.partition(".")[0]):
            return builtins.__import__(name, variables, local, names, level)
        module = self._module(full)
        if not names:
            return self._module(full.partition(".")[0])
        for each in names:
            if not hasattr(module, each) and self._owns(f"{full}.{each}"):
                self._module(f"{full}.{each}")
        return module

    # -- the log ----------------------------------------------------------------------------------

    def _log_handler(self, context: Context) -> logging.Handler:
        """Lambda's handler of the root logger. It hears this environment alone."""
        handler = logging.Handler()
        text = f"[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t{context.aws_request_id}\t%(message)s\n"
        formatter = logging.Formatter(text, "%Y-%m-%dT%H:%M:%S")
        formatter.converter = time.gmtime
        handler.setFormatter(formatter)
        handler.addFilter(lambda record: processes.RUNNING.get() is self)
        handler.emit = lambda record: self.log.append(handler.format(record))  # type: ignore[method-assign]
        return handler


def _forget_modules(suffix: str) -> None:
    for name in [name for name in list(sys.modules) if name.endswith(suffix)]:
        del sys.modules[name]


def _marshalled(answer: Any) -> bytes:
    """``answer`` as JSON. AWS's runtime takes no other types than those of JSON, and decimals."""
    try:
        return json.dumps(answer).encode()
    except (TypeError, ValueError) as error:
        raise Failed("Runtime.MarshalError", f"Unable to marshal response: {error}") from None


def _trace(error: BaseException) -> list[str]:
    """The lines of the traceback that are the function's own."""
    frames = traceback.extract_tb(error.__traceback__)
    return traceback.format_list([frame for frame in frames if frame.filename.startswith(TASK_ROOT)])
