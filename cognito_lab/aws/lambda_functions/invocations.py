"""Invocations: a function gets an event in a thread of its own, for as long as its ``Timeout`` allows.

The account's lock is not held meanwhile: a function may call the account, also the pool that waits for it.
When its time is over, nobody waits any more: its calls are refused from then on, and an exception is raised
in its thread, again and again until it ends. A thread that is inside a C function, such as ``time.sleep``,
ends when that returns; one that the function has started itself is only refused its calls.

Source: Invoke in the Lambda API reference; "Lambda quotas" (concurrent executions of a new account).
"""

from __future__ import annotations

import base64
import ctypes
import json
import threading
import time
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from cognito_lab import randomness
from cognito_lab.aws import moto_patches
from cognito_lab.aws.api.operations import Call, operation
from cognito_lab.aws.lambda_functions import environments, functions, processes
from cognito_lab.aws.lambda_functions.environments import Context, Environment, Failed
from cognito_lab.aws.lambda_functions.functions import Function
from cognito_lab.errors import AwsError, OutsideTheLab
from cognito_lab.network import account_lock, exchanges
from cognito_lab.protocols import json_texts

CONCURRENT = 10  # executions at a time in a new account
TAIL = 4096  # bytes of the log that ``LogType=Tail`` answers


class Stopped(SystemExit):
    """Raised in the thread of a function whose time is over. No ``except Exception`` catches it."""


@dataclass
class Outcome:
    """How an invocation ended: the JSON of its answer, or of its error."""

    payload: bytes
    error: dict[str, Any] | None
    log: str


class Invocation(AbstractContextManager[None]):
    """One event given to an environment. It is also the gate that the function's own calls pass."""

    def __init__(self, environment: Environment, payload: bytes, context: Context) -> None:
        self._environment, self._payload, self._context = environment, payload, context
        self._passing = threading.RLock()  # held while one of its calls is answered
        self.done, self.ended = threading.Event(), False
        self.answer = b"null"
        self.error: Failed | OutsideTheLab | None = None
        self.thread = threading.Thread(target=self._run, name=environment.function.name, daemon=True)

    def __enter__(self) -> None:
        self._passing.acquire()
        if self.ended:
            self._passing.release()
            raise Stopped

    def __exit__(self, *_: object) -> None:
        self._passing.release()

    def _run(self) -> None:
        processes.RUNNING.set(self._environment)
        exchanges.CALLER.set(f"function {self._environment.function.name}")
        exchanges.GATE.set(self)
        try:
            self.answer = self._environment(self._payload, self._context)
        except (Failed, OutsideTheLab) as failure:
            self.error = failure
        except Stopped:
            return
        except BaseException as end:
            status = end.code if isinstance(end, SystemExit) else 1
            text = f"RequestId: {self._context.aws_request_id} Error: Runtime exited with error: "
            self.error = Failed("Runtime.ExitError", f"{text}exit status {status}")
        self.done.set()

    def stop(self) -> None:
        """Its time is over. The exception comes while none of its calls is answered, which happen whole."""
        self.ended = True
        threading.Thread(target=self._raise_until_it_ends, daemon=True).start()

    def _raise_until_it_ends(self) -> None:
        self.thread.join(pause := 0.1)  # most end at their next call
        while self.thread.is_alive():
            if self._passing.acquire(timeout=1.0):
                number = ctypes.c_ulong(self.thread.ident or 0)
                ctypes.pythonapi.PyThreadState_SetAsyncExc(number, ctypes.py_object(Stopped))
                self._passing.release()
            self.thread.join(pause := min(2 * pause, 1.0))


