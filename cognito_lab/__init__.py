"""Cognito Lab: an AWS account inside the kernel, for learning Amazon Cognito.

>>> from cognito_lab import Lab, refused
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_NAMES = {
    "Lab": "cognito_lab.lab",
    "refused": "cognito_lab.lessons.refused",
    "overture": "cognito_lab.views.diagrams",
    "show_claims": "cognito_lab.views.tables",
    "state_diagram": "cognito_lab.views.state_diagram",
    "claims_index": "cognito_lab.lessons.claims",
    "lie": "cognito_lab.lessons.lies",
    "Browser": "cognito_lab.lessons.scripted_browser",
    "predict": "cognito_lab.practice.predictions",
    "outcome": "cognito_lab.practice.predictions",
    "quiz": "cognito_lab.practice.quizzes",
    "show_token": "cognito_lab.views.token_view",
    "lifetimes": "cognito_lab.views.plots",
    "waits": "cognito_lab.views.plots",
    "who_may": "cognito_lab.views.plots",
    "permissions": "cognito_lab.views.permissions",
    "sign_in_by_srp": "cognito_lab.lessons.srp_sign_in",
    "SoftwarePasskey": "cognito_lab.lessons.software_passkey",
    "OutsideTheLab": "cognito_lab.errors",
}
__all__ = list(_NAMES)


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that ``import cognito_lab`` stays light."""
    if name in _NAMES:
        return getattr(import_module(_NAMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
