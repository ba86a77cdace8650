"""Solutions with one thing changed, as people change them: what an exercise's check has to notice."""

from __future__ import annotations

import ast
import copy
import itertools
from collections.abc import Callable, Iterator

# Values that are taken for one another, in either direction.
SWAPPED = [
    ("IdToken", "AccessToken"),
    ("SecretKey", "SecretAccessKey"),
    ("authenticated", "unauthenticated"),
    ("ID_TOKEN", "ACCESS_TOKEN"),
    ("Allow", "Deny"),
]
Change = Callable[[ast.AST], None]


def mutants(code: str) -> Iterator[tuple[str, str]]:
    """Every mutant of a solution: what was changed, in words that stay the same, and its code."""
    tree = ast.parse(code)
    for place, node in enumerate(ast.walk(tree)):
        for what, change in _changes(node):
            mutant = copy.deepcopy(tree)
            change(list(ast.walk(mutant))[place])
            yield what, ast.unparse(ast.fix_missing_locations(mutant))


def _changes(node: ast.AST) -> Iterator[tuple[str, Change]]:
    if isinstance(node, ast.Call):
        for index, keyword in enumerate(node.keywords):
            if keyword.arg:
                said = f"argument removed: {keyword.arg}={ast.unparse(keyword.value)}"
                yield said, lambda it, index=index: it.keywords.pop(index)
    if isinstance(node, ast.Dict):
        for index, (key, value) in enumerate(zip(node.keys, node.values, strict=True)):
            entry = f"{ast.unparse(key) if key else '**'}: {ast.unparse(value)}"
            yield (
                f"entry removed: {entry}",
                lambda it, index=index: (it.keys.pop(index), it.values.pop(index)),
            )
        values = [value.value for value in node.values if isinstance(value, ast.Constant)]
        for one, other in itertools.combinations(range(len(node.values) if len(values) > 1 else 0), 2):
            if ast.dump(node.values[one]) != ast.dump(node.values[other]):
                said = " and ".join(ast.unparse(key or node) for key in (node.keys[one], node.keys[other]))
                yield f"values exchanged: {said}", lambda it, one=one, other=other: _exchange(it, one, other)
    if isinstance(node, (ast.List, ast.Tuple)) and isinstance(node.ctx, ast.Load):
        for index, element in enumerate(node.elts):
            yield f"element removed: {ast.unparse(element)}", lambda it, index=index: it.elts.pop(index)
    if isinstance(node, ast.FunctionDef):
        for index, statement in enumerate(node.body):
            if not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)):
                first = ast.unparse(statement).splitlines()[0]
                yield f"step removed: {first}", lambda it, index=index: it.body.__setitem__(index, ast.Pass())
    if isinstance(node, ast.Constant):
        for other in _others(node.value):
            yield f"{node.value!r} became {other!r}", lambda it, other=other: setattr(it, "value", other)
    if isinstance(node, ast.JoinedStr):
        widened = ast.unparse(node)
        if ":s3" in widened or "/" in widened:
            yield (
                f"widened to '*': {widened}",
                lambda it: it.values.__setitem__(slice(None), [ast.Constant("*")]),
            )


def _others(value: object) -> Iterator[object]:
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, str):
        for one, other in SWAPPED:
            if value in (one, other):
                yield other if value == one else one
        service, colon, action = value.partition(":")
        if colon and service in ("s3", "sts", "dynamodb") and action[:1].isupper():
            yield f"{service}:*"
        if value.startswith("arn:"):
            yield "*"


def _exchange(dictionary: ast.Dict, one: int, other: int) -> None:
    values = dictionary.values
    values[one], values[other] = values[other], values[one]