def invoke(function: Function, payload: bytes, patience: float | None = None) -> Outcome:
    """Give ``payload`` to the function and wait for what it says, at most ``patience`` seconds.

    The caller has the account's lock, and must look again at whatever it knew: while the function ran others
    may have changed the account.

    Raises:
        AwsError: ``TooManyRequestsException``: as many functions run as may.
        TimeoutError: The caller's ``patience`` was shorter than the function's ``Timeout``, and is over.
        OutsideTheLab: The account has ended meanwhile, or another one has taken its place; or the function
            asked for something that the lab does not play, and did not catch this.
    """
    processes.install()
    processes.redirect_streams()
    check_caller_goes_on()
    account, limit = functions.registry(), function.settings["Timeout"]
    check_concurrency(account)
    environment, identifier = _environment(account, function), randomness.uuid4()
    seconds = min(limit, limit if patience is None else patience)
    memory = str(function.settings["MemorySize"])
    context = Context(function.name, function.arn, identifier, memory, time.monotonic() + limit)
    invocation, before = Invocation(environment, payload, context), len(environment.log)
    account.running += 1
    with account_lock.LOCK.released():
        try:
            invocation.thread.start()
            finished = invocation.done.wait(seconds)
        finally:
            account.running -= 1
            if not invocation.done.is_set():
                invocation.stop()
    check_same_account(account, function)
    if not finished and seconds < limit:
        raise TimeoutError
    failure = invocation.error
    if isinstance(failure, OutsideTheLab):
        raise failure
    if not finished:
        text = f"RequestId: {identifier} Error: Task timed out after {limit:.2f} seconds"
        failure = Failed("Sandbox.Timedout", text)
        environment.log.append(f"{text}\n")
    elif environment.is_usable and (failure is None or not failure.type.startswith("Runtime.")):
        function.idle.append(environment)
    error: dict[str, Any] | None = None
    if failure is not None:
        error = {"errorMessage": str(failure), "errorType": failure.type}
        error |= {"requestId": identifier, "stackTrace": failure.trace} if finished else {}
    answer = invocation.answer if error is None else json.dumps(error).encode()
    return Outcome(answer, error, "".join(environment.log[before:]))


def check_caller_goes_on() -> None:
    """A function whose time is over sets off no other one."""
    if getattr(exchanges.GATE.get(), "ended", False):
        raise Stopped


def check_concurrency(account: functions.Functions) -> None:
    if account.running >= CONCURRENT:
        raise AwsError("TooManyRequestsException", "Rate Exceeded.", 429)


def check_same_account(account: functions.Functions, function: Function) -> None:
    if functions.registry() is not account:
        raise OutsideTheLab(
            f"While the function {function.name} ran, the account that waited for it has ended."
        )


def _environment(account: functions.Functions, function: Function) -> Environment:
    """An environment that waits for an event, or a new one: an environment takes one event at a time."""
    while function.idle:
        environment: Environment = function.idle.pop()
        if environment.is_usable:
            return environment
    check_role_is_there(function)
    return environments.Environment(function, account.logs.setdefault((function.region, function.name), []))


def check_role_is_there(function: Function) -> None:
    roles = (role.arn for role in moto_patches.iam().roles.values())
    if function.settings["Role"] not in roles:
        raise AwsError(
            "AccessDeniedException", "The role defined for the function cannot be assumed by Lambda.", 403
        )


@operation("lambda", "Invoke")
def invoke_operation(call: Call) -> dict[str, Any]:
    function, payload = functions.function_in(call), call.get("Payload", b"")
    check_payload(payload)
    if call.get("InvocationType") == "DryRun":
        return {"StatusCode": 204}
    with exchanges.internal_call("lambda", f"function {function.name}", "Invoke"):
        outcome = invoke(function, payload)
    failed = {"FunctionError": "Unhandled"} if outcome.error else {}
    tail = outcome.log.encode()[-TAIL:] if call.get("LogType") == "Tail" else b""
    shown = {"LogResult": base64.b64encode(tail).decode()} if tail else {}
    return {"StatusCode": 200, "Payload": outcome.payload, "ExecutedVersion": "$LATEST", **failed, **shown}


def check_payload(payload: bytes) -> None:
    try:
        json_texts.read(payload or b"{}")
    except json_texts.NotJson:
        raise AwsError("InvalidRequestContentException", "Could not parse request body into json.") from None
