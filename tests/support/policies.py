"""Policies by chance, for properties: sound statements about one bucket, and documents of any kind."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import strategies as st

from cognito_lab.aws.iam.conditions import OPERATORS
from cognito_lab.aws.iam.policies import Policy
from cognito_lab.aws.iam.questions import AccessQuestion

ACCOUNT = "123456789012"
SESSION_ARN = f"arn:aws:sts::{ACCOUNT}:assumed-role/member/mara"
ROLE_ARN = f"arn:aws:iam::{ACCOUNT}:role/member"
ACCOUNT_ARN = f"arn:aws:iam::{ACCOUNT}:root"
NAMES = (SESSION_ARN, ROLE_ARN, ACCOUNT_ARN)
OBJECT = "arn:aws:s3:::b/mara/crab"

# Small alphabets, so that what is drawn often fits what is asked.
ACTIONS = st.sampled_from(["s3:GetObject", "s3:*", "*", "s3:Put*", ["s3:PutObject", "s3:GetObject"]])
RESOURCES = st.sampled_from(
    [OBJECT, "arn:aws:s3:::b/*", "*", "arn:aws:s3:::b/${aws:username}/*", "arn:aws:s3:::c"]
)
PRINCIPALS = st.sampled_from(
    ["*", *({"AWS": name} for name in NAMES), {"AWS": ["*", ROLE_ARN]}, {"AWS": ["1" * 12]}]
)
KEYS = ("aws:username", "aws:SourceIp", "aws:SourceArn", "aws:CurrentTime", "n", "flag", "none", "many")
VALUES = st.sampled_from(
    [
        "mara",
        "m*",
        "${aws:username}",
        "*",
        "203.0.113.0/24",
        OBJECT,
        "arn:aws:*",
        "2026-06-01",
        "7",
        7,
        True,
        "true",
    ]
)
NAMED_OPERATORS = st.one_of(
    st.just("Null"),
    st.builds(
        lambda quantifier, name, optional: quantifier + name + optional,
        st.sampled_from(["", "", "ForAnyValue:", "ForAllValues:"]), st.sampled_from(sorted(OPERATORS)),
        st.sampled_from(["", "", "IfExists"]),
    ),
)  # fmt: skip


def conditions(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    keys = st.dictionaries(st.sampled_from(KEYS), values, min_size=1, max_size=2)
    return st.dictionaries(NAMED_OPERATORS, keys, max_size=2)


def statements(effect: str = "", principals: bool = False) -> st.SearchStrategy[dict[str, Any]]:
    """Sound statements, of one effect if it is given, with a principal where a policy of a bucket has one."""
    one_or_more = VALUES | st.lists(VALUES, min_size=1, max_size=2)
    elements = {
        "Effect": st.just(effect) if effect else st.sampled_from(["Allow", "Deny"]),
        "Condition": st.just({}) | conditions(one_or_more),
        st.sampled_from(["Action", "Action", "NotAction"]): ACTIONS,
        st.sampled_from(["Resource", "Resource", "NotResource"]): RESOURCES,
    }
    if principals:
        elements[st.sampled_from(["Principal", "Principal", "NotPrincipal"])] = PRINCIPALS

    @st.composite
    def drawn(draw: st.DrawFn) -> dict[str, Any]:
        return {
            name if isinstance(name, str) else draw(name): draw(value) for name, value in elements.items()
        }

    return drawn()


def documents(kind: str, principals: bool = False) -> st.SearchStrategy[Policy]:
    """Policies of one kind, of sound statements."""
    several = st.lists(statements(principals=principals), min_size=1, max_size=3)
    return several.map(lambda drawn: Policy(kind, "test", {"Version": "2012-10-17", "Statement": drawn}))


QUESTIONS = st.builds(
    lambda names, keys: AccessQuestion("s3:GetObject", OBJECT, {"AWS": names} if names else {}, keys),
    st.sampled_from([NAMES, (f"arn:aws:iam::{ACCOUNT}:user/mara", ACCOUNT_ARN), ()]),
    st.fixed_dictionaries(
        {}, optional={
            "aws:username": st.sampled_from(["mara", "*", ""]),
            "aws:SourceIp": st.sampled_from(["203.0.113.9", "8.8.8.8"]), "aws:SourceArn": st.just(OBJECT),
            "aws:CurrentTime": st.just("2026-06-01T09:00:00Z"), "n": st.sampled_from([7, "7", "x"]),
            "flag": st.booleans(), "many": st.sampled_from([[], ["mara", "ben"]]),
        },
    ),
)  # fmt: skip

# -- anything that can be written in JSON ----------------------------------------------------------

ODD_TEXTS = st.sampled_from(
    [
        "",
        "\0",
        "${a",
        "${\0}",
        "9" * 400,
        "1e999",
        "nan",
        "-1",
        "2026-13-01",
        "0.0.0.0/99",
        "\ud83e",
        "arn:",
        ":" * 9,
    ]
)
SCALARS = (
    st.booleans() | st.integers() | st.just(10**400) | st.floats(allow_nan=False) | ODD_TEXTS | st.text()
)
ANYTHING = st.recursive(
    st.none() | st.floats() | SCALARS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.just("AWS") | ODD_TEXTS, inner),
    max_leaves=3,
)


@st.composite
def odd_documents(draw: st.DrawFn) -> Any:
    """A document with odd values of the right kind, or a sound one that says something else somewhere."""
    statement = copy.deepcopy(draw(statements(principals=draw(st.booleans()))))
    if draw(st.booleans()):
        name = "Resource" if "Resource" in statement else "NotResource"
        values = SCALARS | st.lists(SCALARS | VALUES, min_size=1, max_size=2)
        statement |= {name: "arn:aws:s3:::" + draw(ODD_TEXTS), "Condition": draw(conditions(values))}
        return {"Version": draw(st.sampled_from(["2012-10-17", "2008-10-17"])), "Statement": statement}
    document: Any = {"Version": "2012-10-17", "Id": "x", "Statement": [{"Sid": "a", **statement}]}
    for _ in range(draw(st.integers(1, 2))):
        place, inside = document, document["Statement"]
        while isinstance(inside, (dict, list)) and inside and (place is document or draw(st.integers(0, 3))):
            place = inside
            name = draw(st.sampled_from(sorted(place))) if isinstance(place, dict) else 0
            inside = place[name]
        if place is document:
            document["Statement"] = draw(ANYTHING)
            break
        place[name] = draw(ANYTHING)
    return document
