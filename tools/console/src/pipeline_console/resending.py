"""Reading one of the two queues of ended messages, planning what to send again, and carrying it out.

A confirmed plan is made again from the current state of the queue, and carried out only if it is the same: nothing is
hidden from other readers while somebody thinks about it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING

from pipeline_cli.messages.carrying_out import Carrier, Done
from pipeline_cli.messages.export_file import ExportedMessage, drafts_of, missing_of
from pipeline_cli.messages.plan import LEAVES, Planned, discards, plan
from pipeline_cli.messages.reading import Kind, OpenQueue, open_queue
from pipeline_cli.messages.releases import last_release
from pipeline_cli.messages.stored import stored_data
from pipeline_cli.operations_log import OperationsLog
from pipeline_cli.rules import verdicts
from pipeline_cli.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from pipeline_cli.intake import Intake
    from pipeline_cli.messages.queued_message import QueuedMessage
    from pipeline_cli.target import Target

MOST = 1_000
"""The maximum number of messages on a page."""
_LOG_SECONDS = 30.0
_RATE = 50.0


@dataclass
class Progress:
    """The progress of a call, for the page that waits for it."""

    what: str = ""
    count: int = 0
    of: int = 0


@dataclass(frozen=True)
class Listed:
    """The messages of a queue."""

    messages: Sequence[QueuedMessage]
    notes: Sequence[str]
    intake: Intake
    """Reads the bodies of the messages."""


@dataclass(frozen=True)
class Wish:
    """The requested action for some messages."""

    kind: Kind
    exported: Mapping[str, ExportedMessage]
    """The messages by id, with the bodies to send."""
    discards: bool = False
    """Whether they are deleted for good instead of sent again."""
    unchanged: bool = False
    """Whether to send messages, too, that would fail again unless something other than a function has changed."""
    rules: bool = True
    """Whether to apply the rules of this checkout's services."""

    @property
    def action(self) -> str:
        """The name of the action in the operations log."""
        return "discard" if self.discards else self.kind.resend


@dataclass(frozen=True)
class Plan:
    """The decision about each message."""

    planned: Sequence[Planned]
    missing: int
    """The number of messages that are no longer in the queue, or hidden."""
    notes: Sequence[str]

    @property
    def decisions(self) -> list[tuple[str, str, str, str]]:
        """The part of the plan that is confirmed."""
        return [(one.message.message_id, one.execution_id, one.decision, one.reason) for one in self.planned]

    @property
    def leaving(self) -> int:
        """The number of messages that leave the queue."""
        return sum(one.decision in LEAVES for one in self.planned)


def list_messages(target: Target, kind: Kind, progress: Progress) -> Listed:
    """Read a queue, with the reason of each message."""
    with open_queue(target, kind, limit=MOST, log_seconds=_LOG_SECONDS, progress=_counting(progress, "read")) as queue:
        return Listed(queue.messages, queue.notes, target.intake)


def make_plan(target: Target, wish: Wish, repository: Path, progress: Progress) -> Plan:
    """Decide about each message."""
    with open_queue(
        target, wish.kind, limit=None, log_seconds=_LOG_SECONDS, progress=_counting(progress, "read")
    ) as queue:
        return _plan(target, wish, repository, queue)


def carry_out(
    target: Target, wish: Wish, agreed: Plan, repository: Path, progress: Progress, stops: Callable[[], bool]
) -> Done | Plan:
    """Carry out the confirmed plan, until it ``stops``; if it has changed since, only return the new plan."""
    with open_queue(
        target, wish.kind, limit=None, log_seconds=_LOG_SECONDS, progress=_counting(progress, "read")
    ) as queue:
        now = _plan(target, wish, repository, queue)
        if now.decisions != agreed.decisions:
            return now
        log = OperationsLog(target, f"console {wish.kind.value} {wish.action}")
        sqs, source_url = target.client("sqs"), target.resources.queue_url
        carrier = Carrier(sqs, source_url, queue.reader, log, wish.kind, rate=_RATE)
        progress.of = now.leaving
        return carrier.run(now.planned, _counting(progress, "handled"), stops)


def _plan(target: Target, wish: Wish, repository: Path, queue: OpenQueue) -> Plan:
    drafts = drafts_of(queue.messages, wish.exported)
    missing = missing_of(queue.messages, wish.exported)
    if wish.discards:
        return Plan(discards(drafts), missing, queue.notes)
    planned = plan(
        drafts,
        queue.messages,
        target.intake,
        partial(stored_data, Table(target.client("dynamodb"), target.resources.table_name)),
        released=None if wish.unchanged else cache(partial(last_release, target, repository)),
        rules=verdicts if wish.rules else None,
    )
    return Plan(planned, missing, queue.notes)


def _counting(progress: Progress, what: str) -> Callable[[int], None]:
    def count(number: int) -> None:
        progress.what, progress.count = what, number

    return count
