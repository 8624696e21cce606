"""Every error code of the pipeline, and whether it is permanent or transient: decided here, once."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, StringConstraints

from pipeline_contracts.base import Contract

if TYPE_CHECKING:
    from collections.abc import Sequence


class ErrorCode(StrEnum):
    """Why a record did not go on."""

    NOT_JSON = "not_json"
    NOT_AN_OBJECT = "not_an_object"
    DUPLICATE_KEY = "duplicate_key"
    NOT_FINITE = "not_finite"
    NUMBER_OUT_OF_RANGE = "number_out_of_range"
    NESTED_TOO_DEEPLY = "nested_too_deeply"
    LONE_SURROGATE = "lone_surrogate"
    MISSING_FIELD = "missing_field"
    BLANK_FIELD = "blank_field"
    WRONG_TYPE = "wrong_type"
    TOO_LONG = "too_long"
    MESSAGE_TOO_LARGE = "message_too_large"
    NOT_TRANSFORMABLE = "not_transformable"
    NOT_STORABLE = "not_storable"
    IDEMPOTENCY_CONFLICT = "idempotency_conflict"
    THROTTLED = "throttled"
    UNAVAILABLE = "unavailable"

    @property
    def is_permanent(self) -> bool:
        """True if the record can never succeed (rejected), False if it may succeed later (failed)."""
        return self not in _TRANSIENT


_TRANSIENT = frozenset({ErrorCode.THROTTLED, ErrorCode.UNAVAILABLE})


class RecordError(Contract):
    """Why a service did not do its work on one record."""

    code: Annotated[ErrorCode, Field(strict=False)]
    message: Annotated[str, StringConstraints(min_length=1, max_length=1024), Field(description="For people.")]


class FieldError(Contract):
    """What is wrong with one field of a body."""

    field: Annotated[str, StringConstraints(max_length=128), Field(description="Name; empty for the whole body.")]
    code: Annotated[
        str,
        StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$"),
        Field(description="An `ErrorCode`, or a code of the rule that failed."),
    ]
    message: Annotated[str, StringConstraints(min_length=1, max_length=256), Field(description="For people.")]


class InvalidBodyError(ValueError):
    """A body that can never be processed, with everything that is wrong with it."""

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__(reason(errors))
        self.errors = tuple(errors)


def reason(errors: Sequence[FieldError]) -> str:
    """Say what is wrong in one line: `columns: must not be empty; data_source: is missing`."""
    return "; ".join(f"{error.field}: {error.message}" if error.field else error.message for error in errors)
