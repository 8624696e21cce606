"""The verdict on a record."""

from __future__ import annotations

from itertools import accumulate, takewhile
from typing import TYPE_CHECKING

from pipeline_contracts import ErrorCode, InvalidBodyError, parse_message
from pipeline_contracts.base import ascii_bytes
from pipeline_contracts.validation import MAX_ERRORS, ValidationResult

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pipeline_contracts import FieldError
    from pipeline_contracts.validation import ValidationRecord

    from validator.rules import Rule


MAX_ERROR_BYTES = 2_048
"""Bytes of one record's errors; the response holds those of a whole chunk in 1 MiB."""


def validate(record: ValidationRecord, rules: Mapping[str, tuple[Rule, ...]]) -> ValidationResult:
    """Check one record against the standard rules, then against those of its processing type."""
    try:
        message = parse_message(record.data)
    except InvalidBodyError as invalid:
        errors = invalid.errors
    else:
        errors = tuple(error for rule in rules.get(message.processing_type, ()) for error in rule(message.content))
    errors = _that_fit(errors[:MAX_ERRORS])
    return ValidationResult(
        execution_id=record.execution_id,
        is_valid=not errors,
        missing_fields=tuple(error.field for error in errors if error.code == ErrorCode.MISSING_FIELD),
        errors=errors,
    )


def _that_fit(errors: Sequence[FieldError]) -> tuple[FieldError, ...]:
    """Return the first errors, as many as fit; of the first one, at least a part."""
    errors = (*map(_shortened, errors[:1]), *errors[1:])
    fitting = takewhile(lambda total: total <= MAX_ERROR_BYTES, accumulate(map(_size, errors)))
    return tuple(error for error, _ in zip(errors, fitting, strict=False))


def _shortened(error: FieldError) -> FieldError:
    while _size(error) > MAX_ERROR_BYTES:
        field, message = (text[: (len(text) + 1) // 2] for text in (error.field, error.message))
        error = error.model_copy(update={"field": field, "message": message})
    return error


def _size(error: FieldError) -> int:
    """Count the bytes of an error: a missing field is named twice, and a runtime may escape what is not ASCII."""
    return ascii_bytes(error.model_dump()) + ascii_bytes(error.field)
