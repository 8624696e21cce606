"""Message attributes: the producer's, and the pipeline's own, which keeps the identity of a message.

Quotas: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline_cli.messages.content import NOT_ACCEPTED
from pipeline_cli.rejected_message import OWN_ATTRIBUTE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_sqs.type_defs import MessageTypeDef

MAX_BYTES = 1_048_576
"""The maximum size of a message, body and attributes, and of all messages of a call."""
MAX_ATTRIBUTES = 10

_NAME = re.compile("[A-Za-z0-9_.-]{1,256}")
_TEXT, _BINARY = re.compile(r"(String|Number)(\..+)?"), re.compile(r"Binary(\..+)?")


@dataclass(frozen=True)
class Attribute:
    """A message attribute; a bytes value has a binary type."""

    type: str
    value: str | bytes

    @classmethod
    def received(cls, value: Mapping[str, Any]) -> Attribute:
        """Read an attribute from a received message."""
        return cls(value["DataType"], value["BinaryValue"] if "BinaryValue" in value else value["StringValue"])

    @classmethod
    def exported(cls, name: str, value: Mapping[str, Any]) -> Attribute:
        """Read an attribute from a file.

        SQS refuses a whole call because of one invalid attribute.

        Raises:
            ValueError: It is invalid.
        """
        told = value if isinstance(value, dict) else {}
        binary = "base64" in told
        kind, text = told.get("type"), told.get("base64" if binary else "value")
        if not _NAME.fullmatch(name) or not isinstance(kind, str) or not isinstance(text, str) or not text:
            raise ValueError(f"the attribute {name!r} is not a name with a type and a value")
        if not (_BINARY if binary else _TEXT).fullmatch(kind) or NOT_ACCEPTED.search(text):
            raise ValueError(f"the attribute {name} of type {kind!r} has a value that does not fit it")
        if kind.startswith("Number"):
            float(text)
        return cls(kind, base64.b64decode(text, validate=True) if binary else text)

    def to_send(self) -> dict[str, Any]:
        """Format it for SQS."""
        return {"DataType": self.type, "BinaryValue" if isinstance(self.value, bytes) else "StringValue": self.value}

    def to_export(self) -> dict[str, str]:
        """Format it for a file."""
        if isinstance(self.value, bytes):
            return {"type": self.type, "base64": base64.b64encode(self.value).decode()}
        return {"type": self.type, "value": self.value}

    def size(self, name: str) -> int:
        """Return its size in bytes, including its name."""
        value = self.value if isinstance(self.value, bytes) else self.value.encode()
        return len(name.encode()) + len(self.type.encode()) + len(value)


def producers(message: MessageTypeDef) -> dict[str, Attribute]:
    """Return the attributes of a received message, except the pipeline's own."""
    received = message.get("MessageAttributes", {})
    return {name: Attribute.received(value) for name, value in received.items() if name != OWN_ATTRIBUTE}


def identity(first_id: str) -> Attribute:
    """Make the attribute that preserves the identity of a message when it is sent again."""
    return Attribute("String", json.dumps({"message_id": first_id}))


def bytes_of(body: str, attributes: Mapping[str, Attribute]) -> int:
    """Return the size of a message in bytes, as SQS counts it."""
    return len(body.encode(errors="replace")) + sum(value.size(name) for name, value in attributes.items())
