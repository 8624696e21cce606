"""The operations of an execution that concern one record, as bars on a time line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from local_aws.terminal import shown
from rich.table import Table
from rich.text import Text

from pipeline_cli.executions.exchanges import FAILED, PASSED, REJECTED, RUNNING, UNANSWERED, UNFINISHED
from pipeline_cli.executions.history import CONTEXT, STEP, WAIT

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult

    from pipeline_cli.executions.deliveries import Delivery
    from pipeline_cli.executions.following import Visit
    from pipeline_cli.executions.history import Operation

_STYLES = {PASSED: "green", REJECTED: "yellow", UNFINISHED: "red", FAILED: "red", RUNNING: "blue", UNANSWERED: "red"}
_RAN, _WAITED = "█", "░"
_MINUTE = 60


@dataclass(frozen=True)
class Bar:
    """A bar between two fractions of its column's width, at least one character wide."""

    begin: float
    end: float
    style: str = ""
    character: str = _RAN

    def __rich_console__(self, _console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw it."""
        width = options.max_width
        begin = min(int(self.begin * width), width - 1)
        end = max(begin + 1, min(width, round(self.end * width)))
        yield Text(" " * begin + self.character * (end - begin), style=self.style, no_wrap=True)


@dataclass(frozen=True)
class Row:
    """One line of a timeline."""

    label: str
    started: datetime
    ended: datetime | None
    outcome: str
    style: str = ""
    waits: bool = False


def seconds(started: datetime | None, ended: datetime | None) -> str:
    """Format a duration."""
    if started is None or ended is None:
        return "" if started is None else "running"
    took = (ended - started).total_seconds()
    return f"{took:.2f} s" if took < _MINUTE else f"{took / _MINUTE:.1f} min"


def rows_of(delivery: Delivery) -> list[Row]:
    """Return the lines of a delivery: its execution, then the operations of the record."""
    started = delivery.execution.started or delivery.at
    status = delivery.execution.status
    style = "" if status in ("SUCCEEDED", "RUNNING") else "red"
    rows = [Row("execution", started, delivery.execution.ended, status, style)]
    if not delivery.path:
        return rows
    visits = {visit.operation.id: visit for visit in delivery.path.visits}
    found = ((operation, operation.started, visits.get(operation.id)) for operation in delivery.path.operations)
    return [*rows, *(_row(operation, began, visit) for operation, began, visit in found if began)]


def timeline(delivery: Delivery) -> Table:
    """Draw the lines of a delivery."""
    rows = rows_of(delivery)
    first = rows[0].started
    # No operation outlasts its execution.
    last = max([row.ended for row in rows if row.ended] + [rows[0].ended or datetime.now(UTC)])
    whole = max((last - first).total_seconds(), 0.001)
    table = Table(box=None, padding=(0, 1, 0, 0), expand=True, show_edge=False)
    table.add_column("operation", no_wrap=True)
    table.add_column("start", justify="right", no_wrap=True)
    table.add_column("took", justify="right", no_wrap=True)
    table.add_column("outcome", max_width=28)
    table.add_column("", ratio=1, min_width=10)
    for row in rows:
        begin = (row.started - first).total_seconds()
        bar = Bar(
            begin / whole,
            ((row.ended or last) - first).total_seconds() / whole,
            row.style,
            _WAITED if row.waits else _RAN,
        )
        table.add_row(
            shown(row.label),
            f"+{begin:.2f}",
            seconds(row.started, row.ended) if row.ended or not rows[0].ended else "not ended",
            shown(row.outcome, row.style),
            bar,
        )
    return table


def outcome_words(visit: Visit) -> str:
    """Describe in a few words the result of an invoke for the record."""
    verdict = visit.verdict
    if verdict.outcome == PASSED:
        return verdict.status or "passed"
    if verdict.outcome == FAILED and visit.operation.status != "SUCCEEDED":
        return visit.operation.status.lower().replace("_", " ")
    return ": ".join(filter(None, (verdict.outcome, verdict.code)))


def _row(operation: Operation, started: datetime, visit: Visit | None) -> Row:
    if visit:
        label = visit.stage + (f", attempt {visit.attempt}" if visit.attempt > 1 and not visit.isolated else "")
        label += "" if visit.own else " (other data)"
        indent = "    " if visit.isolated else "  "
        style = _STYLES.get(visit.verdict.outcome, "")
        return Row(indent + label, started, operation.ended, outcome_words(visit), style)
    if operation.kind == WAIT:
        return Row("  wait", started, operation.ended, "", "dim", waits=True)
    if operation.kind == CONTEXT:
        return Row(f"  {operation.name}", started, operation.ended, "", "dim", waits=True)
    outcome = "" if operation.kind == STEP and operation.status == "SUCCEEDED" else operation.status
    return Row(f"  {operation.name}", started, operation.ended, outcome)
