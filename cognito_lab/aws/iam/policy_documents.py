"""A policy document when it is saved: what IAM and S3 take, and what they refuse.

Source: IAM User Guide, "IAM JSON policy element reference".
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any

from cognito_lab.aws.iam import policies, questions
from cognito_lab.aws.iam.conditions import OPERATORS
from cognito_lab.aws.iam.questions import Document, Statement
from cognito_lab.errors import AwsError
from cognito_lab.paths import DATA

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


def validated(text: str, kind: str, code: str = "MalformedPolicyDocument") -> Document:
    """The document in ``text``, if IAM would take it as a policy of this kind.

    Raises:
        AwsError: ``MalformedPolicyDocument`` (S3 says ``MalformedPolicy``: pass ``code``), with the first
            problem.
    """
    try:
        document = json.loads(text)
    except ValueError:
        raise AwsError(code, "This policy contains invalid Json") from None
    problem = next(_problems(document, kind), None)
    if problem:
        raise AwsError(code, problem)
    found: Document = document
    return found


def _problems(document: Any, kind: str) -> Iterator[str]:
    if (
        not isinstance(document, dict)
        or document.keys() - TOP_ELEMENTS
        or not questions.as_list(document.get("Statement"))
    ):
        yield "Syntax errors in policy."
        return
    if document.get("Version", "2008-10-17") not in ("2008-10-17", "2012-10-17"):
        yield "The policy must contain a valid version string"
    for statement in questions.as_list(document["Statement"]):
        if not isinstance(statement, dict) or statement.keys() - ELEMENTS:
            yield "Syntax errors in policy."
            return
        if statement.get("Effect") not in ("Allow", "Deny"):
            yield f"Invalid effect: {statement.get('Effect')}"
        required, prohibited = PAIRS[kind]
        for element in ("Action", "Resource", "Principal"):
            given = [name for name in (element, f"Not{element}") if name in statement]
            if element in prohibited and given:
                yield f"Has prohibited field {given[0]}"
            elif element in required and not (len(given) == 1 and questions.as_list(statement[given[0]])):
                yield f"Missing required field {element}" if not given else "Syntax errors in policy."
        yield from _details(statement)


def _details(statement: Statement) -> Iterator[str]:
    texts = {
        name: questions.as_list(statement.get(name))
        for name in ("Action", "NotAction", "Resource", "NotResource")
    }
    if not all(isinstance(text, str) for several in texts.values() for text in several):
        yield "Syntax errors in policy."
        return
    for action in texts["Action"] + texts["NotAction"]:
        if action != "*" and not re.fullmatch(r"[\w-]+:[\w*?]+", action):
            yield "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
    for resource in texts["Resource"] + texts["NotResource"]:
        if resource != "*" and not resource.startswith(("arn:", "${")):
            yield f'Resource {resource} must be in ARN format or "*".'
    for principal in (statement.get("Principal"), statement.get("NotPrincipal")):
        if principal not in (None, "*") and not isinstance(principal, dict):
            yield "Invalid principal in policy."
    conditions = statement.get("Condition", {})
    if not isinstance(conditions, dict) or not all(isinstance(keys, dict) for keys in conditions.values()):
        yield "Syntax errors in policy."
        return
    for name in conditions:
        if not CONDITION.fullmatch(name):
            yield f"Invalid Condition type : {name}"


CONDITION = re.compile(rf"Null|(ForAnyValue:|ForAllValues:)?({'|'.join(OPERATORS)})(IfExists)?")


@cache
def guest_session_policies() -> tuple[Document, ...]:
    """The two session policies that an identity pool puts on a guest's session (enhanced flow).

    Cognito Developer Guide, "IAM roles": an inline list of services and the managed
    ``AmazonCognitoUnAuthedIdentitiesSessionPolicy``. A guest can do what role and either of them allow.
    """
    return tuple(json.loads((DATA / "guest_session_policy.json").read_text())["policies"].values())


@lru_cache(512)
def parsed(text: str) -> dict[str, Any]:
    """A stored policy document; not to be changed by whoever asks for it."""
    document: dict[str, Any] = json.loads(text)
    return document
