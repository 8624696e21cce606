"""Verdicts, and the rules of the processing types."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from bodies import REQUIRED, TYPE, body
from hypothesis import given
from hypothesis import strategies as st
from pipeline_contracts import ErrorCode, FieldError, PipelineMessage
from pipeline_contracts.validation import MAX_ERRORS, ValidationRecord, ValidationResult
from validator.logic import MAX_ERROR_BYTES, validate
from validator.rules import RULES

if TYPE_CHECKING:
    from collections.abc import Iterator


def verdict(text: str) -> ValidationResult:
    return validate(ValidationRecord(execution_id="test-esm-1", data=text), RULES)


def test_a_message_that_satisfies_its_model_is_valid() -> None:
    assert verdict(body()).is_valid


def test_each_missing_field_is_listed() -> None:
    result = verdict("{}")

    assert not result.is_valid
    assert result.missing_fields == REQUIRED
    assert {error.code for error in result.errors} == {ErrorCode.MISSING_FIELD}


def test_a_text_that_is_not_json_is_invalid_and_no_error_of_the_service() -> None:
    (error,) = verdict("{").errors

    assert error.code == ErrorCode.NOT_JSON


def test_only_the_rules_of_its_own_type_are_applied_to_a_message() -> None:
    def strict(_message: PipelineMessage) -> Iterator[FieldError]:
        yield FieldError(field="a", code="odd", message="must be even")

    record = ValidationRecord(execution_id="test-esm-1", data=body())

    assert not validate(record, {TYPE: (strict,)}).is_valid
    assert validate(record, {f"not {TYPE}": (strict,)}).is_valid


def test_a_rule_that_finds_very_much_still_gives_an_answer_that_fits() -> None:
    def fussy(_message: PipelineMessage) -> Any:
        return (FieldError(field=f"f{n}", code="fussy", message="no") for n in range(500))

    record = ValidationRecord(execution_id="1", data=body())

    assert len(validate(record, {TYPE: (fussy,)}).errors) == 10


@given(st.text())
def test_every_text_gets_a_verdict(text: str) -> None:
    assert verdict(text).execution_id == "test-esm-1"


def test_errors_take_no_more_of_a_response_than_is_reserved_for_them() -> None:
    widest = FieldError(field="\u2028" * 128, code="missing_field", message="\u2028" * 256)

    def rule(_message: PipelineMessage) -> Iterator[FieldError]:
        yield from [widest] * 20

    record = ValidationRecord(execution_id="test-esm-1", data=body())
    result = validate(record, {TYPE: (rule,)})

    assert not result.is_valid
    assert 1 <= len(result.errors) < 20
    assert len(json.dumps(result.model_dump(mode="json"))) < MAX_ERROR_BYTES + 200


def test_an_error_that_is_too_long_is_shortened_and_the_record_stays_invalid() -> None:
    widest = FieldError(field="🜚" * 128, code="missing_field", message="🜚" * 256)

    def rule(_message: PipelineMessage) -> Iterator[FieldError]:
        yield widest

    record = ValidationRecord(execution_id="test-esm-1", data=body())
    result = validate(record, {TYPE: (rule,)})

    assert not result.is_valid
    (error,) = result.errors
    assert widest.field.startswith(error.field)
    assert widest.message.startswith(error.message)
    assert len(json.dumps(result.model_dump(mode="json"))) < MAX_ERROR_BYTES + 200


def test_ten_errors_of_ordinary_length_are_all_said() -> None:
    plain = FieldError(field="columns", code="odd", message="must be even, and " * 5)

    def rule(_message: PipelineMessage) -> Iterator[FieldError]:
        yield from [plain] * 20

    record = ValidationRecord(execution_id="test-esm-1", data=body())

    assert len(validate(record, {TYPE: (rule,)}).errors) == MAX_ERRORS
