"""The pipeline's attribute of a message in the invalid message queue; only this module reads it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_sqs.type_defs import MessageTypeDef

OWN_ATTRIBUTE = "durable_pipeline"
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-queue-message-identifiers.html
_MESSAGE_ID = re.compile("[0-9A-Za-z-]{1,100}")
NO_REASON = "its body leaves no room for an attribute with the reason"


@dataclass(frozen=True)
class RejectedMessage:
    """The reason why a message was rejected; the ids are empty if it has none.

    Attributes count towards the size of a message, so one with a body of maximum size cannot have any.
    """

    message_id: str
    execution_id: str
    reason: str

    @classmethod
    def read(cls, message: MessageTypeDef) -> RejectedMessage:
        """Build one from a received message."""
        told = {name: str(value) for name, value in told_of(message).items() if value}
        where = ", ".join(told[name] for name in ("stage", "code") if name in told)
        field, reason = told.get("field", ""), told.get("reason", "")
        if not reason.startswith(field):
            reason = f"{field}: {reason}"
        why = ": ".join(filter(None, (where, reason))) or NO_REASON
        return cls(told.get("message_id", ""), told.get("execution_id", ""), why)


def told_of(message: MessageTypeDef) -> dict[str, Any]:
    """Return the content of the pipeline's attribute of a received message; empty if there is none that can be read."""
    own = message.get("MessageAttributes", {}).get(OWN_ATTRIBUTE)
    return _told(own.get("StringValue") if own else None)


def first_message_id(message: MessageTypeDef) -> str:
    """Return the original id of a received message, as the orchestrator reads it.

    That is the id of this copy, unless our attribute has another one: SQS keeps the id of a message that it moves to
    the dead-letter queue.
    """
    return _first_id(told_of(message), message["MessageId"])


def first_message_id_of_event(record: Mapping[str, Any]) -> str:
    """Return the original id of a message in the event of an execution, which Lambda formats differently."""
    value = record.get("messageAttributes", {}).get(OWN_ATTRIBUTE, {})
    return _first_id(_told(value.get("stringValue")), record["messageId"])


def _told(text: object) -> dict[str, Any]:
    try:
        told = json.loads(text) if isinstance(text, str) else {}
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _first_id(told: Mapping[str, Any], message_id: str) -> str:
    own = told.get("message_id")
    return own if isinstance(own, str) and _MESSAGE_ID.fullmatch(own) else message_id
