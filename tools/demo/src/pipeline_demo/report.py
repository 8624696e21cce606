"""What the demo says in the end: a table of every message, and a JSON file for programs."""

from __future__ import annotations

import json
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

    from pipeline_demo.lines import NotSent
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


def entries(messages: Sequence[TrackedMessage], not_sent: Sequence[NotSent]) -> list[dict[str, Any]]:
    """Give the report of every line, in the order of the input."""
    found = [(tracked.message.line.number, _entry(tracked)) for tracked in messages]
    refused = [
        (refusal.line.number, _row(None, refusal.line.body, Outcome.NOT_SENT, None, refusal.reason))
        for refusal in not_sent
    ]
    return [entry for _, entry in sorted(found + refused, key=lambda numbered: numbered[0])]


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


def write_report(path: Path, messages: Sequence[TrackedMessage], not_sent: Sequence[NotSent]) -> None:
    """Write the outcome of every message as JSON."""
    text = json.dumps(entries(messages, not_sent), indent=2, ensure_ascii=False) + "\n"
    try:
        # A key may have a lone surrogate, which no UTF-8 has: its escape is what JSON writes for it.
        path.write_bytes(text.encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise _unwritable(path, error) from error


def print_messages(console: Console, messages: Sequence[TrackedMessage], not_sent: Sequence[NotSent]) -> None:
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
    selected, left_out = _selected(messages)
    rows = [(tracked.message.line.number, _cells(tracked, body_width)) for tracked in selected]
    rows += [
        (
            refusal.line.number,
            _line_cells(refusal.line.body[: body_width + 1], Outcome.NOT_SENT, "", refusal.reason, ""),
        )
        for refusal in not_sent
    ]
    for number, cells in sorted(rows, key=lambda row: row[0]):
        table.add_row(Text(str(number)), *cells)
    console.print(table)
    if left_out:
        console.print(f"… and {left_out} more that were stored; --report FILE lists all", highlight=False)


def print_item(console: Console, title: str, item: dict[str, Any] | None) -> None:
    """Print an item as it was read from the table."""
    console.print()
    console.print(shown(title, "bold"))
    text = json.dumps(item, indent=2, ensure_ascii=False, default=str)
    console.print(shown(text, keep="\n"), soft_wrap=True)


def _unwritable(path: Path, error: OSError) -> EmulatorError:
    return EmulatorError(f"the report cannot be written to {path}: {error.strerror}")


def _selected(messages: Sequence[TrackedMessage]) -> tuple[list[TrackedMessage], int]:
    if len(messages) <= _ALL_ROWS:
        return list(messages), 0
    stored = [tracked for tracked in messages if tracked.outcome is Outcome.STORED]
    others = [tracked for tracked in messages if tracked.outcome is not Outcome.STORED]
    selected = others + stored[:_SOME_ROWS]
    return selected, len(messages) - len(selected)


def _entry(tracked: TrackedMessage) -> dict[str, Any]:
    reasons = dict.fromkeys(place.reason for place in tracked.places if place.reason)
    reason = " and ".join(reasons) or (None if tracked.places else tracked.loss)
    identity = tracked.places[0].execution_id if tracked.places else tracked.execution_id
    return _row(tracked.message.message_id, tracked.message.line.body, tracked.outcome, identity, reason)


def _row(
    message_id: str | None, body: str, outcome: Outcome, execution_id: str | None, reason: str | None
) -> dict[str, Any]:
    return {
        "message_id": message_id,
        "body": body,
        "outcome": str(outcome),
        "execution_id": execution_id,
        "reason": reason,
    }


def _cells(tracked: TrackedMessage, body_width: int) -> tuple[Text, Text, Text, Text]:
    entry = _entry(tracked)
    seconds = f"{tracked.places[0].seconds:.1f} s" if tracked.places else ""
    body = entry["body"][: body_width + 1]
    return _line_cells(body, tracked.outcome, entry["execution_id"], entry["reason"] or "", seconds)


def _line_cells(
    body: str, outcome: Outcome, execution_id: str, reason: str, seconds: str
) -> tuple[Text, Text, Text, Text]:
    last = Text("\n").join(shown(part) for part in (execution_id, reason) if part)
    return Text(str(outcome), style=_COLOURS[outcome]), Text(seconds), shown(body), last
