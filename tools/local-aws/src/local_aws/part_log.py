"""The log of a running part, for those who follow it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class PartLog:
    """A log that is being written."""

    def __init__(self, path: Path) -> None:
        """Read from the beginning of the file, which need not exist yet."""
        self._path = path
        self._offset = 0

    def new_lines(self) -> list[str]:
        """Return the lines that were logged since the last call."""
        if not self._path.exists():
            return []
        with self._path.open("rb") as file:
            file.seek(self._offset)
            # A line without its newline is still being written.
            lines, newline, _ = file.read().rpartition(b"\n")
        self._offset += len(lines) + len(newline)
        return lines.decode("utf-8", "replace").split("\n") if newline else []
