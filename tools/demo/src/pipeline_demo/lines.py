"""The messages to send: the lines of a JSON Lines file, or generated messages."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from local_aws.errors import EmulatorError
from pipeline_cli.json_lines import body_lines
from pipeline_contracts.message import EXAMPLES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MOST_MESSAGES = 100_000
"""The maximum per run, which tracks each: a message takes about 2 KB of memory, and all take a quarter of an hour."""
MOST_BYTES = 256 * 1024 * 1024
"""The maximum size of an input file, whose bodies are kept until the end of the run."""


@dataclass(frozen=True)
class Line:
    """One body; ``number`` is its line in the file, from 1."""

    number: int
    body: str


@dataclass(frozen=True)
class NotSent:
    """A line that did not become a message, and why."""

    line: Line
    reason: str


def read_lines(path: Path) -> tuple[list[Line], list[NotSent]]:
    """Read the bodies, and the lines that cannot be sent.

    Raises EmulatorError if the file cannot be read, or is too large for a run.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise EmulatorError(f"the input cannot be read: {error}") from error
    if len(content) > MOST_BYTES:
        raise EmulatorError(f"the input {path} has more than {MOST_BYTES:,} bytes, the maximum for a run")
    lines, refused = [], []
    for read in body_lines(content.split(b"\n")):
        line = Line(read.number, read.body)
        if read.not_utf8:
            refused.append(NotSent(line, read.not_utf8))
        else:
            lines.append(line)
    if len(lines) > MOST_MESSAGES:
        raise EmulatorError(f"the input {path} has more than {MOST_MESSAGES:,} messages, the maximum for a run")
    return lines, refused


def generated_lines(count: int) -> Iterator[Line]:
    """Generate distinct valid messages."""
    for number in range(1, count + 1):
        yield Line(number, json.dumps({**EXAMPLES[0], "rows": number, "ratio": number / 8}))
