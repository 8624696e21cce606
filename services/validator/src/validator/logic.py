"""The verdict on a record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_contracts import ErrorCode, InvalidBodyError, PipelineMessage, ValidationResult
from pipeline_contracts.validation import MAX_ERRORS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline_contracts import ValidationRecord

    from validator.rules import Rule


def validate(record: ValidationRecord, rules: Mapping[str, tuple[Rule, ...]]) -> ValidationResult:
    """Check one record against the standard rules, then against those of its processing type."""
    try:
        message = PipelineMessage.from_body(record.data)
    except InvalidBodyError as invalid:
        errors = invalid.errors
    else:
        errors = tuple(error for rule in rules.get(message.processing_type, ()) for error in rule(message))
    return ValidationResult(
        execution_id=record.execution_id,
        is_valid=not errors,
        missing_fields=tuple(error.field for error in errors if error.code == ErrorCode.MISSING_FIELD),
        errors=errors[:MAX_ERRORS],
    )
