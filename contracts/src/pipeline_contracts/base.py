"""What all contract models and their fields have in common."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

MAX_RECORDS = 1_000
"""Records in one request. A chunk is far smaller; the bound keeps a request from being unbounded."""

ExecutionId = Annotated[
    str,
    StringConstraints(min_length=1, max_length=300),
    Field(description="Identity of a record: partition key of its item, and the key of its entry."),
]

JsonText = Annotated[
    str,
    Field(
        description=(
            "The body of the message, as it arrived. It crosses as text, because the Lambda runtime reads "
            "JSON numbers as floats and would not give back 38 digits."
        ),
        json_schema_extra={"contentMediaType": "application/json"},
    ),
]

MessageId = Annotated[
    str,
    StringConstraints(min_length=1, max_length=128),
    Field(description="The `messageId` that SQS gave the message."),
]

Timestamp = Annotated[
    str,
    StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z$"),
    Field(description="RFC 3339, UTC, microseconds.", examples=["2026-01-31T12:00:00.000000Z"]),
]


class Contract(BaseModel):
    """A model that crosses a service border: frozen, strict, and closed to keys it does not name.

    Its errors do not quote the input: they end in logs, and message bodies do not belong there.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", hide_input_in_errors=True)


def timestamp(moment: datetime) -> str:
    """Write an aware datetime as a `Timestamp`."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
