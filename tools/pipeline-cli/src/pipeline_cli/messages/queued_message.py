"""A message in the dead-letter queue or the invalid message queue."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pipeline_cli.messages.attributes import Attribute, producers
from pipeline_cli.messages.content import content_of
from pipeline_cli.rejected_message import first_message_id

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_sqs.type_defs import MessageTypeDef

    from pipeline_cli.intake import Intake
    from pipeline_cli.messages.failure import Failure


@dataclass(frozen=True)
class Draft:
    """The content to send to the source queue: a message as it arrived, or as it was edited."""

    body: str
    attributes: Mapping[str, Attribute]
    """The producer's attributes."""


@dataclass(frozen=True)
class QueuedMessage:
    """A message in its queue, and why it is there."""

    message_id: str
    """The id of this copy: a message that was sent to the invalid message queue has a new id there."""
    first_message_id: str
    """The id that its producer got."""
    execution_id: str
    draft: Draft
    trace_header: str
    group_id: str
    sent_at: datetime
    """For a dead letter, when its producer sent it; for an invalid message, when it was rejected."""
    receive_count: int
    failure: Failure

    @classmethod
    def read(cls, message: MessageTypeDef, intake: Intake, failure: Failure) -> QueuedMessage:
        """Build one from a received message."""
        system = message["Attributes"]
        first_id = first_message_id(message)
        return cls(
            message_id=message["MessageId"],
            first_message_id=first_id,
            execution_id=intake.identity(first_id, content_of(message["Body"], intake).parsed),
            draft=Draft(message["Body"], producers(message)),
            trace_header=system.get("AWSTraceHeader", ""),
            group_id=system.get("MessageGroupId", ""),
            sent_at=sent_at(message),
            receive_count=int(system["ApproximateReceiveCount"]),
            failure=failure,
        )

    def to_json(self, *, body: bool) -> dict[str, Any]:
        """Format it as JSON, with or without the body and the attributes."""
        told = {
            "message_id": self.message_id,
            "first_message_id": self.first_message_id,
            "execution_id": self.execution_id,
            "sent_at": self.sent_at,
            "receive_count": self.receive_count,
            "stage": self.failure.stage,
            "code": self.failure.code,
            "field": self.failure.field,
            "reason": self.failure.reason,
            "failed_at": self.failure.at,
            "execution_arn": self.failure.execution_arn,
        }
        if not body:
            return told
        attributes = {name: value.to_export() for name, value in self.draft.attributes.items()}
        return told | {
            "trace_header": self.trace_header,
            "group_id": self.group_id,
            "attributes": attributes,
            "body": self.draft.body,
        }


def sent_at(message: MessageTypeDef) -> datetime:
    """Return the time at which SQS received a message; moving it to the dead-letter queue does not change it."""
    return datetime.fromtimestamp(int(message["Attributes"]["SentTimestamp"]) / 1000, UTC)
