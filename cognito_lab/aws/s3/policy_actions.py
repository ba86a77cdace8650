"""The actions of a bucket policy: each applies to the bucket or to objects, and its statement must name them.

Source: Service Authorization Reference, "Actions, resources, and condition keys for Amazon S3". Many people
report that S3 refuses other statements when the policy is saved.
"""

from __future__ import annotations

import tomllib
from functools import cache

from cognito_lab.aws.iam import policy_variables, questions
from cognito_lab.aws.iam.questions import Statement
from cognito_lab.errors import AwsError
from cognito_lab.paths import DATA

BUCKET, OBJECT = "bucket", "object"


@cache
def names() -> dict[str, list[str]]:
    """The actions that apply to a bucket, and those that apply to objects."""
    return tomllib.loads((DATA / "s3_actions.toml").read_text(encoding="utf-8"))


def kinds_of_action(text: str) -> set[str]:
    """To what the actions apply that ``text`` stands for; to nothing, if it is not an action of both."""
    pattern = policy_variables.wildcard_pattern(text.lower())
    return {
        kind
        for kind, known in names().items()
        if any(pattern.fullmatch(f"s3:{one}".lower()) for one in known)
    }


def kinds_of_resource(text: str) -> set[str]:
    """What a ``Resource`` may stand for. A wildcard in the bucket's name covers what comes behind it too."""
    return {kind for kind, may in ((BUCKET, "/" not in text), (OBJECT, "/" in text or "*" in text)) if may}


def check_apply(statement: Statement) -> None:
    """Every action applies to one of the resources of its statement.

    Raises:
        AwsError: ``MalformedPolicy``.
    """
    given = questions.as_list(statement.get("Resource", "*"))
    named = {kind for resource in given for kind in kinds_of_resource(resource)}
    for action in questions.as_list(statement.get("Action")):
        kinds = kinds_of_action(action)
        if kinds and not kinds & named:
            raise AwsError("MalformedPolicy", "Action does not apply to any resource(s) in statement")
