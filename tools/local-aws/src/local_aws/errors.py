"""Errors of the emulated AWS, with messages for the person at the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_TAIL_LINES = 20


class EmulatorError(Exception):
    """The emulated AWS cannot be started, deployed to or used; the message says why."""


class PartFailedError(EmulatorError):
    """One of the programs that make up the emulated AWS failed.

    The message names the part, its log and the log's last lines, because the reader needs the log next.
    """

    def __init__(self, part: str, problem: str, log: Path) -> None:
        """Compose the message from the part's name, what happened, and the end of its log."""
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines() if log.is_file() else []
        tail = "".join(f"\n    {line}" for line in lines[-_TAIL_LINES:])
        super().__init__(f"{part} {problem}. Its log is {log}{tail or ' (it is empty)'}")
