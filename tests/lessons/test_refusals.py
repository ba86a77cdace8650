"""`refused`: a block passes only if it is refused with the stated code. And errors, in few lines."""

from __future__ import annotations

import re
import subprocess
import sys

import boto3
import jwt
import pytest
import requests
from botocore.exceptions import ClientError, ParamValidationError
from IPython.core.interactiveshell import InteractiveShell

from cognito_lab import Lab, OutsideTheLab, refused
from cognito_lab.lessons import short_tracebacks
from cognito_lab.lessons.refused import NotRefusedAsStated, http_refusal


def aws_error(code: str = "CodeMismatchException") -> ClientError:
    answer = {"Error": {"Code": code, "Message": "Wrong code,\nplease try again."}}
    return ClientError({**answer, "ResponseMetadata": {"HTTPStatusCode": 400}}, "ConfirmSignUp")


def http_error(status: int, body: bytes, method: str = "GET") -> requests.HTTPError:
    answer = requests.Response()
    answer.status_code, answer._content, answer.reason = status, body, "Forbidden"
    answer.request = requests.Request(
        method, "https://tidepool-pictures.s3.amazonaws.com/a.svg?x=1"
    ).prepare()
    return requests.HTTPError(response=answer)


def test_the_stated_code_passes_and_is_told(capsys):
    with refused("CodeMismatchException") as answer:
        raise aws_error()
    assert (answer.code, answer.status, answer.operation) == ("CodeMismatchException", 400, "ConfirmSignUp")
    assert answer.message == "Wrong code,\nplease try again."
    printed = capsys.readouterr().out
    assert printed == (
        "✗ ConfirmSignUp refused, as it should be: CodeMismatchException (HTTP 400) – "
        "Wrong code, please try again.\n"
    )


def test_quiet_prints_nothing(capsys):
    with refused("CodeMismatchException", quiet=True):
        raise aws_error()
    assert capsys.readouterr().out == ""


def test_a_block_that_is_not_refused_fails():
    with (
        pytest.raises(
            AssertionError, match="expected the refusal AccessDenied, but nothing in the block was refused"
        ),
        refused("AccessDenied"),
    ):
        pass


def test_another_code_fails_and_says_which_came():
    with pytest.raises(NotRefusedAsStated) as caught, refused("ExpiredCodeException"):
        raise aws_error()
    assert caught.value.expected == "ExpiredCodeException"
    assert caught.value.came.startswith("ConfirmSignUp was refused with CodeMismatchException: Wrong code")
    assert isinstance(caught.value.__cause__, ClientError)


def test_a_code_that_only_begins_alike_is_another_code():
    with pytest.raises(AssertionError), refused("CodeMismatch"):
        raise aws_error()


def test_where_sources_differ_several_codes_may_come_and_no_others(capsys):
    for code in ("InvalidAccessKeyId", "SignatureDoesNotMatch"):
        with refused("InvalidAccessKeyId", "SignatureDoesNotMatch") as answer:
            raise aws_error(code)
        assert answer.code == code
    codes = ("InvalidAccessKeyId", "SignatureDoesNotMatch")
    with pytest.raises(AssertionError, match=" or ".join(codes)), refused(*codes):
        raise aws_error("AccessDenied")


@pytest.mark.parametrize(
    "mistake", [NameError("pool"), KeyError("IdToken"), AssertionError("no"), ZeroDivisionError()]
)
def test_a_mistake_in_the_block_is_no_refusal(mistake):
    with pytest.raises(type(mistake)) as caught, refused("CodeMismatchException"):
        raise mistake
    assert caught.value is mistake


def test_a_keyboard_interrupt_passes_through():
    with pytest.raises(KeyboardInterrupt), refused("KeyboardInterrupt"):
        raise KeyboardInterrupt


@pytest.mark.parametrize("codes", [(), (("A", "B"),), ("",), (ClientError,)])
def test_a_code_must_be_named(codes):
    with pytest.raises(TypeError, match="name the code"):
        refused(*codes)


HTTP_ANSWERS = {
    "S3": (
        403,
        b"<Error><Code>AccessDenied</Code><Message>A &amp; B</Message></Error>",
        "AccessDenied",
    ),
    "STS": (
        403,
        b"<ErrorResponse><Error><Type>Sender</Type><Code>ExpiredToken</Code></Error></ErrorResponse>",
        "ExpiredToken",
    ),
    "Cognito": (
        400,
        b'{"__type": "com.amazonaws#NotAuthorizedException", "message": "no"}',
        "NotAuthorizedException",
    ),
    "OAuth 2.0": (400, b'{"error": "invalid_grant", "error_description": "no"}', "invalid_grant"),
    "Google": (
        401,
        b'{"error": {"code": 401, "message": "no", "status": "UNAUTHENTICATED"}}',
        "UNAUTHENTICATED",
    ),
    "S3 website": (404, b"<html><ul><li>Code: NoSuchKey</li><li>Message: no such key</li></ul>", "NoSuchKey"),
    "no body": (403, b"", "403"),
    "a page of something else": (502, b"<html>Bad gateway</html>", "502"),
    "JSON that is no object": (500, b"[1]", "500"),
}


@pytest.mark.parametrize("who", HTTP_ANSWERS)
def test_http_answers_are_refusals_once_they_are_raised(who, capsys):
    status, body, code = HTTP_ANSWERS[who]
    with refused(code) as answer:
        raise http_error(status, body)
    assert (answer.code, answer.status, answer.operation) == (code, status, "GET /a.svg")
    with pytest.raises(AssertionError), refused("SomethingElse"):
        raise http_error(status, body)


