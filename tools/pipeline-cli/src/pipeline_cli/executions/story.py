"""A trace as text."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from local_aws.terminal import shown
from rich.table import Table

from pipeline_cli.executions import deliveries as outcomes
from pipeline_cli.executions.exchanges import FAILED, PASSED, REJECTED, UNFINISHED
from pipeline_cli.executions.timeline import seconds, timeline
from pipeline_cli.printing import counted, moment

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import Console

    from pipeline_cli.executions.deliveries import Delivery
    from pipeline_cli.executions.following import Visit
    from pipeline_cli.executions.trace import Trace, TracedMessage

_MOST_NAMED = 5


def tell(console: Console, trace: Trace, *, bodies: bool) -> None:
    """Print the findings about each message."""
    for message in trace.messages:
        _tell_message(console, message, bodies=bodies)
    for note in trace.notes:
        console.print(shown(f"note: {note}", "yellow"), soft_wrap=True)


def _tell_message(console: Console, message: TracedMessage, *, bodies: bool) -> None:
    about = list(summary(message))
    if item := message.item:
        of = f"message {item.message_id}, stored at {item.stored_at}"
        about.append(("receipt", ", ".join(filter(None, (of, item.data_digest and f"digest {item.data_digest}")))))
    _print_pairs(console, about)
    for delivery in message.deliveries:
        console.print()
        _tell_delivery(console, delivery, message.first_id, bodies=bodies)
    console.print()


def _tell_delivery(console: Console, delivery: Delivery, first_id: str, *, bodies: bool) -> None:
    number = f"delivery {delivery.number}" if delivery.number else "delivery"
    number += "" if delivery.message_id == first_id else f" of {delivery.message_id}"
    head = f"{number}, {moment(delivery.at)} UTC: {headline(delivery)}"
    console.print(shown(head, "bold"))
    execution = delivery.execution
    took = seconds(execution.started, execution.ended) if execution.ended else ""
    status = ", ".join(filter(None, (execution.status, execution.version and f"version {execution.version}", took)))
    # On a separate line, unbroken, so that it can be copied.
    console.print(shown(f"  {execution.arn}"), soft_wrap=True)
    pairs = [("execution", status)] if execution.status != "UNKNOWN" else []
    _print_pairs(console, [*pairs, *details(delivery)], indent=2)
    if delivery.path:
        console.print()
        console.print(timeline(delivery))
    if bodies and delivery.record:
        console.print()
        console.print(shown(delivery.record.message.body, keep="\n\t"), soft_wrap=True)


def summary(message: TracedMessage) -> Iterator[tuple[str, str]]:
    """Yield the ids of a message, when it was sent, and where it is now."""
    yield "message", message.first_id
    yield from (("sent again as", one) for one in message.ids[1:])
    yield "record", message.execution_id
    sent = next((one.record.message.sent for one in message.deliveries if one.record), None)
    if sent:
        yield "sent", f"{moment(sent)} UTC"
    yield from (("now", place.words + ("" if place.certain else " (deduced)")) for place in message.places)


def headline(delivery: Delivery) -> str:
    """Describe in one line how a delivery ended."""
    if delivery.outcome == outcomes.DIED:
        error = delivery.history.execution.error if delivery.history else None
        why = f": {error}" if error else ""
        return f"its execution is {delivery.execution.status}{why}; all messages of its batch are redelivered"
    if delivery.outcome == outcomes.RUNNING:
        return f"its execution is {delivery.execution.status}"
    if delivery.outcome == outcomes.UNKNOWN:
        return "it is not recorded how it ended"
    if delivery.reason is None:
        return delivery.outcome
    unknown = "no reason is recorded; its chunk was not run, or ended in an unexpected error"
    return f"{delivery.outcome}: {str(delivery.reason) or unknown}"


def details(delivery: Delivery) -> Iterator[tuple[str, str]]:
    """Yield the details of a delivery: its batch, related messages in it, and the result of each stage."""
    if delivery.problem:
        yield "history", delivery.problem
    if not (delivery.path and delivery.batch and delivery.record):
        return
    messages = len(delivery.batch.messages)
    batch = counted(messages, "message")
    path = delivery.path
    if path.chunk:
        records = max(visit.records for visit in path.visits)
        batch += f"; chunk {path.chunk} of {path.chunks}, {counted(records, 'record')}"
    yield "batch", batch
    if joined := delivery.batch.duplicates(delivery.record):
        yield "joined", f"with {_named(joined)}: the same key and data, so they are one record"
    if conflicts := delivery.batch.conflicts(delivery.record):
        yield "conflicts", f"with {_named(conflicts)}: the same key and other data"
    for stage, visits in groupby(
        path.visits, key=lambda visit: (visit.stage, visit.isolated, visit.in_group, visit.own)
    ):
        yield stage[0], _stage_words(list(visits))
    if path.isolated_chunk and not any(visit.isolated for visit in path.visits):
        yield "isolated", "other records of its chunk were tried alone, and all failed; this one was not"
    if delivery.outcome == outcomes.FAILED and path.own_fault is not None:
        yield (
            "cause",
            (
                "this message: others succeeded where it failed, so it is redelivered soon"
                if path.own_fault
                else "probably the system, as in an outage, so it is redelivered later"
            ),
        )


def _stage_words(visits: Sequence[Visit]) -> str:
    last = visits[-1]
    verdict = last.verdict
    failed = [visit.verdict for visit in visits if visit.verdict.outcome in (FAILED, UNFINISHED)]
    words = []
    if failed:
        times = "once" if len(failed) == 1 else f"{len(failed)} times"
        reasons = dict.fromkeys(one.reason if one.outcome == FAILED else f"{one.code}: {one.reason}" for one in failed)
        what = "failed" if failed[-1].outcome == FAILED else "was not finished"
        words.append(f"{what} {times}: {'; '.join(reasons)}")
    if verdict.outcome == PASSED:
        words.append(
            " ".join(filter(None, (verdict.status or "passed", verdict.stored_at and f"at {verdict.stored_at}")))
        )
    elif verdict.outcome == REJECTED:
        words.append(": ".join(filter(None, ("rejected", verdict.code, verdict.reason))))
    elif verdict.outcome not in (FAILED, UNFINISHED):
        words.append(verdict.outcome)
    about = [f"in a group of {last.records}" if last.in_group else "alone"] if last.isolated else []
    about += [] if last.own else ["for the other message"]
    return (f"{', '.join(about)}: " if about else "") + ", then ".join(words)


def _named(ids: Sequence[str]) -> str:
    more = f" and {len(ids) - _MOST_NAMED} more" if len(ids) > _MOST_NAMED else ""
    return ", ".join(ids[:_MOST_NAMED]) + more


def _print_pairs(console: Console, pairs: Sequence[tuple[str, str]], indent: int = 0) -> None:
    grid = Table.grid(padding=(0, 2, 0, 0), pad_edge=False)
    grid.add_column(no_wrap=True, style="dim")
    grid.add_column(overflow="fold")
    for name, value in pairs:
        grid.add_row(shown(" " * indent + name), shown(value, keep="\n"))
    console.print(grid)
