"""The mapping's log of batches that were not processed, for those who follow messages."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

FORMAT = "%(asctime)s %(levelname)s %(message)s"
ALL_FAILED = "%s: all %d messages failed: %s"
"""The log message for an execution without a usable result: its ARN, its number of messages, and the reason."""

_LINE = re.compile(r"\d{4}-\S+ \S+ (?:WARNING|ERROR) (?:(\S+): all \d+ messages failed: )?(.*)")


@dataclass(frozen=True)
class Trouble:
    """A warning or an error; ``execution`` is the ARN of the execution whose messages all failed, if any."""

    reason: str
    execution: str = ""


def troubles(lines: Iterable[str]) -> list[Trouble]:
    """Parse the warnings and errors in lines of the log."""
    return [Trouble(match[2], match[1] or "") for match in map(_LINE.fullmatch, lines) if match]