def test_texts_of_http_answers_are_unescaped():
    assert http_refusal(*HTTP_ANSWERS["S3"][:2]) == ("AccessDenied", "A & B")


def test_an_http_answer_that_nobody_raised_is_not_a_refusal():
    with pytest.raises(AssertionError, match=r"raise_for_status\(\)"), refused("AccessDenied"):
        http_error(403, HTTP_ANSWERS["S3"][1])


def test_errors_without_a_code_go_by_the_name_of_their_class(capsys):
    key = "a secret of at least thirty-two bytes"
    token = jwt.encode({"sub": "mara"}, key, algorithm="HS256")
    with refused("InvalidSignatureError"):
        jwt.decode(token, key[::-1], algorithms=["HS256"])
    with pytest.raises(AssertionError), refused("PyJWTError"):  # its own name, not an ancestor's
        jwt.decode(token, key[::-1], algorithms=["HS256"])
    with refused("ParamValidationError"):
        raise ParamValidationError(report="Missing required parameter")
    with refused("OutsideTheLab"):
        raise OutsideTheLab("example.com is not part of this lab")


def test_the_codes_are_those_that_the_lab_gives(capsys):
    with Lab.start():
        user_pools = boto3.client("cognito-idp", region_name="us-east-1")
        with refused("ResourceNotFoundException") as answer:
            user_pools.describe_user_pool(UserPoolId="us-east-1_nowhere00")
        assert (answer.status, answer.operation) == (400, "DescribeUserPool")
        with refused("NoSuchBucket") as answer:
            requests.get("https://there-is-none.s3.amazonaws.com/").raise_for_status()
        assert answer.status == 404
        with refused("OutsideTheLab"):
            requests.get("https://example.com/")


# -- errors in few lines ------------------------------------------------------------------------


@pytest.fixture
def shell(monkeypatch):
    shell = InteractiveShell.instance()
    short_tracebacks.install(shell)
    shown: list[list[str]] = []
    monkeypatch.setattr(shell, "_showtraceback", lambda kind, error, lines: shown.append(lines))
    shell.user_ns.update(aws_error=aws_error, refused=refused, OutsideTheLab=OutsideTheLab)
    yield shell, shown
    InteractiveShell.clear_instance()


def test_an_aws_error_is_shown_in_three_lines_and_the_cell_fails(shell):
    shell, shown = shell
    result = shell.run_cell("raise aws_error()")
    assert isinstance(result.error_in_exec, ClientError)
    assert shown == [[
        "operation  ConfirmSignUp",
        "code       CodeMismatchException (HTTP 400)",
        "text       Wrong code, please try again.",
    ]]  # fmt: skip


def test_so_is_the_exception_class_that_boto3_makes_for_a_service(shell):
    shell, shown = shell
    shell.run_cell("class CodeMismatchException(type(aws_error())): pass")
    shell.run_cell("raise CodeMismatchException(aws_error().response, 'SignUp')")
    assert [line.split()[0] for line in shown[0]] == ["operation", "code", "text"]


def test_outside_the_lab_is_one_line_and_a_missed_refusal_two(shell):
    shell, shown = shell
    assert not shell.run_cell("raise OutsideTheLab('example.com is not\\n part of it')").success
    assert not shell.run_cell("with refused('AccessDenied'): pass").success
    assert not shell.run_cell("with refused('AccessDenied'): raise aws_error()").success
    assert shown[0] == ["OutsideTheLab: example.com is not part of it"]
    assert shown[1][0] == shown[2][0] == "AssertionError: expected the refusal AccessDenied,"
    assert shown[1][1].startswith("but nothing in the block was refused")
    assert shown[2][1].startswith("but ConfirmSignUp was refused with CodeMismatchException")


def test_the_whole_traceback_is_to_be_had(shell):
    shell, shown = shell
    shell.run_cell("def confirm():\n    raise aws_error()\nconfirm()")
    shell.run_cell("%tb")
    text = re.sub(r"\x1b\[[\d;]*m", "", "\n".join(shown[-1]))
    assert "Traceback" in text and "def confirm" in text and "ClientError: An error occurred" in text


def test_other_errors_are_shown_as_ever(shell):
    shell, shown = shell
    shell.run_cell("1 / 0")
    text = re.sub(r"\x1b\[[\d;]*m", "", "".join(shown[0]))
    assert "Traceback" in text and "1 / 0" in text


def test_in_a_kernel_the_error_is_sent_in_three_lines_and_the_run_fails():
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError
    from nbformat.v4 import new_code_cell, new_notebook

    cells = [
        "from cognito_lab import Lab; import boto3; lab = Lab.start()",
        "boto3.client('cognito-idp').describe_user_pool(UserPoolId='us-east-1_nowhere00')",
    ]
    notebook = new_notebook(cells=[new_code_cell(cell) for cell in cells])
    with pytest.raises(CellExecutionError):
        NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
    (error,) = notebook.cells[1].outputs
    assert (error.output_type, error.ename) == ("error", "ResourceNotFoundException")
    assert [line.split()[0] for line in error.traceback] == ["operation", "code", "text"]


def test_outside_ipython_nothing_is_installed_or_imported():
    code = "import sys; from cognito_lab import Lab; Lab.start().stop(); sys.exit('IPython' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
