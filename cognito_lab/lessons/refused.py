"""One idiom for refusals in the whole course: ``with refused("CodeMismatchException") as answer:``.

A refusal is whatever says *no* with a name: an error answer of an AWS service, an HTTP answer that
``raise_for_status()`` turned into an exception, a token that PyJWT does not accept, a request that botocore
does not even send, a host that the lab does not play. Anything else (a ``NameError``, say) is a mistake in
the block and passes through.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

CODE_IN_MARKUP = re.compile(r"<Code>([^<]+)|\bCode: ([^<\s]+)")  # S3, STS and IAM; S3's website endpoint
CODES = ("__type", "error", "status", "code")  # AWS, OAuth 2.0, Google
TEXTS = ("message", "Message", "error_description")
TEXT_IN_MARKUP = re.compile(r'<Message>([^<]*)|\bMessage: ([^<]+)|role="alert">([^<]*)')


@dataclass(frozen=True)
class Refusal:
    """A refusal, read: ``code`` can be relied on, ``message`` cannot; ``status`` is HTTP's, if it has one."""

    code: str
    message: str
    status: int | None = None
    operation: str = ""


class NotRefusedAsStated(AssertionError):
    """The block was not refused, or was refused for another reason than the lesson says."""

    def __init__(self, expected: str, came: str) -> None:
        super().__init__(f"expected the refusal {expected}, but {came}")
        self.expected, self.came = expected, came


def http_refusal(status: int, body: bytes) -> tuple[str, str]:
    """Code and text of an error answer, in JSON (AWS, OAuth 2.0), XML (S3, STS, IAM) or on a page.

    An answer without a body, to ``HEAD`` for example, has nothing but its status: then that is the code.
    """
    text = body.decode("utf-8", "replace")
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if isinstance(found, dict):
        inner = found["error"] if isinstance(found.get("error"), dict) else found
        code = next((inner[name] for name in CODES if inner.get(name)), status)
        said = next((inner[name] for name in TEXTS if inner.get(name)), "")
        return str(code).rpartition("#")[2], str(said)
    code_found, text_found = CODE_IN_MARKUP.search(text), TEXT_IN_MARKUP.search(text)
    code = next(filter(None, code_found.groups())) if code_found else str(status)
    said = next(filter(None, text_found.groups()), "") if text_found else ""
    return code, html.unescape(said).strip()


def _of_aws(error: Any) -> Refusal:
    said = error.response.get("Error", {})
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    return Refusal(said.get("Code", ""), said.get("Message", ""), status, error.operation_name)


def _of_http(error: Any) -> Refusal:
    answer = error.response
    code, message = http_refusal(answer.status_code, answer.content)
    request = answer.request
    where = f"{request.method} {request.path_url.partition('?')[0]}" if request is not None else ""
    return Refusal(code, message or answer.reason or "", answer.status_code, where)


def _of_its_name(error: Any) -> Refusal:
    return Refusal(type(error).__name__, str(error))


def _of_a_provider(error: Any) -> Refusal:
    return Refusal(error.code, error.message, error.status, "")


# By full name, so that nothing has to be imported only to find that it was not raised.
READERS: dict[str, Callable[[Any], Refusal]] = {
    "botocore.exceptions.ClientError": _of_aws,
    "botocore.exceptions.BotoCoreError": _of_its_name,  # ParamValidationError and its like
    "requests.exceptions.HTTPError": _of_http,
    "jwt.exceptions.PyJWTError": _of_its_name,
    "cognito_lab.errors.OutsideTheLab": _of_its_name,
    "cognito_lab.network.forms.OAuthError": _of_a_provider,
}


def refusal_from(error: BaseException) -> Refusal | None:
    """The refusal that ``error`` stands for; ``None`` where it is a mistake and no refusal."""
    for ancestor in type(error).__mro__:
        reader = READERS.get(f"{ancestor.__module__}.{ancestor.__qualname__}")
        if reader is not None and getattr(error, "response", "") is not None:
            return reader(error)
    return None


class refused:
    """The block must be refused with this code, or the cell fails.

    Args:
        codes: AWS's error code; for an error without one (PyJWT, botocore, ``OutsideTheLab``) the name of its
            class; for an HTTP answer without a body its status as text. Several only where the sources
            differ.
        quiet: Do not print the refusal.

    Attributes:
        code, message, status, operation: What came, after the block. The message is AWS's to change: nothing
            may be built on it.

    Raises:
        NotRefusedAsStated: Nothing was refused, or with another code. (An ``AssertionError``.)

    Examples:
        >>> with refused("CodeMismatchException") as answer:
        ...     cognito_idp.confirm_sign_up(ClientId=client, Username="mara", ConfirmationCode="000000")
        >>> with refused("AccessDenied"):
        ...     requests.get(url).raise_for_status()
    """

    def __init__(self, *codes: str, quiet: bool = False) -> None:
        if not codes or not all(isinstance(code, str) and code for code in codes):
            raise TypeError('name the code that must come, as in refused("CodeMismatchException")')
        self.codes = codes
        self.quiet = quiet
        self.code = self.message = self.operation = ""
        self.status: int | None = None

    def __enter__(self) -> refused:
        return self

    def __exit__(self, kind: Any, error: BaseException | None, traceback: Any) -> bool:
        expected = " or ".join(self.codes)
        if error is None:
            raise NotRefusedAsStated(
                expected, "nothing in the block was refused (requests needs .raise_for_status() in it)."
            )
        found = refusal_from(error)
        if found is None:
            return False
        if found.code not in self.codes:
            what = found.operation or "the block"
            came = f"{what} was refused with {found.code}: {found.message}"
            raise NotRefusedAsStated(expected, came) from error
        self.code, self.message = found.code, found.message
        self.status, self.operation = found.status, found.operation
        if not self.quiet:
            print(self)
        return True

    def __repr__(self) -> str:
        if not self.code:
            return f"refused({', '.join(map(repr, self.codes))}): not yet"
        subject = f"{self.operation} refused" if self.operation else "refused"
        status = f" (HTTP {self.status})" if self.status else ""
        text = f" – {' '.join(self.message.split())}" if self.message else ""
        return f"✗ {subject}, as it should be: {self.code}{status}{text}"
