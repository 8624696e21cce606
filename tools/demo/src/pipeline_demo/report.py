"""The outcome of every line, for people and programs: rows, totals, and a JSON file of both."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from local_aws.errors import EmulatorError

from pipeline_demo.outcome import UNEXPLAINED, Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pipeline_cli.executions.deliveries import Reason

    from pipeline_demo.lines import Line, NotSent
    from pipeline_demo.outcome import TrackedMessage


@dataclass(frozen=True)
class Row:
    """The outcome of a line; ``seconds`` run from sending it to its first place."""

    line: Line
    outcome: Outcome
    message_id: str | None = None
    execution_id: str | None = None
    execution_arn: str | None = None
    why: Reason = UNEXPLAINED
    reason: str | None = None
    """The reason with all known details, in one line."""
    seconds: float | None = None


class Group(NamedTuple):
    """The key of a total."""

    outcome: Outcome
    stage: str
    code: str


def rows_of(messages: Sequence[TrackedMessage], not_sent: Sequence[NotSent]) -> list[Row]:
    """Return a row for every line, in the order of the input."""
    refused = [Row(refusal.line, Outcome.NOT_SENT, reason=refusal.reason) for refusal in not_sent]
    return sorted([*map(_row, messages), *refused], key=lambda row: row.line.number)


def totals_of(rows: Sequence[Row]) -> dict[Group, int]:
    """Count the rows by outcome, stage and code; the outcomes have their own order."""
    counts = Counter(Group(row.outcome, row.why.stage, row.why.code) for row in rows)
    order = list(Outcome)
    return dict(sorted(counts.items(), key=lambda item: (order.index(item[0].outcome), -item[1], item[0])))


def check_report(path: Path) -> None:
    """Raise EmulatorError if no report can be written there; the file is not changed."""
    is_new = not path.exists()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.open("ab").close()
        if is_new:
            path.unlink()
    except OSError as error:
        raise _unwritable(path, error) from error


def write_report(path: Path, rows: Sequence[Row]) -> None:
    """Write the outcome of every message, and the totals, as JSON."""
    totals = [
        {"outcome": group.outcome, "stage": group.stage or None, "code": group.code or None, "messages": count}
        for group, count in totals_of(rows).items()
    ]
    report = {"totals": totals, "messages": [_entry(row) for row in rows]}
    text = json.dumps(report, indent=2, ensure_ascii=False) + "\n"
    try:
        # A key may have a lone surrogate, which UTF-8 cannot encode: JSON writes its escape.
        path.write_bytes(text.encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise _unwritable(path, error) from error


def _entry(row: Row) -> dict[str, str | int | float | None]:
    return {
        "line": row.line.number,
        "outcome": row.outcome,
        "seconds": None if row.seconds is None else round(row.seconds, 3),
        "stage": row.why.stage or None,
        "code": row.why.code or None,
        "field": row.why.field or None,
        "reason": row.why.text or row.reason,
        "execution_arn": row.execution_arn,
        "execution_id": row.execution_id,
        "message_id": row.message_id,
        "body": row.line.body,
    }


def _unwritable(path: Path, error: OSError) -> EmulatorError:
    return EmulatorError(f"the report cannot be written to {path}: {error.strerror}")


def _row(tracked: TrackedMessage) -> Row:
    message, line = tracked.message, tracked.message.line
    arn = tracked.execution_arn or None
    if not tracked.places:
        return Row(line, Outcome.LOST, message.message_id, tracked.execution_id, arn, reason=tracked.loss)
    first = tracked.places[0]
    reason = " and ".join(dict.fromkeys(place.reason for place in tracked.places if place.reason)) or None
    arn = first.execution_arn or arn
    return Row(line, first.outcome, message.message_id, first.execution_id, arn, first.why, reason, first.seconds)
