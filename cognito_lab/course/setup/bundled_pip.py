"""Run the pip that comes with a Python without installing it: `python -I bundled_pip.py install …`.

It is a wheel, which can be imported from as it is. Standard library only. A Python that has the module `venv`
carries one; distributions may keep it in a folder of their own.
"""

from __future__ import annotations

import importlib.util
import os
import runpy
import sys
import sysconfig
from pathlib import Path


def wheel() -> Path | None:
    """The newest wheel of pip in the first folder that has one."""
    spec = importlib.util.find_spec("ensurepip")
    folders = [os.path.join(os.path.dirname(spec.origin), "_bundled")] if spec and spec.origin else []
    folders += [sysconfig.get_config_var("WHEEL_PKG_DIR") or "", "/usr/share/python-wheels"]  # Debian's
    found = (path for folder in folders if folder for path in sorted(Path(folder).glob("pip-*.whl"))[-1:])
    return next(found, None)


if __name__ == "__main__":
    pip = wheel()
    if not pip:
        sys.exit("this Python carries no pip")
    sys.path.insert(0, str(pip))
    runpy.run_module("pip", run_name="__main__", alter_sys=True)
