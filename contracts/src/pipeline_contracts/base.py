"""The base of all contract models, and the types of their fields."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, StringConstraints

MAX_RECORDS = 1_000
"""The most records in one request. A chunk is far smaller."""

ExecutionId = Annotated[
    str,
    StringConstraints(min_length=1, max_length=300),
    Field(description="Identity of a record: partition key of its item, and the key of its entry."),
]

JsonText = Annotated[
    str,
    Field(
        description=(
            "The message: the body as it arrived, or the content of its envelope. It is passed as text, because the "
            "Lambda runtime reads JSON numbers as floats, which do not keep 38 digits."
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
"""The output of a stage for a record: any JSON object of finite numbers and valid Unicode."""

StageName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,31}$")]

Contributions = Annotated[
    dict[StageName, JsonObject],
    Field(
        description="The outputs of earlier stages of your own, by stage.",
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
            "The most bytes that the output of one record may have as JSON, with non-ASCII characters escaped. The "
            "stage declares it, and each chunk reserves it."
        ),
    ),
    BeforeValidator(_whole),
]


class Contract(BaseModel):
    """A model that services exchange: frozen, strict, and without additional keys.

    Its errors do not quote the input, because they are logged, and message bodies do not belong in logs.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", hide_input_in_errors=True)


def timestamp(moment: datetime) -> str:
    """Write an aware datetime as a `Timestamp`."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def ascii_bytes(value: Any) -> int:
    """Count the bytes of a JSON value with non-ASCII characters escaped, its longest form."""
    return len(json.dumps(value))
