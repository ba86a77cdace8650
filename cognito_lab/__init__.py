"""Cognito Lab: an AWS account inside the kernel, for learning Amazon Cognito.

>>> from cognito_lab import Lab, refused
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_NAMES = {
    "Lab": "cognito_lab.lab",
    "refused": "cognito_lab.study.refusals",
    "overture": "cognito_lab.study.diagrams",
    "show_claims": "cognito_lab.study.tables",
    "state_diagram": "cognito_lab.study.states",
    "claims_index": "cognito_lab.study.claims",
    "lie": "cognito_lab.study.lies",
    "Browser": "cognito_lab.study.browser",
    "quiz": "cognito_lab.study.quizzes",
    "show_token": "cognito_lab.study.tokens",
    "lifetimes": "cognito_lab.study.plots",
    "rights": "cognito_lab.study.plots",
    "waits": "cognito_lab.study.plots",
    "permissions": "cognito_lab.study.permissions",
    "who_may": "cognito_lab.study.permissions",
    "OutsideTheLab": "cognito_lab.errors",
}
__all__ = list(_NAMES)


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that ``import cognito_lab`` stays light."""
    if name in _NAMES:
        return getattr(import_module(_NAMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
