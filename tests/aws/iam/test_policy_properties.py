"""What holds of every policy: an Allow only adds, a Deny only takes away, and no document is a surprise."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from support import policies as drawn
from support.policies import QUESTIONS, documents, statements

from cognito_lab.aws.api import resources
from cognito_lab.aws.iam import policies, policy_documents
from cognito_lab.aws.iam.policies import IDENTITY, RESOURCE, SESSION, TRUST, Policy
from cognito_lab.aws.iam.questions import AccessQuestion
from cognito_lab.aws.s3 import public_access
from cognito_lab.errors import AwsError
from cognito_lab.views import permissions

many = settings(max_examples=150, deadline=None, derandomize=True)
some = settings(max_examples=60, deadline=None, derandomize=True)


def condition(operator: str, value: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {operator: {"n": value}},
    }}  # fmt: skip


def of_principal(value: Any) -> dict[str, Any]:
    return {"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Principal": value}}


@many
@example(condition("Null", []))
@example(condition("NumericEquals", {}))
@example(condition("NumericEquals", 10**400))
@example(condition("DateLessThan", "9" * 400))
@example(condition("DateLessThan", str(2**63 - 1)))
@example(condition("StringLike", "\0"))
@example(of_principal(5))
@example(of_principal({"AWS": 5}))
@example(of_principal({"AWS": {"\0": 5}}))
@given(drawn.odd_documents())
def test_a_document_is_refused_when_it_is_saved_or_never(document: Any) -> None:
    question = AccessQuestion(
        "s3:GetObject",
        drawn.OBJECT,
        {"AWS": drawn.NAMES},
        {"n": 7, "aws:username": "mara", "many": ["a", "b"]},
    )
    for kind in (IDENTITY, SESSION, RESOURCE, TRUST):
        try:
            with patch.object(resources, "is_known_key", lambda *_: True):
                sound = policy_documents.validated(json.dumps(document), kind)
        except AwsError as error:
            assert error.code == "MalformedPolicyDocument"
            assert error.message.encode()
            continue
        verdict = policies.evaluate(kind, [Policy(kind, "test", sound)], question)
        assert repr(permissions.matches_table(verdict)).encode()
        if kind == RESOURCE:
            assert public_access.is_public(sound) in (True, False)


# -- more statements, more or fewer rights ----------------------------------------------------------

PLACES = {
    "identity": (documents(IDENTITY), statements("Allow"), statements("Deny")),
    "session": (documents(SESSION), statements("Allow"), statements("Deny")),
    "resource": (documents(RESOURCE, True), statements("Allow", True), statements("Deny", True)),
}


def situations(place: str = "identity") -> st.SearchStrategy[dict[str, Policy]]:
    """Policies of one kind each: of the owner of a right, and of ``place``; of the others perhaps."""
    sure = {name: PLACES[name][0] for name in {"identity", place}}
    return st.fixed_dictionaries(
        sure, optional={name: row[0] for name, row in PLACES.items() if name not in sure}
    )


def decide(question: AccessQuestion, held: dict[str, Policy]) -> bool:
    session = [held["session"]] if "session" in held else []
    return policies.decide(question, [held["identity"]], session, held.get("resource")).allowed


def with_one_more(
    held: dict[str, Policy], place: str, statement: dict[str, Any], at: int
) -> dict[str, Policy]:
    found = list(held[place].document["Statement"])
    found.insert(at % (len(found) + 1), statement)
    return {**held, place: replace(held[place], document={**held[place].document, "Statement": found})}


def test_an_allow_that_names_the_account_takes_nothing_from_one_for_everybody() -> None:
    """Found by the property below: the closest of several names counted, and the account's grants nothing."""
    public = {"Effect": "Allow", "Action": "*", "Resource": "*", "Principal": "*"}
    account = {**public, "Principal": {"AWS": drawn.ACCOUNT_ARN}}
    asked = AccessQuestion("s3:GetObject", drawn.OBJECT, {"AWS": drawn.NAMES})
    for several in ([public, account], [account, public]):
        assert policies.decide(asked, [], [], Policy(RESOURCE, "test", {"Statement": several}))
    assert not policies.decide(asked, [], [], Policy(RESOURCE, "test", {"Statement": [account]}))


@pytest.mark.parametrize("place", PLACES)
def test_an_added_allow_never_takes_a_right_away(place: str) -> None:
    @some
    @given(QUESTIONS, situations(place), PLACES[place][1], st.integers(0, 3))
    def holds(question: AccessQuestion, held: dict[str, Policy], more: dict[str, Any], at: int) -> None:
        assert not decide(question, held) or decide(question, with_one_more(held, place, more, at))

    holds()


@pytest.mark.parametrize("place", PLACES)
def test_an_added_deny_never_gives_a_right(place: str) -> None:
    @some
    @given(QUESTIONS, situations(place), PLACES[place][2], st.integers(0, 3))
    def holds(question: AccessQuestion, held: dict[str, Policy], more: dict[str, Any], at: int) -> None:
        assert not decide(question, with_one_more(held, place, more, at)) or decide(question, held)

    holds()


@some
@given(QUESTIONS, situations(), PLACES["session"][0])
def test_a_session_policy_never_widens(
    question: AccessQuestion, held: dict[str, Policy], session: Policy
) -> None:
    without = {place: policy for place, policy in held.items() if place != "session"}
    assert not decide(question, {**without, "session": session}) or decide(question, without)


@pytest.mark.parametrize("names", [drawn.NAMES, drawn.NAMES[1:], ()])
def test_a_not_principal_spares_whose_every_name_it_has(names: tuple[str, ...]) -> None:
    """A Deny for all but some is for whoever has a name that is not among them; an Allow for nobody else."""
    for count in range(4):
        for spared in itertools.combinations(drawn.NAMES, count):
            said = {"NotPrincipal": {"AWS": spared}}
            deny, allow = ({"Effect": effect, **said} for effect in ("Deny", "Allow"))
            assert policies.principal_matches(deny, {"AWS": names}) is not bool(
                names and {*names} <= {*spared}
            )
            assert policies.principal_matches(allow, {"AWS": names}) is not bool({*names} & {*spared})
    for effect in ("Deny", "Allow"):
        assert not policies.principal_matches({"Effect": effect, "NotPrincipal": "*"}, {"AWS": names})
