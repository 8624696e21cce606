"""The lines of a JSON Lines file, each the body of a message."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


@dataclass(frozen=True)
class BodyLine:
    """One line; ``number`` starts at 1."""

    number: int
    body: str
    not_utf8: str = ""
    """Why it cannot be sent: an SQS message is text."""


def body_lines(lines: Iterable[bytes]) -> Iterator[BodyLine]:
    """Read the body of each line unchanged; empty lines are skipped, because SQS has no empty messages.

    Only a line feed ends a line (JSON may contain the other characters that Python treats as line ends).
    """
    for number, raw in enumerate(lines, start=1):
        ended = raw.removesuffix(b"\n").removesuffix(b"\r")
        if not ended:
            continue
        try:
            yield BodyLine(number, ended.decode())
        except UnicodeDecodeError as error:
            yield BodyLine(number, ended.decode(errors="replace"), f"not UTF-8: {error}")
