"""Error codes, and the errors in requests and responses.

These codes are the pipeline's own. A service of your own may use any other code, and states beside it whether the error
is retryable.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Self

from pydantic import Field, StringConstraints

from pipeline_contracts.base import Contract, ascii_bytes

if TYPE_CHECKING:
    from collections.abc import Sequence


class ErrorCode(StrEnum):
    """The reason why a record was rejected or failed."""

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
    UNDECLARED_SNS = "undeclared_sns"
    UNDECLARED_EVENTBRIDGE = "undeclared_eventbridge"
    UNDECLARED_S3 = "undeclared_s3"
    UNDECLARED_CLOUDEVENTS = "undeclared_cloudevents"
    NOT_IN_ENVELOPE = "not_in_envelope"
    INVALID_ENVELOPE = "invalid_envelope"
    SNS_CONFIRMATION = "sns_confirmation"
    S3_TEST_EVENT = "s3_test_event"
    SEVERAL_OBJECTS = "several_objects"

    @property
    def retryable(self) -> bool:
        """False if the record can never succeed (rejected), True if it may succeed later (failed)."""
        return self in _RETRYABLE


_RETRYABLE = frozenset({ErrorCode.THROTTLED, ErrorCode.UNAVAILABLE})

Code = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$"),
    Field(description="An `ErrorCode`, or a code of the service's own."),
]


MAX_MESSAGE_BYTES = 1_024


class RecordError(Contract):
    """The error of a service with one record."""

    code: Code
    retryable: Annotated[
        bool,
        Field(description="True if the record may succeed later; if false, its message is rejected."),
    ]
    message: Annotated[
        str,
        StringConstraints(min_length=1, max_length=1024),
        Field(description="For people. The message of a retryable error is logged, so it must not quote the record."),
    ]

    @classmethod
    def of(cls, code: ErrorCode, message: str) -> Self:
        """Make an error with one of the pipeline's own codes."""
        return cls(code=code, retryable=code.retryable, message=short(message))


def short(message: str) -> str:
    """Cut a message to 1,024 bytes of JSON with non-ASCII characters escaped, the size reserved for it in a chunk."""
    while ascii_bytes(message) > MAX_MESSAGE_BYTES:
        message = message[: len(message) * MAX_MESSAGE_BYTES // ascii_bytes(message)]
    return message or "no reason was given"


class FieldError(Contract):
    """One error of a body."""

    field: Annotated[str, StringConstraints(max_length=128), Field(description="Path; empty for the whole body.")]
    code: Code
    message: Annotated[str, StringConstraints(min_length=1, max_length=256), Field(description="For people.")]


class BrokenContractError(ValueError):
    """A request or a response that breaks its contract. The error quotes nothing of a message."""


class InvalidBodyError(ValueError):
    """A body that can never be processed, with all its errors."""

    def __init__(self, errors: Sequence[FieldError]) -> None:
        if not errors:
            raise ValueError("an InvalidBodyError names at least one error")
        super().__init__(reason(errors))
        self.errors = tuple(errors)


def reason(errors: Sequence[FieldError]) -> str:
    """Give all errors in one line: `columns: must not be empty; name: is missing`."""
    return "; ".join(f"{error.field}: {error.message}" if error.field else error.message for error in errors)
