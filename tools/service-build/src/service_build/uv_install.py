"""`uv pip install` that asks a package index only for packages missing from uv's cache.

    python3 uv_install.py --python .venv/bin/python -r requirements.lock

uv also asks the index for packages in its cache, so an installation would fail without a network although nothing has
to be downloaded. The arguments are those of `uv pip install`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


def install(uv: str, words: Sequence[str], *, folder: Path | None = None) -> int:
    """Install from the cache alone, or else with the indexes, in a working folder; return uv's exit status."""
    command, environment = [uv, "pip", "install", *words], without_python_settings(os.environ)
    cached = subprocess.run([*command, "--offline"], cwd=folder, env=environment, capture_output=True, check=False)  # noqa: S603 - words of the caller
    if cached.returncode == 0:
        return 0
    return subprocess.run(command, cwd=folder, env=environment, check=False).returncode  # noqa: S603 - words of the caller


def without_python_settings(environment: Mapping[str, str]) -> dict[str, str]:
    """Remove PYTHONPATH and the like, which are not for the Python that uv starts to build a package."""
    return {name: value for name, value in environment.items() if not name.startswith("PYTHON")}


if __name__ == "__main__":
    sys.exit(install(shutil.which("uv") or "uv", sys.argv[1:]))
