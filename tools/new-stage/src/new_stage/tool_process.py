"""Running the tools that own a file, each in a separate process."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class ToolError(Exception):
    """A tool failed; the message is its output."""


def run_tool(folder: Path, *arguments: str, **environment: str) -> str:
    """Run this interpreter in a folder, and return its output.

    Raises:
        ToolError: It failed.
    """
    ended = subprocess.run(  # noqa: S603 -- words of the callers
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode:
        said = (ended.stdout + ended.stderr).strip()
        raise ToolError(f"{' '.join(arguments)} failed:\n{said}")
    return ended.stdout
