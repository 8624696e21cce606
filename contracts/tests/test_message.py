"""The model of the body."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pipeline_contracts import ErrorCode, InvalidBodyError, parse_message


def body(**fields: Any) -> str:
    return json.dumps({"data_source": "a.csv", "processing_type": "standard", **fields})


def test_other_fields_are_kept_as_they_are() -> None:
    message = parse_message(body(rows=3, nested={"x": [None]}))

    assert message.content.model_extra == {"rows": 3, "nested": {"x": [None]}}


@pytest.mark.parametrize(
    ("text", "field", "code", "words"),
    [
        ('{"processing_type": "s"}', "data_source", ErrorCode.MISSING_FIELD, "Field required"),
        (body(data_source=" \t"), "data_source", ErrorCode.BLANK_FIELD, "blank"),
        (body(data_source=""), "data_source", ErrorCode.BLANK_FIELD, "blank"),
        (body(processing_type=5), "processing_type", ErrorCode.WRONG_TYPE, "string"),
        (body(processing_type=0.5), "processing_type", ErrorCode.WRONG_TYPE, "valid string"),
        (body(data_source=None), "data_source", ErrorCode.WRONG_TYPE, "valid string"),
    ],
)
def test_an_invalid_body_names_the_field_and_the_reason(text: str, field: str, code: str, words: str) -> None:
    with pytest.raises(InvalidBodyError) as raised:
        parse_message(text)

    (error,) = raised.value.errors
    assert (error.field, error.code) == (field, code)
    assert words in error.message
