"""JSON of others is read by one function, and refused in one way."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import cognito_lab
from cognito_lab.protocols import json_texts

BROKEN = [
    "",
    "{",
    "[1,]",
    "NaN",
    "[-Infinity]",
    "'x'",
    b"\xff",
    "[" * 100_000,
    '{"a":' * 100_000,
    "9" * 5_000,
]
TWOFOLD = ['{"a": 1, "a": 1}', '[{"a": {"b": 1, "b": 2}}]', '"\\ud83e"', '{"\\uD83E": 1}', b'["\\udd80"]']


@pytest.mark.parametrize("text", BROKEN, ids=range(len(BROKEN)))
def test_what_is_no_json_is_refused_in_one_way(text: str | bytes) -> None:
    for read in (json_texts.read, json_texts.read_once):
        with pytest.raises(json_texts.NotJson):
            read(text)


@pytest.mark.parametrize("text", TWOFOLD, ids=range(len(TWOFOLD)))
def test_what_could_be_read_in_two_ways(text: str | bytes) -> None:
    with pytest.raises(json_texts.NotJson):
        json_texts.read_once(text)
    json_texts.read(text)


def test_json_is_read() -> None:
    for read in (json_texts.read, json_texts.read_once):
        assert read('{"a": [1, 2.5, "\\ud83e\\udd80", null, {"a": {}}]}') == {
            "a": [1, 2.5, "🦀", None, {"a": {}}]
        }


# Reads what the lab itself has written, or has checked.
OF_THE_LAB = {
    "aws/cloudtrail/records.py": ["record_of", "resources_of"],
    "aws/iam/deleted_principals.py": ["with_id"],
    "aws/iam/policy_documents.py": ["guest_session_policies", "parsed"],
    "aws/lambda_functions/environments.py": ["__call__"],
    "aws/managed_login/pages/passkey_pages.py": ["passkey_page"],
    "aws/user_pools/people/federated_users.py": ["_listed"],
    "aws/user_pools/tokens/token_claims.py": ["id_claims"],
    "protocols/json_texts.py": ["_read"],
    "protocols/signing_keys.py": ["__init__"],
    "providers/google_accounts.py": [""],
    "served/browser_rules.py": ["localise_discovery"],
}


def test_nobody_else_reads_json_of_others() -> None:
    package = Path(cognito_lab.__file__).parent
    found: dict[str, list[str]] = {}

    def walk(node: ast.AST, inside: str) -> None:
        for child in ast.iter_child_nodes(node):
            name = child.name if isinstance(child, ast.FunctionDef) else inside
            if isinstance(child, ast.Attribute) and ast.unparse(child) == "json.loads":
                found.setdefault(str(path.relative_to(package)), []).append(inside)
            walk(child, name)

    for room in ("aws", "network", "protocols", "providers", "served"):
        for path in sorted((package / room).rglob("*.py")):
            walk(ast.parse(path.read_text(encoding="utf-8")), "")
    assert found == OF_THE_LAB
