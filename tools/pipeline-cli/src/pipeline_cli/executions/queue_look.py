"""Inspecting the two queues that have no consumer. The source queue is never read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline_cli.queue_reader import QueueReader
from pipeline_cli.rejected_message import first_message_id

if TYPE_CHECKING:
    from pipeline_cli.outputs import StackOutputs

_HIDDEN_SECONDS = 20
"""Longer than the inspection takes, so that no message is seen twice; each is made visible again right afterwards."""


@dataclass(frozen=True)
class Seen:
    """The inspected part of a queue: the number of messages and their ids, the original ones of resent messages too."""

    count: int
    ids: frozenset[str]


@dataclass(frozen=True)
class Look:
    """The inspected part of the two queues."""

    dead: Seen
    rejected: Seen


def look(sqs: Any, queues: StackOutputs, limit: int) -> Look:
    """Inspect a limited number of messages in each queue."""
    return Look(
        _seen(sqs, queues.dead_letter_queue_url, limit),
        _seen(sqs, queues.invalid_message_queue_url, limit),
    )


def _seen(sqs: Any, url: str, limit: int) -> Seen:
    reader = QueueReader(sqs, url, hidden_seconds=_HIDDEN_SECONDS)
    try:
        messages = reader.new_messages(limit)
    finally:
        reader.put_back()
    ids = {one["MessageId"] for one in messages} | set(map(first_message_id, messages))
    return Seen(len(messages), frozenset(ids))
