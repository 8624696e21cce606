"""Where a message is now: in the table, in one of the three queues, or in an execution.

Only the table is certain. SQS cannot show a message without receiving it, so the rest is deduced from the last
delivery, unless the two queues of ended messages may be inspected.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pipeline_cli.declared_stages import exported
from pipeline_cli.executions import deliveries as outcomes
from pipeline_cli.printing import moment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from pipeline_cli.executions.deliveries import Delivery
    from pipeline_cli.executions.queue_look import Look, Seen

TABLE, QUEUE, INVALID, DEAD, EXECUTION, UNKNOWN = (
    "table",
    "queue",
    "invalid message queue",
    "dead-letter queue",
    "execution",
    "unknown",
)
_RETENTION = timedelta(days=14)
"""Retention of the invalid message queue and the dead-letter queue, from infra/shared/template.yaml."""


@dataclass(frozen=True)
class Place:
    """A place, and how it was determined."""

    where: str
    words: str
    certain: bool = False
    """Whether it was observed rather than deduced."""


@dataclass(frozen=True)
class Item:
    """The receipt of a record in the table, which proves that it is stored; ``content`` is the whole item."""

    execution_id: str
    message_id: str
    stored_at: str
    data_digest: str
    content: Mapping[str, Any]


@dataclass(frozen=True)
class QueueSettings:
    """How SQS treats a message that fails."""

    max_receive_count: int | None
    visibility_seconds: int
    retention_seconds: int

    @classmethod
    def read(cls, sqs: Any, url: str) -> QueueSettings:
        """Read the attributes of the queue; nothing is received."""
        names = ["RedrivePolicy", "VisibilityTimeout", "MessageRetentionPeriod"]
        attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        policy = json.loads(attributes.get("RedrivePolicy") or "{}")
        count = policy.get("maxReceiveCount")
        times = (int(attributes[name]) for name in names[1:])
        return cls(int(count) if count else None, *times)


@dataclass(frozen=True)
class Waits:
    """How long the orchestrator delays failed messages after the first delivery, the second, and so on."""

    own_fault: Sequence[int]
    outage: Sequence[int]

    @classmethod
    def read(cls, repository: Path) -> Waits:
        """Read them from the orchestrator's export in this repository."""
        seconds = exported(repository)["redelivery_seconds"]
        return cls(seconds["own_fault"], seconds["outage"])

    def seconds(self, delivery: int, *, own_fault: bool | None) -> int:
        """Return the wait after a delivery; the longer one if the cause of the failure is unknown."""
        waits = {True: [self.own_fault], False: [self.outage], None: [self.own_fault, self.outage]}[own_fault]
        return max(one[min(max(delivery, 1), len(one)) - 1] for one in waits)


@dataclass(frozen=True)
class Facts:
    """The known facts besides the deliveries."""

    settings: QueueSettings | None
    waits: Waits
    look: Look | None
    now: datetime


def places_of(first_id: str, deliveries: Sequence[Delivery], item: Item | None, facts: Facts) -> list[Place]:
    """Determine where a message is, most important place first, from its deliveries and the item of its identity."""
    found = _in_table(first_id, deliveries, item)
    last = deliveries[-1] if deliveries else None
    rest = _after(last, first_id, len(deliveries), item, facts) if last else None
    # A rejected message is in the table only if it had been stored before; otherwise, the item is another message's.
    foreign = item is not None and item.message_id != first_id and last and last.outcome == outcomes.REJECTED
    places = [rest, found] if foreign else [found, rest]
    nothing = Place(UNKNOWN, "the log has no delivery of it, and the table has no item for it")
    return [place for place in places if place] or [nothing]


def _in_table(first_id: str, deliveries: Sequence[Delivery], item: Item | None) -> Place | None:
    if item is None:
        return None
    of = f"message {item.message_id}"
    digests = {one.record.digest for one in deliveries if one.record}
    if item.message_id == first_id or not deliveries:
        words = "in the table"
    elif not item.data_digest or not digests:
        words = f"the table has an item with its key, stored for {of}"
    elif digests == {item.data_digest}:
        words = f"in the table: it is a duplicate of {of}, for which its data was stored"
    else:
        words = f"the table has other data under its key, from {of}"
    return Place(TABLE, words, certain=True)


