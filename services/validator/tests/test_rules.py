"""The rules of the processing types."""

from __future__ import annotations

from typing import Any

import pytest
from bodies import body
from pipeline_contracts.validation import ValidationRecord, ValidationResult
from validator.logic import validate
from validator.rules import RULES


def result_of(**fields: Any) -> ValidationResult:
    return validate(ValidationRecord(execution_id="test-esm-1", data=body(**fields)), RULES)


@pytest.mark.parametrize(
    ("columns", "code"),
    [
        (None, "missing_field"),
        ("a,b", "wrong_type"),
        (["a", 1], "wrong_type"),
        ([], "blank_field"),
        (["a", "a"], "repeated_column"),
    ],
)
def test_a_tabular_message_names_its_columns(columns: object, code: str) -> None:
    result = result_of(processing_type="tabular", columns=columns)

    (error,) = result.errors
    assert (error.field, error.code) == ("columns", code)
    assert result.missing_fields == (("columns",) if columns is None else ())


def test_a_tabular_message_with_columns_is_valid() -> None:
    assert result_of(processing_type="tabular", columns=["a", "b"]).is_valid


def test_a_type_without_rules_needs_no_columns() -> None:
    assert result_of(processing_type="never heard of").is_valid
