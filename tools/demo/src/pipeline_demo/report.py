"""What the demo says in the end: a table of every message, and a JSON file for programs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local_aws.errors import EmulatorError
from local_aws.terminal import shown
from rich.table import Table as RichTable
from rich.text import Text

from pipeline_demo.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rich.console import Console

    from pipeline_demo.lines import Line, NotSent
    from pipeline_demo.outcome import TrackedMessage

_COLOURS = {
    Outcome.STORED: "green",
    Outcome.REJECTED: "yellow",
    Outcome.FAILED: "red",
    Outcome.LOST: "bold red",
    Outcome.NOT_SENT: "magenta",
}
_ALL_ROWS = 200
_SOME_ROWS = 20
_FIRST_COLUMNS = 28
# The id of a record without a key has 46 characters in the environment "local".
_LAST_COLUMN = 50


@dataclass(frozen=True)
class Row:
    """What became of a line; ``seconds`` from sending it to its first place."""

    line: Line
    outcome: Outcome
    message_id: str | None = None
    execution_id: str | None = None
    reason: str | None = None
    seconds: float | None = None


def rows_of(messages: Sequence[TrackedMessage], not_sent: Sequence[NotSent]) -> list[Row]:
    """Give the row of every line, in the order of the input."""
    refused = [Row(refusal.line, Outcome.NOT_SENT, reason=refusal.reason) for refusal in not_sent]
    return sorted([*map(_row, messages), *refused], key=lambda row: row.line.number)


def check_report(path: Path) -> None:
    """Raise EmulatorError if no report can be written there, and leave the file as it is."""
    is_new = not path.exists()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.open("ab").close()
        if is_new:
            path.unlink()
    except OSError as error:
        raise _unwritable(path, error) from error


def write_report(path: Path, rows: Sequence[Row]) -> None:
    """Write the outcome of every message as JSON."""
    entries = [
        {
            "message_id": row.message_id,
            "body": row.line.body,
            "outcome": str(row.outcome),
            "execution_id": row.execution_id,
            "reason": row.reason,
        }
        for row in rows
    ]
    text = json.dumps(entries, indent=2, ensure_ascii=False) + "\n"
    try:
        # A key may have a lone surrogate, which no UTF-8 has: its escape is what JSON writes for it.
        path.write_bytes(text.encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise _unwritable(path, error) from error


def print_rows(console: Console, rows: Sequence[Row]) -> None:
    """Print a table of every message; of very many, those that were not stored and a few of the others."""
    room = max(console.width - _FIRST_COLUMNS, 48)
    last_width = min(_LAST_COLUMN, room * 3 // 4)
    body_width = room - last_width
    table = RichTable(box=None, pad_edge=False, header_style="bold")
    table.add_column("line", justify="right", width=5)
    table.add_column("outcome", width=8)
    table.add_column("time", justify="right", width=7)
    table.add_column("body", no_wrap=True, overflow="ellipsis", width=body_width)
    table.add_column("execution_id and reason", overflow="fold", width=last_width)
    stored = [row for row in rows if row.outcome is Outcome.STORED]
    left_out = stored[_SOME_ROWS:] if len(rows) > _ALL_ROWS else []
    hidden = {row.line.number for row in left_out}
    for row in rows:
        if row.line.number not in hidden:
            table.add_row(
                str(row.line.number),
                Text(row.outcome, style=_COLOURS[row.outcome]),
                "" if row.seconds is None else f"{row.seconds:.1f} s",
                shown(row.line.body[: body_width + 1]),
                Text("\n").join(shown(part) for part in (row.execution_id, row.reason) if part),
            )
    console.print(table)
    if left_out:
        console.print(f"… and {len(left_out)} more that were stored; --report FILE lists all", highlight=False)


def print_item(console: Console, title: str, item: dict[str, Any] | None) -> None:
    """Print an item as it was read from the table."""
    console.print()
    console.print(shown(title, "bold"))
    text = json.dumps(item, indent=2, ensure_ascii=False, default=str)
    console.print(shown(text, keep="\n"), soft_wrap=True)


def _unwritable(path: Path, error: OSError) -> EmulatorError:
    return EmulatorError(f"the report cannot be written to {path}: {error.strerror}")


def _row(tracked: TrackedMessage) -> Row:
    message, line = tracked.message, tracked.message.line
    if not tracked.places:
        return Row(line, Outcome.LOST, message.message_id, tracked.execution_id, tracked.loss)
    first = tracked.places[0]
    reasons = dict.fromkeys(place.reason for place in tracked.places if place.reason)
    reason = " and ".join(reasons) or None
    return Row(line, first.outcome, message.message_id, first.execution_id, reason, first.seconds)