def _after(last: Delivery, first_id: str, known: int, item: Item | None, facts: Facts) -> Place | None:
    """Determine where a message is after its last delivery, unless the table has it."""
    if last.outcome == outcomes.RUNNING:
        return Place(EXECUTION, f"it is in an execution, which is {last.execution.status}", certain=True)
    if last.outcome == outcomes.REJECTED:
        return _rejected(last, first_id, facts)
    if last.outcome in (outcomes.FAILED, outcomes.DIED):
        return _failed(last, first_id, known, facts)
    if item:
        return None
    if last.outcome == outcomes.STORED:
        return Place(UNKNOWN, "it was stored, but the table has no such item: it was deleted, or this is another table")
    return Place(UNKNOWN, "it is not recorded how its last known delivery ended: it was stored, or its execution died")


def _rejected(last: Delivery, first_id: str, facts: Facts) -> Place:
    if facts.look and facts.look.rejected.ids & {last.message_id, first_id}:
        return Place(INVALID, "it was seen in the invalid message queue", certain=True)
    until = (last.execution.ended or last.at) + _RETENTION
    if facts.now > until:
        return Place(UNKNOWN, f"SQS has deleted it from the invalid message queue, at {moment(until)} at the latest")
    words = f"in the invalid message queue until {moment(until)}, unless it was sent again or deleted"
    return Place(INVALID, words + _not_seen(facts.look.rejected if facts.look else None))


def _failed(last: Delivery, first_id: str, known: int, facts: Facts) -> Place:
    if facts.look and facts.look.dead.ids & {last.message_id, first_id}:
        return Place(DEAD, "it was seen in the dead-letter queue", certain=True)
    number = last.number or known
    most = facts.settings.max_receive_count if facts.settings else None
    due = _due(last, number, facts)
    if most is not None and number >= most:
        return _dead(last, due, f"it failed at delivery {number} of {most}", facts)
    next_one = f"delivery {number + 1}" + ("" if most is None else f" of {most}")
    if facts.now < due:
        return Place(QUEUE, f"it waits in the queue, and is redelivered at about {moment(due)}, {next_one}")
    sent = last.record.message.sent if last.record else None
    if sent and facts.settings and facts.now > sent + timedelta(seconds=facts.settings.retention_seconds):
        return Place(
            UNKNOWN, f"{next_one} was due at about {moment(due)}, but the log has none; SQS has since deleted it"
        )
    late = "the log may be up to a minute late, or the pipeline is paused"
    return Place(QUEUE, f"in the queue: {next_one} was due at about {moment(due)}, but the log has none yet; {late}")


def _dead(last: Delivery, due: datetime, why: str, facts: Facts) -> Place:
    if facts.now < due:
        return Place(
            QUEUE, f"{why}; it waits in the queue, and SQS moves it to the dead-letter queue at about {moment(due)}"
        )
    sent = last.record.message.sent if last.record else None
    if sent and facts.now > sent + _RETENTION:
        return Place(UNKNOWN, f"{why}; SQS has deleted it from the dead-letter queue at {moment(sent + _RETENTION)}")
    until = f" until {moment(sent + _RETENTION)}" if sent else ""
    words = f"in the dead-letter queue{until}: {why}. If it has been redriven since, it has a new id"
    return Place(DEAD, words + _not_seen(facts.look.dead if facts.look else None))


def _due(last: Delivery, number: int, facts: Facts) -> datetime:
    """Return when it is redelivered: a message of an execution that died waits for the visibility timeout."""
    if last.outcome == outcomes.DIED:
        return last.at + timedelta(seconds=facts.settings.visibility_seconds if facts.settings else 0)
    step = last.path.redelivery if last.path else None
    since = (step and step.ended) or last.execution.ended or last.at
    own_fault = last.path.own_fault if last.path else None
    return since + timedelta(seconds=facts.waits.seconds(number, own_fault=own_fault))


def _not_seen(seen: Seen | None) -> str:
    return f"; it is not among the {seen.count:,} messages of that queue that were looked at" if seen else ""
