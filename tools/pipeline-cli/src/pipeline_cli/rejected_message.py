"""What a message in the invalid message queue says about itself: the one place that reads it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

OWN_ATTRIBUTE = "durable_pipeline"
NO_REASON = "its body leaves no room for an attribute with the reason"


@dataclass(frozen=True)
class RejectedMessage:
    """Why a message was rejected; the ids are empty when it came without them.

    SQS counts attributes to the size of a message, so that one with the largest body can have none.
    """

    message_id: str
    execution_id: str
    reason: str

    @classmethod
    def read(cls, message: MessageTypeDef) -> RejectedMessage:
        """Read a received message."""
        told = {name: str(value) for name, value in told_of(message).items() if value}
        where = ", ".join(told[name] for name in ("stage", "code") if name in told)
        field, reason = told.get("field", ""), told.get("reason", "")
        if not reason.startswith(field):
            reason = f"{field}: {reason}"
        why = ": ".join(filter(None, (where, reason))) or NO_REASON
        return cls(told.get("message_id", ""), told.get("execution_id", ""), why)


def told_of(message: MessageTypeDef) -> dict[str, Any]:
    """Give what the pipeline says of a received message in its attribute; nothing if it has none that can be read."""
    try:
        told = json.loads(message["MessageAttributes"][OWN_ATTRIBUTE]["StringValue"])
    except (KeyError, ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}
