"""Reading one of the two queues of ended messages, planning what is sent again, and carrying it out.

The plan that was agreed to is made again from the queue as it is then, and only that is carried out: nothing is hidden
from others while somebody thinks about it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
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
"""Messages of a queue that a page shows."""
_LOG_SECONDS = 30.0
_RATE = 50.0


@dataclass
class Progress:
    """How far something has come, for the page that waits for it."""

    what: str = ""
    count: int = 0
    of: int = 0


@dataclass(frozen=True)
class Listed:
    """The messages of a queue."""

    messages: Sequence[QueuedMessage]
    notes: Sequence[str]
    intake: Intake
    """Reads their bodies."""


@dataclass(frozen=True)
class Wish:
    """What is to be done with some messages."""

    kind: Kind
    exported: Mapping[str, ExportedMessage]
    """The messages by their ids, with the bodies that are sent."""
    discards: bool = False
    """Whether they are deleted for good, and not sent again."""
    unchanged: bool = False
    """Whether what fails again, unless something else than a function changed, is sent, too."""
    rules: bool = True
    """Whether the services of this checkout are asked."""

    @property
    def action(self) -> str:
        """What the operations log calls it."""
        return "discard" if self.discards else self.kind.resend


@dataclass(frozen=True)
class Plan:
    """What would be done with each message."""

    planned: Sequence[Planned]
    missing: int
    """Messages that are not in the queue any more, or hidden."""
    notes: Sequence[str] = field(compare=False)

    @property
    def decisions(self) -> list[tuple[str, str, str, str]]:
        """What was agreed to."""
        return [(one.message.message_id, one.execution_id, one.decision, one.reason) for one in self.planned]

    @property
    def leaving(self) -> int:
        """Count the messages that leave the queue."""
        return sum(one.decision in LEAVES for one in self.planned)


def list_messages(target: Target, kind: Kind, progress: Progress) -> Listed:
    """Read a queue, with the reasons of its messages."""
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
    """Do what was agreed to, until it ``stops``; if the plan is another one now, give that, and do nothing."""
    with open_queue(
        target, wish.kind, limit=None, log_seconds=_LOG_SECONDS, progress=_counting(progress, "read")
    ) as queue:
        now = _plan(target, wish, repository, queue)
        if now.decisions != agreed.decisions:
            return now
        carrier = Carrier(
            target.client("sqs"),
            target.resources.queue_url,
            queue.reader,
            OperationsLog(target, f"console {wish.kind.value} {wish.action}"),
            queue=wish.kind.value,
            resend=wish.kind.resend,
            rate=_RATE,
        )
        progress.of = now.leaving
        return carrier.run(now.planned, _counting(progress, "handled"), stops)


def _plan(target: Target, wish: Wish, repository: Path, queue: OpenQueue) -> Plan:
    drafts = drafts_of(queue.messages, wish.exported)
    missing = missing_of(queue.messages, wish.exported)
    if wish.discards:
        return Plan(discards(drafts), missing, queue.notes)
    planned = plan(
        drafts,
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
