"""What the mapping logs when a batch is not processed, for those who follow messages."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

FORMAT = "%(asctime)s %(levelname)s %(message)s"
ALL_FAILED = "%s: all %d messages failed: %s"
"""What is logged of an execution without a usable result: its ARN, how many messages it had, and why."""

_LINE = re.compile(r"\d{4}-\S+ \S+ (?:WARNING|ERROR) (?:(\S+): all \d+ messages failed: )?(.*)")


@dataclass(frozen=True)
class Trouble:
    """A warning or an error; ``execution`` is the ARN of the one whose messages all failed, if it is about one."""

    reason: str
    execution: str = ""


def troubles(lines: Iterable[str]) -> list[Trouble]:
    """Find the warnings and errors in lines of the log."""
    return [Trouble(match[2], match[1] or "") for match in map(_LINE.fullmatch, lines) if match]
