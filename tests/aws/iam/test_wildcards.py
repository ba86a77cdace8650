"""Wildcards of policies and of CORS rules: what they fit, and that no pattern takes long to say so."""

from __future__ import annotations

import subprocess
import sys
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cognito_lab.aws.iam import policies, policy_variables
from cognito_lab.aws.iam.policies import IDENTITY, Policy
from cognito_lab.aws.iam.questions import AccessQuestion
from cognito_lab.aws.s3 import cors
from cognito_lab.paths import ROOT

texts = st.text("ab:*?${}\n", max_size=14)
patterns = st.text("ab:*?\n", max_size=12)


def fits(pattern: str, text: str, arn: bool) -> bool:
    """Said slowly, letter by letter: what a pattern is defined to fit."""
    front = 5 if arn and pattern.count(":") >= 5 else 0

    @cache
    def rest(p: int, t: int) -> bool:
        if p == len(pattern):
            return t == len(text)
        free = t < len(text) and (text[t] != ":" or pattern.count(":", 0, p) >= front)
        if pattern[p] == "*":
            return rest(p + 1, t) or (free and rest(p, t + 1))
        same = free if pattern[p] == "?" else t < len(text) and text[t] == pattern[p]
        return same and rest(p + 1, t + 1)

    return rest(0, 0)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(patterns, texts, st.booleans())
def test_a_pattern_fits_what_it_is_defined_to_fit(pattern: str, text: str, arn: bool) -> None:
    found = policy_variables.wildcard_pattern(pattern, arn=arn).fullmatch(text) is not None
    assert found == fits(pattern, text, arn)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.lists(st.sampled_from(["a", "*", ":", "b*", "*a", "?"]), max_size=12), st.booleans())
def test_an_arn_fits_its_own_parts(tokens: list[str], arn: bool) -> None:
    """Patterns with enough colons for an ARN, which letters by chance seldom have."""
    pattern = "a:*:" + "".join(tokens) + ":b*b:*a*b::*/a"
    for text in (
        pattern,
        pattern.replace("*", "aab"),
        pattern.replace("*", "a:b"),
        pattern.replace("?", ":"),
    ):
        found = policy_variables.wildcard_pattern(pattern, arn=arn).fullmatch(text) is not None
        assert found == fits(pattern, text, arn)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(texts, texts, texts)
def test_the_value_of_a_variable_is_taken_literally(before: str, value: str, after: str) -> None:
    question = AccessQuestion("s3:GetObject", context={"k": value})
    free = dict.fromkeys("*?${}", "")
    text = f"{before}${{k}}{after}".translate(str.maketrans(free)).replace("k", "${k}", 1)
    plain = text.replace("${k}", value)
    assert policy_variables.filled(text, question, True) == plain
    pattern = policy_variables.resolve(text, question, True)
    assert pattern is not None and pattern.fullmatch(plain)
    assert not value or not pattern.fullmatch(text.replace("${k}", ""))


# Where every star tries all that the others leave over, none of the first five comes to an end; in the last
# two the time would grow by the square of the length.
SLOW = """
from test_wildcards import match_everywhere
a = "a" * {length}
match_everywhere("*a" * {stars} + "b", a)
match_everywhere("arn:aws:s3:::" + "*a" * {stars} + "b", "arn:aws:s3:::" + a)
match_everywhere("arn:" + "*a" * {stars} + ":*:*:*:*a*a", "arn:" + a + ":b" * 5)
match_everywhere("*?" * {stars} + "b", a)
match_everywhere("*" * {stars} + "b", a)
match_everywhere("${{" * {length}, a)
match_everywhere("${{a,'" * {length}, a)
"""


def match_everywhere(pattern: str, text: str) -> None:
    """Let every door read one pattern: action, resource, conditions, an origin of a CORS rule."""
    like = {operator: {"k": pattern} for operator in ("StringLike", "StringEqualsIgnoreCase", "ArnLike")}
    statement = {"Effect": "Allow", "Action": pattern, "Resource": pattern, "Condition": like}
    policy = Policy(IDENTITY, "test", {"Version": "2012-10-17", "Statement": statement})
    assert not policies.decide(AccessQuestion(text, text, {}, {"k": text}), [policy])
    assert not cors.like(text, pattern)


def test_no_pattern_takes_long() -> None:
    """A program of its own, which can be ended: a match that has begun listens to nobody."""
    path = f"{ROOT / 'tests' / 'aws' / 'iam'}"
    program = f"import sys; sys.path.insert(0, {path!r})\n" + SLOW.format(stars=100, length=20_000)
    try:
        subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, timeout=60)
    except subprocess.TimeoutExpired:
        pytest.fail("A pattern of 100 stars against 20,000 letters did not end.")
