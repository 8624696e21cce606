"""What all contract models and their fields have in common."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, StringConstraints

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
            "The message: the body as it arrived, or what was in its envelope. It crosses as text, because the Lambda "
            "runtime reads JSON numbers as floats and would not give back 38 digits."
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


def _encodable(value: dict[str, Any]) -> dict[str, Any]:
    json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
    return value


JsonObject = Annotated[dict[str, JsonValue], AfterValidator(_encodable)]
"""What a stage returns for a record: any JSON object of finite numbers and valid Unicode."""

StageName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,31}$")]

Contributions = Annotated[
    dict[StageName, JsonObject],
    Field(
        description="What the stages of your own returned before, by stage.",
        default_factory=dict,
        exclude_if=lambda contributions: not contributions,
        json_schema_extra={"additionalProperties": False},
    ),
]


def _whole(value: object) -> object:
    """Read 4096.0 as the integer that it is to JSON Schema."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


MaxBytes = Annotated[
    int,
    Field(
        ge=2,
        le=1_048_576,
        description=(
            "Bytes that one record's output may have as JSON, with all but ASCII escaped. The stage declares it, and a "
            "chunk has room for no more."
        ),
    ),
    BeforeValidator(_whole),
]


class Contract(BaseModel):
    """A model that crosses a service border: frozen, strict, and closed to keys it does not name.

    Its errors do not quote the input: they end in logs, and message bodies do not belong there.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", hide_input_in_errors=True)


def timestamp(moment: datetime) -> str:
    """Write an aware datetime as a `Timestamp`."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def ascii_bytes(value: Any) -> int:
    """Count the bytes of a JSON value, with all but ASCII escaped: no runtime writes it longer."""
    return len(json.dumps(value))
