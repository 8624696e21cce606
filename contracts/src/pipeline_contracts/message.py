"""The body of an SQS message."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError
from pydantic_core import PydanticCustomError

from pipeline_contracts.body import json_type, parse_body, quoted
from pipeline_contracts.errors import ErrorCode, FieldError, InvalidBodyError

MAX_METADATA = 50
"""Entries of a message's metadata."""

NonBlank = Annotated[str, StringConstraints(pattern=r"\S")]

_MESSAGES = {
    "missing": (ErrorCode.MISSING_FIELD, "is missing"),
    "string_pattern_mismatch": (ErrorCode.BLANK_FIELD, "must not be blank"),
    "string_too_short": (ErrorCode.BLANK_FIELD, "must not be empty"),
    "string_too_long": (ErrorCode.TOO_LONG, "must have at most {max_length} characters"),
    "string_type": (ErrorCode.WRONG_TYPE, "must be a string, not {found}"),
    "dict_type": (ErrorCode.WRONG_TYPE, "must be an object, not {found}"),
    "too_long": (ErrorCode.TOO_LONG, "must have at most {max_length} entries"),
}


def _few(metadata: object) -> object:
    # Before the entries are looked at: each that is wrong would be an error of its own.
    if isinstance(metadata, dict) and len(metadata) > MAX_METADATA:
        raise PydanticCustomError("too_long", "", {"max_length": MAX_METADATA})
    return metadata


class PipelineMessage(BaseModel):
    """What a producer sends: two fields that steer the processing, and whatever else it likes.

    Further keys are the producer's data and pass through untouched. What no table could store is refused: more than 32
    levels of nesting, numbers of more than 38 digits or beyond 9.99E+125, keys that occur twice, lone surrogates.
    """

    model_config = ConfigDict(
        frozen=True,
        strict=True,
        extra="allow",
        json_schema_extra={
            "examples": [
                {"data_source": "test.csv", "processing_type": "standard"},
                {
                    "data_source": "orders.csv",
                    "processing_type": "tabular",
                    "idempotency_key": "order-4711",
                    "metadata": {"tenant": "acme", "trace": "c80e8021"},
                    "columns": ["id", "amount"],
                },
            ]
        },
    )

    data_source: Annotated[NonBlank, Field(description="Where the data comes from, such as a file name.")]
    processing_type: Annotated[NonBlank, Field(description="Selects the validation rules and the transformation.")]
    idempotency_key: Annotated[
        Annotated[str, StringConstraints(min_length=1, max_length=256)] | None,
        Field(description="Two messages with one key are one record. Without it, the message id is the key."),
    ] = None

    metadata: Annotated[
        Annotated[dict[str, str], Field(max_length=MAX_METADATA), BeforeValidator(_few)] | None,
        Field(description="What the producer notes about the message. Its item has it as an attribute of its own."),
    ] = None

    @classmethod
    def from_body(cls, text: str) -> Self:
        """Read the body of an SQS message.

        Raises:
            InvalidBodyError: It names each field that is wrong, and why.
        """
        body = parse_body(text)
        try:
            return cls.model_validate(body)
        except ValidationError as error:
            raise InvalidBodyError([_field_error(dict(detail)) for detail in error.errors()]) from None

    @property
    def further_fields(self) -> dict[str, Any]:
        """The keys that this model does not name, as `parse_body` read them."""
        return self.model_extra or {}


def _field_error(detail: dict[str, Any]) -> FieldError:
    code, message = _MESSAGES[detail["type"]]
    field, *entry = detail["loc"]
    said = message.format(found=json_type(detail["input"]), **detail.get("ctx", {}))
    if entry:
        said = f"the value of {quoted(entry[0])} {said}"[:256]
    return FieldError(field=field, code=code, message=said)
