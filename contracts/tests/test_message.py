"""The model of the body."""

from __future__ import annotations

import json
from typing import Any

import pytest
from events import event
from pipeline_contracts import ErrorCode, InvalidBodyError, message, parse_message
from pipeline_contracts.envelopes import Envelope, read_message


def body(**fields: Any) -> str:
    return json.dumps({"data_source": "a.csv", "processing_type": "standard", **fields})


def test_other_fields_are_kept_as_they_are() -> None:
    parsed = parse_message(body(rows=3, nested={"x": [None]}))

    assert parsed.content.model_extra == {"rows": 3, "nested": {"x": [None]}}


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


@pytest.mark.parametrize("text", [event("s3"), event("s3-eventbridge")])
def test_an_object_in_s3_is_a_message_with_its_url(text: str) -> None:
    parsed = read_message(text, Envelope.S3)

    assert {name: value for name, value in parsed.body.items() if name != "metadata"} == {
        "data_source": "s3://arrivals/incoming/red flower, ü.csv",
        "processing_type": "standard",
        "size": 1024,
        "etag": "b1946ac92492d2347c6235b4d2611184",
        "version_id": "IYV3p45BT0ac8hjHg1houSdS1a.Mro8e",
    }


@pytest.mark.parametrize(
    ("types", "expected"),
    [
        ((("incoming/", ".csv", "tabular"), ("", "", "other")), "tabular"),
        ((("incoming/", ".json", "tabular"), ("outgoing/", ".csv", "report"), ("", "", "other")), "other"),
        ((), "standard"),
    ],
)
def test_the_prefix_and_the_suffix_of_a_key_select_the_processing_type(
    monkeypatch: pytest.MonkeyPatch, types: tuple[tuple[str, str, str], ...], expected: str
) -> None:
    monkeypatch.setattr(message, "OBJECT_TYPES", types)

    assert read_message(event("s3"), Envelope.S3).processing_type == expected
