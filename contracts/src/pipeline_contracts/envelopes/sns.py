"""A notification of SNS without raw message delivery.

https://docs.aws.amazon.com/sns/latest/dg/sns-large-payload-raw-message-delivery.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from pipeline_contracts.envelopes.unwrapped import EnvelopeModel, Unwrapped, described, fields_of, refused
from pipeline_contracts.errors import ErrorCode

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME = "an SNS notification"


class _Attribute(EnvelopeModel):
    type: Annotated[str, Field(alias="Type")]
    value: Annotated[str, Field(alias="Value")]


class _Notification(EnvelopeModel):
    type: Annotated[str, Field(alias="Type")]
    message_id: Annotated[str, Field(alias="MessageId", min_length=1)]
    topic: Annotated[str, Field(alias="TopicArn")]
    message: Annotated[str, Field(alias="Message")]
    subject: Annotated[str | None, Field(alias="Subject")] = None
    time: Annotated[str | None, Field(alias="Timestamp")] = None
    attributes: Annotated[dict[str, _Attribute], Field(alias="MessageAttributes", default_factory=dict)]


def is_sns(members: Mapping[str, str]) -> bool:
    """Recognize a notification, and the confirmation that SNS sends if another account subscribes the queue."""
    return {"Type", "MessageId", "TopicArn", "Message"} <= members.keys()


def unwrap(members: Mapping[str, str]) -> Unwrapped:
    """Take the message out of a notification."""
    sent = fields_of(_Notification, members, NAME)
    if sent.type != "Notification":
        raise refused(
            ErrorCode.SNS_CONFIRMATION,
            f"is a {sent.type[:40]} of SNS: open its SubscribeURL once, or subscribe the queue by its owner",
        )
    return Unwrapped(
        sent.message,
        sent.message_id,
        described(id=sent.message_id, source=sent.topic, subject=sent.subject, time=sent.time),
        {name: _as_lambda_gives_it(attribute) for name, attribute in sent.attributes.items()},
    )


def _as_lambda_gives_it(attribute: _Attribute) -> dict[str, Any]:
    kind = "binaryValue" if attribute.type == "Binary" else "stringValue"
    return {"dataType": attribute.type, kind: attribute.value}
