"""A copy of the repository, and running its sessions."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class FailedError(Exception):
    """Something in the copy did not work."""


class Checkout:
    """A copy that is changed, and in which sessions run."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def nox(self, session: str, *words: str, **environment: str) -> str:
        """Run a session as its users do; give what it printed, which is shown too."""
        command = ["./nox", "-s", session, *(["--", *words] if words else [])]
        print(f"example: {' '.join(command)}", flush=True)
        # A session that runs in a session is one of its own.
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("NOX_", "PIPELINE_"))}
        printed = []
        with subprocess.Popen(
            command, cwd=self.root, env=kept | environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        ) as process:
            for line in process.stdout or ():
                print(line, end="", flush=True)
                printed.append(line)
        if process.returncode:
            raise FailedError(f"{' '.join(command)} failed in {self.root}")
        return "".join(printed)

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace something in a file that is there exactly once."""
        path = self.root / name
        text = path.read_text("utf-8")
        if text.count(old) != 1:
            raise FailedError(f"{name} has {old!r} {text.count(old)} times, expected once")
        path.write_text(text.replace(old, new), "utf-8")
