"""The orchestrator's types: message, record, rejection, failure."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

OWN_ATTRIBUTE = "durable_pipeline"
"""The message attribute of the pipeline: JSON. A rejected message has its identity and the reason in it, and a message
that is sent again at least its first `message_id`."""

# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-queue-message-identifiers.html
_MESSAGE_ID = re.compile("[0-9A-Za-z-]{1,100}")


@dataclass(frozen=True)
class Message:
    """One SQS message as it arrived."""

    index: int
    """Its position in the batch, which is its name in checkpoints."""
    message_id: str
    body: str
    attributes: Mapping[str, Mapping[str, Any]] = field(hash=False)
    """The producer's message attributes, as Lambda writes them."""
    receipt_handle: str
    """Identifies this delivery to the queue."""
    receive_count: int
    """Number of deliveries, including this one."""
    sent_ms: int
    """When its producer sent it, in milliseconds since the epoch."""
    trace_header: str | None = None
    """X-Ray's, a system attribute of SQS."""
    group_id: str | None = None
    """For fair queues; a system attribute of SQS."""

    @property
    def first_message_id(self) -> str:
        """The `message_id` that its producer received: SQS assigns a new id to a message that is sent again."""
        try:
            own = json.loads(self.attributes[OWN_ATTRIBUTE]["stringValue"])["message_id"]
        except (KeyError, TypeError, ValueError, RecursionError):
            return self.message_id  # not ours
        return own if isinstance(own, str) and _MESSAGE_ID.fullmatch(own) else self.message_id


def texts_of(attributes: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Return the producer's message attributes as text: a number as it was sent, and binary data as base64."""
    return {
        name: attribute.get("stringValue") or attribute.get("binaryValue") or ""
        for name, attribute in attributes.items()
        if name != OWN_ATTRIBUTE
    }


@dataclass(frozen=True)
class Record:
    """A message that was parsed successfully, on its way through the chain."""

    execution_id: str
    message: Message
    unwrapped: str | None = None
    """The JSON text of the message, if that is not the body."""
    attributes: Mapping[str, str] = field(default_factory=dict)
    """Stored with its item: message attributes, including those in its envelope."""
    duplicates: tuple[Message, ...] = ()
    """Messages of the batch with the same identity and data: they share this one's outcome."""
    conflicting: tuple[Record, ...] = ()
    """Records of the batch with the same identity and different data: at most one of them can be stored."""
    data_digest: str = ""
    """`ParsedMessage.data_digest`; only set for records in `conflicting`."""
    entry_bytes: int = 0
    """Maximum bytes of its entry in any request or response of the chain."""
    item_json_bytes: int = 0
    """Estimated bytes of its item in DynamoDB's JSON."""
    transformed: dict[str, Any] | None = None
    contributions: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    """Results of your own stages, by stage."""
    stored_at: str | None = None
    """When this execution stored it, by the storer's clock; None for a duplicate."""

    @property
    def data(self) -> str:
        """The JSON text that the services receive."""
        return self.message.body if self.unwrapped is None else self.unwrapped

    @property
    def messages(self) -> tuple[Message, ...]:
        """The message and its duplicates."""
        return (self.message, *self.duplicates)


@dataclass(frozen=True)
class Rejection:
    """A message that can never succeed, and the reason."""

    message: Message
    execution_id: str
    stage: str
    code: str
    reason: str
    """For people. It may quote the message, so it is not logged."""
    field: str = ""
    """Path of the wrong field, without any key of the producer's; empty for the whole body."""
    stored_digest: str | None = None
    """For a conflict with an item in the table: the digest of that item's data."""


@dataclass(frozen=True)
class Failure:
    """A record that a stage could not finish, and the reason."""

    record: Record
    stage: str
    code: str
    reason: str
    own_fault: bool = False
    """True if other records succeeded where it failed; otherwise the system may be the cause."""

    @property
    def execution_id(self) -> str:
        return self.record.execution_id

    @property
    def messages(self) -> tuple[Message, ...]:
        """All messages that fail with it: its own, and its conflicts, which stay undecided."""
        return (*self.record.messages, *(message for other in self.record.conflicting for message in other.messages))


class FifoQueueError(Exception):
    """The messages come from a FIFO queue, whose order the pipeline does not keep."""


class NotSqsError(Exception):
    """The function was invoked by something other than an SQS event source mapping."""


def messages_of(event: Mapping[str, Any]) -> tuple[Message, ...]:
    """Read the event of an SQS event source mapping.

    https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html#example-standard-queue-message-event

    Raises:
        FifoQueueError: Its queue is a FIFO queue.
        NotSqsError: It is another event.
    """
    try:
        return _messages_of(event)
    except (KeyError, TypeError, ValueError) as error:
        what = f"{error} is missing" if isinstance(error, KeyError) else type(error).__name__
        raise NotSqsError(f"this is not the event of an SQS event source mapping: {what}") from None


def _messages_of(event: Mapping[str, Any]) -> tuple[Message, ...]:
    for record in event["Records"]:
        queue = record.get("eventSourceARN", "")  # a recorded history has none
        if queue.endswith(".fifo"):
            raise FifoQueueError(
                f"{queue} is a FIFO queue; the pipeline works on standard queues only, "
                f"see docs/decisions/0013-standard-queues.md"
            )
    return tuple(
        Message(
            index=index,
            message_id=record["messageId"],
            body=record["body"],
            attributes=record.get("messageAttributes", {}),
            receipt_handle=record["receiptHandle"],
            receive_count=int(record["attributes"]["ApproximateReceiveCount"]),
            sent_ms=int(record["attributes"]["SentTimestamp"]),
            trace_header=record["attributes"].get("AWSTraceHeader"),
            group_id=record["attributes"].get("MessageGroupId"),
        )
        for index, record in enumerate(event["Records"])
    )
