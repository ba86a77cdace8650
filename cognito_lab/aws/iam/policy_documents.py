"""A policy document when it is saved: what IAM and S3 take, and what they refuse.

Source: IAM User Guide, "IAM JSON policy element reference".
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any

from cognito_lab.aws.api import resources
from cognito_lab.aws.iam import policies, policy_variables, questions
from cognito_lab.aws.iam.conditions import OPERATORS
from cognito_lab.aws.iam.questions import Document, Statement
from cognito_lab.errors import AwsError, OutsideTheLab
from cognito_lab.paths import DATA
from cognito_lab.protocols import json_texts

SYNTAX = "Syntax errors in policy."
INVALID_PRINCIPAL = "Invalid principal in policy"
TOP_ELEMENTS = {"Version", "Id", "Statement"}
ELEMENTS = {
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
}
# Kind of policy → which of the optional pairs of elements its statements must have, and must not have.
PAIRS: dict[str, tuple[set[str], set[str]]] = {
    policies.IDENTITY: ({"Action", "Resource"}, {"Principal"}),
    policies.SESSION: ({"Action", "Resource"}, {"Principal"}),
    policies.RESOURCE: ({"Action", "Resource", "Principal"}, set()),
    policies.TRUST: ({"Action", "Principal"}, {"Resource"}),
}
# Who a ``Principal`` may name: one account, user, role or session, or everybody; an outside provider by its
# domain, or by its ARN in IAM; no name has a wildcard
# (IAM, "AWS JSON policy elements: Principal"). Origin access identities of CloudFront are users, with spaces.
PRINCIPALS = {
    "AWS": r"\*|\d{12}|arn:aws:iam::(\d{12}|cloudfront):(root|(user|role)/[\w+=,.@/ -]+)"
    r"|arn:aws:sts::\d{12}:(assumed-role/[\w+=,.@-]+|federated-user)/[\w+=,.@-]+",
    "Federated": r"[\w-]+(\.[\w-]+)+|arn:aws:iam::\d{12}:(saml|oidc)-provider/[^\s*?]+",
    "Service": r"[\w-]+(\.[\w-]+)+",
    "CanonicalUser": r"[0-9a-f]{64}",
}
CONDITION = re.compile(rf"Null|(ForAnyValue:|ForAllValues:)?({'|'.join(OPERATORS)})(IfExists)?")
# What AWS takes for a date: ISO 8601 with a year at least, or up to 19 digits of seconds.
DATE = re.compile(
    r"\d{1,19}|-?\d{4,9}(-\d\d?){0,2}"
    r"(T(\d\d?(:\d\d?(:\d\d?([.]\d{1,9})?)?)?)?(Z|[+-]\d\d(:?\d\d)?)?)?",
    re.IGNORECASE,
)
ARN = re.compile(r"arn:(aws(-[a-z-]+)?|\*)(:[^:]*){3}:.*", re.DOTALL)
# Control characters, and halves of surrogate pairs.
UNREADABLE = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\U0010ffff]")


def validated(text: str, kind: str, code: str = "MalformedPolicyDocument") -> Document:
    """The document in ``text``, if IAM would take it as a policy of this kind.

    Raises:
        AwsError: ``MalformedPolicyDocument`` (S3 says ``MalformedPolicy``: pass ``code``), with the first
            problem.
    """
    try:
        document = json_texts.read(text)
    except ValueError:
        raise AwsError(code, "This policy contains invalid Json") from None
    problem = next(_problems(document, kind), None)
    if problem:
        raise AwsError(code, problem)
    found: Document = document
    check_keys(found)
    return found


def check_keys(document: Document) -> None:
    """No statement asks for a condition key, or a variable, that the account does not know.

    Raises:
        OutsideTheLab: What such a statement decides would be a guess.
    """
    for statement in questions.as_list(document["Statement"]):
        principal, conditions = statement.get("Principal"), statement.get("Condition", {})
        federated = isinstance(principal, dict) and "Federated" in principal
        texts = [
            text for name in ("Resource", "NotResource") for text in questions.as_list(statement.get(name))
        ]
        texts += [
            str(one)
            for keys in conditions.values()
            for values in keys.values()
            for one in questions.as_list(values)
        ]
        variables = [found[1].strip() for text in texts for found in policy_variables.VARIABLE.finditer(text)]
        for key in [key for keys in conditions.values() for key in keys] + variables:
            if key not in ("*", "?", "$") and not resources.is_known_key(key, federated):
                raise OutsideTheLab(f"The condition key {key} is not played by this lab: nothing was saved.")


def _problems(document: Any, kind: str) -> Iterator[str]:
    if (
        not isinstance(document, dict)
        or document.keys() - TOP_ELEMENTS
        or not questions.as_list(document.get("Statement"))
        or not isinstance(document.get("Id", ""), str)
        or any(UNREADABLE.search(text) for text in texts_in(document))
    ):
        yield SYNTAX
        return
    if document.get("Version", "2008-10-17") not in ("2008-10-17", "2012-10-17"):
        yield "The policy must contain a valid version string"
    if kind != policies.RESOURCE:  # S3's own examples have spaces in them
        yield from _ids(questions.as_list(document["Statement"]))
    for statement in questions.as_list(document["Statement"]):
        if not isinstance(statement, dict) or statement.keys() - ELEMENTS:
            yield SYNTAX
            return
        if statement.get("Effect") not in ("Allow", "Deny"):
            effect = statement.get("Effect")
            yield f"Invalid effect: {effect}" if isinstance(effect, str) else SYNTAX
        required, prohibited = PAIRS[kind]
        for element in ("Action", "Resource", "Principal"):
            given = [name for name in (element, f"Not{element}") if name in statement]
            if element in prohibited and given:
                yield f"Has prohibited field {given[0]}"
            elif element in required and not (len(given) == 1 and questions.as_list(statement[given[0]])):
                yield f"Missing required field {element}" if not given else SYNTAX
        yield from _details(statement)


def _ids(statements: list[Any]) -> Iterator[str]:
    """IAM takes letters and digits in a ``Sid``, and each of them once."""
    ids = [str(one["Sid"]) for one in statements if isinstance(one, dict) and one.get("Sid")]
    if not all(re.fullmatch("[0-9A-Za-z]*", text) for text in ids):
        yield "Statement IDs (SID) must be alpha-numeric."
    if len(set(ids)) < len(ids):
        yield "Statement IDs (SID) in a single policy must be unique."


def _details(statement: Statement) -> Iterator[str]:
    texts = {
        name: questions.as_list(statement.get(name))
        for name in ("Action", "NotAction", "Resource", "NotResource")
    }
    texts["Sid"] = [statement.get("Sid", "")]
    if not all(isinstance(text, str) for several in texts.values() for text in several):
        yield SYNTAX
        return
    for action in texts["Action"] + texts["NotAction"]:
        if action != "*" and not re.fullmatch(r"[\w-]+:[\w*?]+", action, re.ASCII):
            yield "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
    for resource in texts["Resource"] + texts["NotResource"]:
        if resource != "*" and not ARN.fullmatch(resource):
            yield f'Resource {resource} must be in ARN format or "*".'
    for element in ("Principal", "NotPrincipal"):
        if element in statement and not names_principals(statement[element]):
            yield INVALID_PRINCIPAL
    yield from _conditions(statement.get("Condition", {}))


def _conditions(element: Any) -> Iterator[str]:
    if not isinstance(element, dict) or not all(isinstance(keys, dict) for keys in element.values()):
        yield SYNTAX
        return
    for name, keys in element.items():
        if not CONDITION.fullmatch(name):
            yield f"Invalid Condition type : {name}"
        for values in map(questions.as_list, keys.values()):
            if not values or not all(isinstance(value, (str, int, float)) for value in values):
                yield SYNTAX
            elif name.rpartition(":")[2].startswith("Date") and not all(
                DATE.fullmatch(questions.as_text(value)) for value in values
            ):
                yield "The policy failed legacy parsing"


def names_principals(element: Any) -> bool:
    """Whether a ``Principal`` element is ``"*"``, or names by kind; that they exist is another question."""
    return element == "*" or (
        isinstance(element, dict)
        and all(kind in PRINCIPALS and questions.as_list(names) for kind, names in element.items())
        and element != {}
        and all(
            isinstance(name, str) and re.fullmatch(PRINCIPALS[kind], name, re.ASCII)
            for kind, names in element.items()
            for name in questions.as_list(names)
        )
    )


def texts_in(value: Any) -> Iterator[str]:
    """Every text inside of ``value``, in a loop: a document may be nested more deeply than calls can."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, (dict, list)):
            waiting += [*one, *one.values()] if isinstance(one, dict) else one


@cache
def guest_session_policies() -> tuple[Document, ...]:
    """The two session policies that an identity pool puts on a guest's session (enhanced flow).

    Cognito Developer Guide, "IAM roles": an inline list of services and the managed
    ``AmazonCognitoUnAuthedIdentitiesSessionPolicy``. A guest can do what role and either of them allow.
    """
    return tuple(json.loads((DATA / "guest_session_policy.json").read_text())["policies"].values())


@lru_cache(maxsize=1024)
def parsed(text: str) -> dict[str, Any]:
    """A stored policy document; not to be changed by whoever asks for it."""
    document: dict[str, Any] = json.loads(text)
    return document
