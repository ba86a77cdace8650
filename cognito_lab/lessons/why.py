"""Why something was refused: which check said no, what it was given, and what it expected.

AWS tells its callers a code and a text. In the lab a small function raised the refusal: its name is the
check, its own variables say what it was given, and ``data/reasons.toml`` puts both into words.
"""

from __future__ import annotations

import string
import time
import tomllib
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from cognito_lab.aws.iam.policies import Verdict
from cognito_lab.errors import AwsError
from cognito_lab.lessons.refused import http_refusal, refusal_from
from cognito_lab.network import exchanges
from cognito_lab.network.exchanges import Exchange
from cognito_lab.network.forms import OAuthError
from cognito_lab.network.messages import Response
from cognito_lab.paths import DATA
from cognito_lab.views.permissions import TablesView, in_words, matches_table
from cognito_lab.views.tables import Table

UNKNOWN = "nothing more is known here"
LEARNERS = ("app", "browser")  # the learner's own callers
ON_BEHALF = ("refuse_if", "redirect_error_if")  # they raise what their caller refuses


@dataclass(frozen=True, repr=False)
class Why(TablesView):
    """A refusal and its reason, by :meth:`Refusals.why`.

    ``code``, HTTP ``status`` and ``aws_said`` are all that the caller was told. The rest AWS keeps to itself:
    the ``check`` (a function of the lab) with its ``rule``, what was ``given`` and ``expected``, and the
    ``verdict`` where policies decided. Passwords, codes, secrets, tokens and signatures are not among it.
    """

    operation: str
    code: str
    aws_said: str
    status: int | None = None
    check: str = ""
    rule: str = ""
    given: str = ""
    expected: str = ""
    verdict: Verdict | None = None

    def tables(self) -> list[Table]:
        status = f" (HTTP {self.status})" if self.status else ""
        told = f"{self.code}{status}: {self.aws_said or 'no text'}"
        if self.status and 300 <= self.status < 400:  # in the address to which the browser goes
            text = f"&error_description={self.aws_said}" if self.aws_said else ""
            told = f"error={self.code}{text}{status}"
        rows = {
            "the caller was told": told,
            "the check behind it": self.check or "none of the lab's own",
            "its rule": self.rule or UNKNOWN,
            "given": self.given or UNKNOWN,
            "expected": self.expected or UNKNOWN,
        }
        more = []
        if self.verdict is not None:
            rows["the policies say"] = in_words(self.verdict)
            more = [matches_table(self.verdict)]
        rows["the caller learns"] = "the first line, and no more"
        return [Table([{self.operation: name, "was refused": text} for name, text in rows.items()]), *more]


class Refusals:
    """Keeps the newest refusal of what the learner's program asked, from ``with`` to its end."""

    def __init__(self) -> None:
        self._newest: Why | None = None

    def __enter__(self) -> Refusals:
        exchanges.OBSERVERS.append(self.observe)
        return self

    def __exit__(self, *_: object) -> None:
        exchanges.OBSERVERS.remove(self.observe)

    def why(self) -> Why | Table:
        """The newest refusal and its reason."""
        return self._newest or Table([{"refused in this account": "nothing yet"}])

    def observe(self, exchange: Exchange) -> None:
        """Look at an exchange that is over; what services asked of each other is not the learner's."""
        if exchange.caller not in LEARNERS or exchange.request is None or exchange.request.path == "/error":
            return  # an error page is about a refusal, and not another one
        name = exchange.operation or f"{exchange.request.method} {exchange.request.path}"
        answer, error, refusal = exchange.response, exchange.error, exchange.refusal
        if answer is not None and (answer.status >= 400 or refusal is not None):
            code, said = http_refusal(answer.status, answer.body)
            if answer.status < 400:  # the browser is sent on, and reads no more than that address
                code, said = told_on_the_way(answer, getattr(refusal, "code", code))
            self._newest = Why(name, code, said, answer.status, **(because(refusal) if refusal else {}))
        elif error is not None and (found := refusal_from(error)):  # what the lab does not play
            self._newest = Why(name, found.code, found.message)


def told_on_the_way(answer: Response, code: str) -> tuple[str, str]:
    """``error`` and ``error_description`` in the address of a redirect; ``code`` where it has none."""
    where = urlsplit(answer.headers.get("location", ""))
    fields = dict(parse_qsl(f"{where.query}&{where.fragment}"))
    return fields.get("error", code), fields.get("error_description", "")


def because(error: Exception) -> dict[str, Any]:
    """Those fields of :class:`Why` that AWS keeps to itself, from the check that raised ``error``."""
    while isinstance(
        error.__context__, (AwsError, OAuthError)
    ):  # a room that made another room's refusal its own
        error = error.__context__
    trace = error.__traceback__
    while trace is not None and (inner := trace.tb_next) is not None:
        if inner.tb_frame.f_code.co_name in ON_BEHALF:
            break
        trace = inner
    assert trace is not None, "a refusal is raised by a check"
    frame = trace.tb_frame
    module, name = frame.f_globals.get("__name__", ""), frame.f_code.co_qualname
    check, variables = (
        f"{module.partition('.')[2].removeprefix('aws.')}.{name}",
        {"now": time.time(), **frame.f_locals},
    )
    verdict = variables.get("verdict")
    known = {"check": check, "verdict": verdict if isinstance(verdict, Verdict) else None}
    for row in table().get(check, []):
        if row.get("when", "") in str(error):
            try:
                sides = ("rule", "given", "expected")
                return known | {side: WORDS.vformat(row[side], (), variables) for side in sides}
            except Exception:  # one of its names has no value here: then it is another row that fits
                continue
    said = getattr(frame.f_globals.get(name), "__doc__", None) or ""
    return known | {"rule": " ".join(said.partition("\n\n")[0].split())}


@cache
def table() -> dict[str, list[dict[str, str]]]:
    """``data/reasons.toml``: the rows of each check."""
    return tomllib.loads((DATA / "reasons.toml").read_text(encoding="utf-8"))


FORMS: dict[str, Any] = {
    "": str,
    "at": lambda seconds: time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(seconds)),
    "or": lambda values: " or ".join(sorted(values)),
    "and": lambda values: ", ".join(sorted(values)),
    "count": lambda values: str(len(values)),
}


class Words(string.Formatter):
    """Fills in a row of the table. A name without a value, or with an empty one, is a ``LookupError``."""

    def get_field(self, field_name: str, args: Any, kwargs: Any) -> Any:
        value, used = super().get_field(field_name, args, kwargs)
        if value is None or value in ([], {}, ()):
            raise LookupError(field_name)
        return value, used

    def format_field(self, value: Any, format_spec: str) -> str:
        return str(FORMS[format_spec](value))


WORDS = Words()
