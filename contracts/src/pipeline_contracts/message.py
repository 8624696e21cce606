"""The body of an SQS message."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from pipeline_contracts.body import json_type, parse_body
from pipeline_contracts.errors import ErrorCode, FieldError, InvalidBodyError

NonBlank = Annotated[str, StringConstraints(pattern=r"\S")]

_MESSAGES = {
    "missing": (ErrorCode.MISSING_FIELD, "is missing"),
    "string_pattern_mismatch": (ErrorCode.BLANK_FIELD, "must not be blank"),
    "string_too_short": (ErrorCode.BLANK_FIELD, "must not be empty"),
    "string_too_long": (ErrorCode.TOO_LONG, "must have at most {max_length} characters"),
    "string_type": (ErrorCode.WRONG_TYPE, "must be a string, not {found}"),
}


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
    return FieldError(
        field=str(detail["loc"][0]),
        code=code,
        message=message.format(found=json_type(detail["input"]), **detail.get("ctx", {})),
    )
