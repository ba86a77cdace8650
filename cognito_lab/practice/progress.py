"""What the learner has done, kept in one file beside their notebooks and sent nowhere."""

from __future__ import annotations

import json
import os
from pathlib import Path

from cognito_lab.files import complete_or_absent
from cognito_lab.paths import ROOT
from cognito_lab.views.twin import live

OWN = ROOT / "my_course"
FILE = ".progress.json"
NOTHING_NOTED = "COGNITO_LAB_NOTHING_NOTED"  # set where the copies are not the learner's own
Progress = dict[str, dict[str, str]]  # kind ("exercise", "quiz") → its number → how it went


def load_progress(folder: Path | None = None) -> Progress:
    """What was noted; empty where nothing was, or where the file cannot be read (it is kept beside)."""
    path = (folder or OWN) / FILE
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return {str(kind): {str(k): str(v) for k, v in of.items()} for kind, of in found.items()}
    except FileNotFoundError:
        return {}
    except (ValueError, AttributeError):
        path.replace(path.with_name(f"{path.name}.unreadable"))
        return {}


def note(kind: str, number: str, how: str = "done", folder: Path | None = None) -> Path | None:
    """Note that something was done, and answer where. Outside a learner's own course, nowhere."""
    if folder is None and not (live() and OWN.is_dir() and NOTHING_NOTED not in os.environ):
        return None
    noted = load_progress(folder)
    noted.setdefault(kind, {})[number] = how
    _write(noted, folder or OWN)
    return folder or OWN


def reset(folder: Path | None = None) -> None:
    """Forget everything that was noted."""
    _write({}, folder or OWN)


def _write(noted: Progress, folder: Path) -> None:
    with complete_or_absent(folder / FILE) as partial:
        partial.write_text(json.dumps(noted, indent=1, sort_keys=True) + "\n", encoding="utf-8")
