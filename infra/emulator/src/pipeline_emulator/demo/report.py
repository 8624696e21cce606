"""What the demo says in the end: a table of every message, the sums, and a JSON file for programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from rich.table import Table as RichTable
from rich.text import Text

from pipeline_emulator.demo.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rich.console import Console

    from pipeline_emulator.demo.lines import NotSent
    from pipeline_emulator.demo.outcome import Fate
    from pipeline_emulator.demo.run import Finished

_COLOURS = {
    Outcome.STORED: "green",
    Outcome.REJECTED: "yellow",
    Outcome.FAILED: "red",
    Outcome.MISSING: "bold red",
    Outcome.NOT_SENT: "magenta",
}
_ALL_ROWS = 200
_SOME_ROWS = 20
_FIRST_COLUMNS = 28
# The id of a record without a key has 46 characters in the environment "local".
_LAST_COLUMN = 50


def entries(fates: Sequence[Fate], not_sent: Sequence[NotSent]) -> list[dict[str, Any]]:
    """Give the report of every line, in the order of the input."""
    found = [(fate.message.line.number, _entry(fate)) for fate in fates]
    refused = [
        (refusal.line.number, _row(None, refusal.line.body, Outcome.NOT_SENT, None, refusal.reason))
        for refusal in not_sent
    ]
    return [entry for _, entry in sorted(found + refused, key=lambda numbered: numbered[0])]


def write_report(path: Path, fates: Sequence[Fate], not_sent: Sequence[NotSent]) -> None:
    """Write the outcome of every message as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(entries(fates, not_sent), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def print_messages(console: Console, fates: Sequence[Fate], not_sent: Sequence[NotSent]) -> None:
    """Print a table of every message; of very many, those that were not stored and a few of the others."""
    room = max(console.width - _FIRST_COLUMNS, 48)
    last_width = min(_LAST_COLUMN, room * 3 // 4)
    table = RichTable(box=None, pad_edge=False, header_style="bold")
    table.add_column("line", justify="right", width=5)
    table.add_column("outcome", width=8)
    table.add_column("time", justify="right", width=7)
    table.add_column("body", no_wrap=True, overflow="ellipsis", width=room - last_width)
    table.add_column("execution_id and reason", overflow="fold", width=last_width)
    shown, left_out = _selected(fates)
    rows = [(fate.message.line.number, _cells(fate)) for fate in shown]
    rows += [
        (refusal.line.number, _line_cells(refusal.line.body, Outcome.NOT_SENT, "", refusal.reason, ""))
        for refusal in not_sent
    ]
    for number, cells in sorted(rows, key=lambda row: row[0]):
        table.add_row(Text(str(number)), *cells)
    console.print(table)
    if left_out:
        console.print(f"… and {left_out} more that were stored; --report FILE lists all", highlight=False)


def print_item(console: Console, title: str, item: dict[str, Any] | None) -> None:
    """Print an item as it was read from the table."""
    console.print(title, style="bold", markup=False, highlight=False)
    console.print(json.dumps(item, indent=2, ensure_ascii=False, default=str), markup=False, soft_wrap=True)


def print_sums(console: Console, finished: Finished, not_sent: Sequence[NotSent]) -> int:
    """Print whether all is accounted for; give 0 if so, 1 if not."""
    counts = finished.audit.counts()
    sent = counts.total()
    violations = finished.audit.violations()
    console.print()
    if not_sent:
        console.print(f"{len(not_sent)} lines were not sent: SQS cannot take them", style="magenta")
    if finished.given_up:
        console.print(f"given up: {finished.given_up}", style="bold red", markup=False)
    for violation in violations[:_SOME_ROWS]:
        console.print(violation, style="red", markup=False, soft_wrap=True)
    if len(violations) > _SOME_ROWS:
        console.print(f"… and {len(violations) - _SOME_ROWS} more", style="red")
    sign = "=" if not violations else "≠"
    style = "bold green" if not violations else "bold red"
    console.print(
        f"{sent} sent {sign} {counts[Outcome.STORED]} stored + {counts[Outcome.REJECTED]} rejected + "
        f"{counts[Outcome.FAILED]} dead letters, counted from the table and the queues, in {finished.seconds:.1f} s",
        style=style,
        highlight=False,
        soft_wrap=True,
    )
    return 1 if violations else 0


def _selected(fates: Sequence[Fate]) -> tuple[list[Fate], int]:
    if len(fates) <= _ALL_ROWS:
        return list(fates), 0
    stored = [fate for fate in fates if fate.outcome is Outcome.STORED]
    others = [fate for fate in fates if fate.outcome is not Outcome.STORED]
    shown = others + stored[:_SOME_ROWS]
    return shown, len(fates) - len(shown)


def _entry(fate: Fate) -> dict[str, Any]:
    reasons = dict.fromkeys(sighting.reason for sighting in fate.sightings if sighting.reason)
    reason = " and ".join(reasons) or None
    identity = fate.sightings[0].execution_id if fate.sightings else fate.execution_id
    return _row(fate.message.message_id, fate.message.line.body, fate.outcome, identity, reason)


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


def _cells(fate: Fate) -> tuple[Text, Text, Text, Text]:
    entry = _entry(fate)
    seconds = f"{fate.sightings[0].seconds:.1f} s" if fate.sightings else ""
    return _line_cells(entry["body"], fate.outcome, entry["execution_id"], entry["reason"] or "", seconds)


def _line_cells(
    body: str, outcome: Outcome, execution_id: str, reason: str, seconds: str
) -> tuple[Text, Text, Text, Text]:
    last = Text("\n").join(Text(part) for part in (execution_id, reason) if part)
    return Text(str(outcome), style=_COLOURS[outcome]), Text(seconds), Text(body), last
