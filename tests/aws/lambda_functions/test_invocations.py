"""A function runs: with its own modules, variables and time, and without holding the account."""

from __future__ import annotations

import os
import sys
import threading
import time

import boto3
import pytest
from support.iam_people import allow, make_role
from support.lambda_functions import Held, archive, client, invoke, make_function
from support.user_pools import refused

from cognito_lab import Lab, OutsideTheLab
from cognito_lab.aws.lambda_functions import functions, invocations
from cognito_lab.network import account_lock


@pytest.fixture
def lab():
    with Lab.start() as lab:
        yield lab


@pytest.fixture
def held(lab, tmp_path):
    """A function that runs until it is let go."""
    held = Held(tmp_path)
    make_function(held.name, f"def handler(event, context):\n    {held.code}\n    return 1\n", Timeout=60)
    return held


def over(thread_name, seconds=60.0):
    """Whether the threads of this name end within ``seconds``."""
    end = time.monotonic() + seconds
    while any(thread.name == thread_name for thread in threading.enumerate()):
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


# -- its own place -------------------------------------------------------------------------------


def test_the_modules_of_the_zip_are_its_own(lab):
    make_function(
        "f",
        """
        from __future__ import annotations
        import helper, pkg.part as part
        from dataclasses import dataclass
        from pkg import other

        @dataclass
        class Point:
            x: int

        def handler(event, context):
            from pkg.part import number
            return [helper.NAME, part.number, other.number, number, Point(1).x]
        """,
        modules={
            "helper": "NAME = 'helper'",
            "pkg__part": "from .other import number",
            "pkg__other": "number = 7",
        },
    )
    assert invoke("f") == ("", ["helper", 7, 7, 7, 1])
    assert "helper" not in sys.modules and "pkg" not in sys.modules and "app" not in sys.modules


def test_a_module_that_the_zip_does_not_have_is_not_found(lab):
    text = "def handler(event, context):\n    import pkg.missing\n"
    make_function("f", text, modules={"pkg__part": ""})
    failed, answer = invoke("f")
    assert (failed, answer["errorType"]) == ("Unhandled", "ModuleNotFoundError")
    assert answer["errorMessage"] == "No module named 'pkg.missing'"


def test_without_its_role_a_function_does_not_begin(lab):
    role = make_role("gone")
    make_function("f", "def handler(event, context):\n    return 1\n", role=role)
    boto3.client("iam").delete_role(RoleName="gone")
    with refused("AccessDeniedException"):
        invoke("f")


def test_two_functions_have_modules_of_one_name(lab):
    text = "import helper\ndef handler(event, context):\n    return helper.NAME\n"
    make_function("a", text, modules={"helper": "NAME = 'a'"})
    make_function("b", text, modules={"helper": "NAME = 'b'"})
    assert [invoke(name)[1] for name in "abab"] == ["a", "b", "a", "b"]


def test_its_variables_are_its_own(lab):
    os.environ["PLACE"], former = "kernel", os.environ.get("PLACE")
    text = """
        import os, threading
        def handler(event, context):
            found = [os.environ["PLACE"], os.getenv("PLACE"), dict(os.environ)["PLACE"]]
            os.environ["OWN"] = "1"
            inner = threading.Thread(target=lambda: found.append(os.environ["OWN"]))
            inner.start(); inner.join()
            return [*found, "HOME" in os.environ, os.environ["AWS_LAMBDA_FUNCTION_NAME"]]
    """
    try:
        make_function("f", text, Environment={"Variables": {"PLACE": "beach"}})
        assert invoke("f") == ("", ["beach", "beach", "beach", "1", False, "f"])
        assert os.environ["PLACE"] == "kernel" and "OWN" not in os.environ
    finally:
        del os.environ["PLACE"]
        if former is not None:
            os.environ["PLACE"] = former


def test_what_is_loaded_stays_until_code_or_settings_change(lab):
    text = "n = 0\ndef handler(event, context):\n    global n\n    n += 1\n    return n\n"
    make_function("f", text)
    assert [invoke("f")[1] for _ in range(3)] == [1, 2, 3]
    client().update_function_configuration(FunctionName="f", Timeout=5)
    assert invoke("f")[1] == 1
    client().update_function_code(FunctionName="f", ZipFile=archive(app=text))
    assert invoke("f")[1] == 1
    lab.travel(hours=13)  # the credentials of the environment are over
    assert invoke("f")[1] == 1


def test_it_acts_as_its_role_in_every_way_to_a_client(lab):
    text = """
        import boto3, botocore.session, threading
        def handler(event, context):
            ways = [boto3, boto3.Session(), boto3.session.Session()]
            found = [way.client("sts").get_caller_identity()["Arn"] for way in ways]
            found.append(botocore.session.get_session().create_client("sts").get_caller_identity()["Arn"])
            ask = lambda: boto3.client("sts").get_caller_identity()["Arn"]
            inner = threading.Thread(target=lambda: found.append(ask()))
            inner.start(); inner.join()
            return found
    """
    make_function("f", text)
    assert set(invoke("f")[1]) == {"arn:aws:sts::123456789012:assumed-role/f-role/f"}
    assert boto3.client("sts").get_caller_identity()["Arn"] == "arn:aws:iam::123456789012:root"


