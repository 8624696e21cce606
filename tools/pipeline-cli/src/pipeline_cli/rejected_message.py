"""What a message in the invalid message queue says about itself: the one place that reads it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_sqs.type_defs import MessageTypeDef

_ATTRIBUTE = "durable_pipeline"
_NO_REASON = "its body leaves no room for an attribute with the reason"


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
        return cls(told.get("message_id", ""), told.get("execution_id", ""), _reason(told))


def told_of(message: MessageTypeDef) -> dict[str, Any]:
    """Give what the pipeline says of a received message in its attribute; nothing if it has none that can be read."""
    attributes = message.get("MessageAttributes", {})
    try:
        told = json.loads(attributes[_ATTRIBUTE]["StringValue"])
    except (KeyError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}


def _reason(told: Mapping[str, str]) -> str:
    where = ", ".join(told[name] for name in ("stage", "code") if told.get(name))
    field, reason = told.get("field", ""), told.get("reason", "")
    if field and not reason.startswith(field):
        reason = f"{field}: {reason}"
    return ": ".join(part for part in (where, reason) if part) or _NO_REASON
