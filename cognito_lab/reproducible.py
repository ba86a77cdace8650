"""Runs that make or compare stored outputs: the same bytes twice.

They set :data:`REPRODUCIBLE`. Then the account's clock stands still at :data:`FIXED_START`, chance is seeded
with :data:`FIXED_SEED`, keys are the committed test keys, and a widget is stored as its plain twin. A
learner's kernel never sets it.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime

REPRODUCIBLE = "COGNITO_LAB_REPRODUCIBLE"
FIXED_START = datetime(2026, 6, 1, 9, 0, 0, tzinfo=UTC)
FIXED_SEED = 20260601


def is_asked_for() -> bool:
    """Whether this process is to give the same bytes twice."""
    return bool(os.environ.get(REPRODUCIBLE))