def test_what_it_prints_and_logs_stands_in_its_log(lab, capsys):
    text = """
        import logging, sys
        logger = logging.getLogger(); logger.setLevel("INFO")
        def handler(event, context):
            print("printed"); print("complained", file=sys.stderr); logger.info("logged")
            raise ValueError("bad luck")
    """
    make_function("f", text)
    answer = client().invoke(FunctionName="f", LogType="Tail")
    log = lab.logs("f")
    assert answer["FunctionError"] == "Unhandled" and answer["LogResult"]
    assert (
        log.startswith("printed\ncomplained\n[INFO]\t") and "\tlogged\n[ERROR] ValueError: bad luck\n" in log
    )
    assert 'File "/var/task/app.py", line 6, in handler' in log
    assert "printed" not in capsys.readouterr().out


# -- how it fails --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "kind", "message"),
    [
        ("def handler(e, c):\n    raise KeyError('x')", "KeyError", "'x'"),
        (
            "import nowhere",
            "Runtime.ImportModuleError",
            "Unable to import module 'app': No module named 'nowhere'",
        ),
        ("def other(e, c): pass", "Runtime.HandlerNotFound", "Handler 'handler' missing on module 'app'"),
        ("def handler(e, c) pass", "Runtime.UserCodeSyntaxError", "Syntax error in module 'app'"),
        ("def handler(e, c):\n    return object()", "Runtime.MarshalError", "Unable to marshal response"),
        ("import sys\ndef handler(e, c):\n    sys.exit(3)", "Runtime.ExitError", "RequestId: "),
        ("1 / 0", "ZeroDivisionError", "division by zero"),
    ],
)
def test_how_it_fails(lab, text, kind, message):
    make_function("f", text)
    failed, answer = invoke("f")
    assert (failed, answer["errorType"]) == ("Unhandled", kind)
    assert answer["errorMessage"].startswith(message)


def test_what_the_lab_does_not_play_is_not_told_as_the_functions_error(lab):
    role = make_role("any", allow("*"))
    make_function("f", "import boto3\ndef handler(e, c):\n    boto3.client('lambda').list_layers()", role)
    with pytest.raises(OutsideTheLab, match="ListLayers"):
        invoke("f")


def test_a_payload_is_json(lab):
    make_function("f", "def handler(event, context):\n    return event")
    with refused("InvalidRequestContentException"):
        client().invoke(FunctionName="f", Payload=b"{")


# -- its time ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        "while True: pass",
        "try:\n        while True: pass\n    except Exception: pass",
        "while True:\n        try:\n            while True: pass\n        except Exception: pass",
    ],
)
def test_an_endless_loop_is_ended(lab, body):
    make_function("endless", f"def handler(event, context):\n    {body}\n", Timeout=1)
    begun = time.monotonic()
    failed, answer = invoke("endless")
    assert (failed, answer["errorType"]) == ("Unhandled", "Sandbox.Timedout")
    assert answer["errorMessage"].endswith("Error: Task timed out after 1.00 seconds")
    assert time.monotonic() - begun < 20
    assert over("endless")


def test_a_sleeper_is_not_waited_for_and_its_late_calls_are_refused(lab):
    role = make_role("maker", allow("cognito-idp:*"))
    text = """
        import boto3, time
        def handler(event, context):
            idp = boto3.client("cognito-idp")
            idp.create_user_pool(PoolName="early")
            time.sleep(1.5)
            try:
                idp.create_user_pool(PoolName="late")
            except Exception:
                idp.create_user_pool(PoolName="later")
    """
    make_function("sleeper", text, role, Timeout=1)
    assert invoke("sleeper")[1]["errorType"] == "Sandbox.Timedout"
    assert over("sleeper")
    pools = boto3.client("cognito-idp").list_user_pools(MaxResults=9)["UserPools"]
    assert {pool["Name"] for pool in pools} <= {"early"}  # or the second was over before


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_thread_that_a_late_function_started_makes_no_calls_either(lab):
    role = make_role("maker", allow("cognito-idp:*"))
    text = """
        import boto3, threading, time
        def later():
            time.sleep(1.3)
            boto3.client("cognito-idp").create_user_pool(PoolName="late")
        def handler(event, context):
            threading.Thread(target=later, name="child").start()
            while True: pass
    """
    make_function("parent", text, role, Timeout=1)
    invoke("parent")
    assert over("child")
    assert boto3.client("cognito-idp").list_user_pools(MaxResults=9)["UserPools"] == []


def test_others_may_use_the_account_while_it_runs(lab, held, monkeypatch):
    monkeypatch.setattr(account_lock, "PATIENCE", 100)  # longer than the function may run
    answers = []
    running = threading.Thread(target=lambda: answers.append(invoke(held.name)))
    running.start()
    held.wait_until_it_runs()
    boto3.client("cognito-idp").list_user_pools(MaxResults=9)
    assert not answers, "it still runs"
    held.let_go()
    running.join()
    assert answers == [("", 1)]


def test_only_so_many_run_at_a_time(lab, monkeypatch):
    monkeypatch.setattr(invocations, "CONCURRENT", 2)
    role = make_role("caller", allow("lambda:InvokeFunction"))
    text = """
        import boto3, json
        def handler(event, context):
            try:
                answer = boto3.client("lambda").invoke(FunctionName="again", Payload=json.dumps(event + 1))
                return json.load(answer["Payload"])
            except Exception as error:
                return [event, type(error).__name__]
    """
    make_function("again", text, role, Timeout=60)
    client_error = invoke("again", 0)
    assert client_error == ("", [1, "TooManyRequestsException"])
    assert functions.registry().running == 0


def test_an_account_that_ends_meanwhile_ends_the_call(lab, held):
    def end():
        held.wait_until_it_runs()
        lab.reset()
        held.let_go()

    threading.Thread(target=end).start()
    with pytest.raises(OutsideTheLab, match=held.name):
        invoke(held.name)
    assert boto3.client("lambda").list_functions()["Functions"] == []
