"""Properties of every message, whatever its model, and its identity."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from pipeline_contracts import ErrorCode, InvalidBodyError, PipelineMessage, execution_id, parse_message
from pipeline_contracts.message import EXAMPLES

REQUIRED = [name for name, field in PipelineMessage.model_fields.items() if field.is_required()]


def body(**further: Any) -> str:
    return json.dumps({**EXAMPLES[0], **further})


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_of_the_model_is_a_message(example: dict[str, Any]) -> None:
    message = parse_message(json.dumps(example))

    assert message.body == json.loads(json.dumps(example), parse_float=Decimal)
    assert message.processing_type
    assert all(isinstance(value, str) for value in message.item_attributes.values())


@pytest.mark.parametrize("metadata", [{}, {"": "", "ключ": "😀"}, {str(n): "x" for n in range(50)}])
def test_metadata_maps_strings_to_strings(metadata: dict[str, str]) -> None:
    assert parse_message(body(metadata=metadata)).content.metadata == metadata


@pytest.mark.parametrize("text", [body(), body(metadata=None)])
def test_a_message_may_have_no_metadata(text: str) -> None:
    assert parse_message(text).content.metadata is None


@pytest.mark.parametrize(
    ("text", "field", "code", "words"),
    [
        (body(idempotency_key=7), "idempotency_key", ErrorCode.WRONG_TYPE, "string"),
        (body(idempotency_key=""), "idempotency_key", ErrorCode.BLANK_FIELD, "blank"),
        (body(idempotency_key="k" * 257), "idempotency_key", ErrorCode.TOO_LONG, "256"),
        (body(metadata=[]), "metadata", ErrorCode.WRONG_TYPE, "an object"),
        (body(metadata="a"), "metadata", ErrorCode.WRONG_TYPE, "this key is reserved for an object of strings"),
        (body(metadata={"a": 1}), "metadata.*", ErrorCode.WRONG_TYPE, 'metadata."a": Input should be a valid string'),
        (body(metadata={"a": None}), "metadata.*", ErrorCode.WRONG_TYPE, "valid string"),
        (body(metadata={"k" * 9_000: {}}), "metadata.*", ErrorCode.WRONG_TYPE, 'k…": Input should be a valid string'),
        (body(metadata={"😀" * 60: 1}), "metadata.*", ErrorCode.WRONG_TYPE, 'metadata."'),
        (body(metadata={str(n): "" for n in range(51)}), "metadata", ErrorCode.TOO_LONG, "at most 50 items"),
        (body(metadata={str(n): n for n in range(50_000)}), "", "too_many_errors", "50,000 errors"),
    ],
)
def test_an_invalid_body_names_the_field_and_the_reason(text: str, field: str, code: str, words: str) -> None:
    with pytest.raises(InvalidBodyError) as raised:
        parse_message(text)

    (error,) = raised.value.errors
    assert (error.field, error.code) == (field, code)
    assert words in error.message


def test_all_errors_of_a_body_are_reported_at_once() -> None:
    with pytest.raises(InvalidBodyError) as raised:
        parse_message("{}")

    assert [(error.field, error.code) for error in raised.value.errors] == [
        (name, ErrorCode.MISSING_FIELD) for name in REQUIRED
    ]


def test_the_key_in_the_body_is_the_identity_and_the_message_id_otherwise() -> None:
    assert execution_id("dev", "m-1", parse_message(body(idempotency_key="k 1"))) == "dev-key-k 1"
    assert execution_id("dev", "m-1", parse_message(body(idempotency_key=None))) == "dev-esm-m-1"
    assert execution_id("dev", "m-1", None) == "dev-esm-m-1"
