"""The verdict on a record."""

from __future__ import annotations

import json
from itertools import accumulate, takewhile
from typing import TYPE_CHECKING

from pipeline_contracts import ErrorCode, InvalidBodyError, parse_message
from pipeline_contracts.validation import MAX_ERRORS, ValidationResult

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pipeline_contracts import FieldError
    from pipeline_contracts.validation import ValidationRecord

    from validator.rules import Rule


MAX_ERROR_BYTES = 4_096
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
    """Return the first errors, as many as fit; one always does."""
    # A missing field is named twice, and a runtime may escape what is not ASCII.
    sizes = (len(json.dumps(error.model_dump())) + len(json.dumps(error.field)) for error in errors)
    fitting = takewhile(lambda total: total <= MAX_ERROR_BYTES, accumulate(sizes))
    return tuple(error for error, _ in zip(errors, fitting, strict=False))
