"""The output of the demo at its end: every message, the totals, and an item."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from local_aws.terminal import shown
from rich.table import Table
from rich.text import Text

from pipeline_demo.outcome import Outcome
from pipeline_demo.report import totals_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from pipeline_demo.report import Row

_COLOURS = {
    Outcome.STORED: "green",
    Outcome.REJECTED: "yellow",
    Outcome.FAILED: "red",
    Outcome.LOST: "bold red",
    Outcome.NOT_SENT: "magenta",
}
_ALL_ROWS = 200
_SOME_ROWS = 20
_FIRST_COLUMNS = 26
# The id of a record without a key has 46 characters in the environment "local". It stands beside the body if both
# fit, otherwise below it, so that an id that is copied has no line break.
_LAST_COLUMN = 50
_WIDE = 120


def print_rows(console: Console, rows: Sequence[Row]) -> None:
    """Print every message; of very many, those that were not stored and a few of the others."""
    room = console.width - _FIRST_COLUMNS
    last = max(_LAST_COLUMN, room // 2) if console.width >= _WIDE else 0
    body = room - last - 2 if last else room
    headline = Text(" line  outcome      time  ", "bold")
    headline.append("body".ljust(body + 2) if last else "body, ")
    console.print(headline.append("execution_id and reason"), soft_wrap=True)
    stored = [row for row in rows if row.outcome is Outcome.STORED]
    left_out = stored[_SOME_ROWS:] if len(rows) > _ALL_ROWS else []
    hidden = {row.line.number for row in left_out}
    for row in rows:
        if row.line.number not in hidden:
            _print_row(console, row, max(body, 1), last)
    if left_out:
        console.print(f"… and {len(left_out)} more that were stored; --report FILE lists all", highlight=False)


def print_totals(console: Console, rows: Sequence[Row]) -> None:
    """Print the number of messages per outcome, stage and code."""
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for name in ("outcome", "stage", "code"):
        table.add_column(name, overflow="fold")
    table.add_column("messages", justify="right")
    for group, count in totals_of(rows).items():
        outcome = Text(group.outcome, style=_COLOURS[group.outcome])
        table.add_row(outcome, shown(group.stage), shown(group.code), str(count))
    console.print()
    console.print(table)


def print_item(console: Console, title: str, item: dict[str, Any] | None) -> None:
    """Print an item as it was read from the table."""
    console.print()
    console.print(shown(title, "bold"))
    text = json.dumps(item, indent=2, ensure_ascii=False, default=str)
    console.print(shown(text, keep="\n"), soft_wrap=True)


def _print_row(console: Console, row: Row, body_width: int, last_width: int) -> None:
    seconds = "" if row.seconds is None else f"{row.seconds:.1f} s"
    first = Text(f"{row.line.number:>5}  ")
    first.append(f"{row.outcome:<8}", _COLOURS[row.outcome]).append(f"  {seconds:>7}  ")
    body = shown(row.line.body[: body_width + 1])
    body.truncate(body_width, overflow="ellipsis", pad=bool(last_width))
    indent, width = _FIRST_COLUMNS, max(body_width, _LAST_COLUMN)
    further = [shown(row.execution_id)] if row.execution_id else []
    if last_width:
        indent, width = indent + body_width + 2, last_width
    if row.reason:
        further += shown(row.reason).wrap(console, width)
    first.append_text(body)
    if last_width and further:
        first.append("  ").append_text(further.pop(0))
    console.print(first, soft_wrap=True)
    for text in further:
        console.print(Text(" " * indent).append_text(text), soft_wrap=True)
