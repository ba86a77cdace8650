"""Run the pip that comes with a Python without installing it: `python -I bundled_pip.py install …`.

It is a wheel. Imported from as it is, all of it would be compiled at each call, which takes a second; in an
environment it is unpacked, once. Standard library only. A Python that has the module `venv` carries one;
distributions may keep it in a folder of their own.
"""

from __future__ import annotations

import importlib.util
import os
import runpy
import sys
import sysconfig
import tempfile
import zipfile
from pathlib import Path


def wheel() -> Path | None:
    """The newest wheel of pip in the first folder that has one."""
    spec = importlib.util.find_spec("ensurepip")
    folders = [os.path.join(os.path.dirname(spec.origin), "_bundled")] if spec and spec.origin else []
    folders += [sysconfig.get_config_var("WHEEL_PKG_DIR") or "", "/usr/share/python-wheels"]  # Debian's
    found = (path for folder in folders if folder for path in sorted(Path(folder).glob("pip-*.whl"))[-1:])
    return next(found, None)


def unpacked(pip: Path) -> Path:
    """The folder in this environment with what is in the wheel; the wheel itself outside of one."""
    folder = Path(sys.prefix, pip.stem)
    if sys.prefix == sys.base_prefix:
        return pip
    if not folder.exists():
        with tempfile.TemporaryDirectory(dir=sys.prefix) as partial, zipfile.ZipFile(pip) as archive:
            archive.extractall(Path(partial, pip.stem))
            Path(partial, pip.stem).rename(folder)  # so it is there whole, or not at all
    return folder


if __name__ == "__main__":
    pip = wheel()
    if not pip:
        sys.exit("this Python carries no pip")
    sys.path.insert(0, str(unpacked(pip)))
    runpy.run_module("pip", run_name="__main__", alter_sys=True)
