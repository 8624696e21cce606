"""The body as a model, and its identity."""

from __future__ import annotations

import json

import pytest
from pipeline_contracts import ErrorCode, InvalidBodyError, execution_id, parse_message


def test_further_keys_pass_through_untouched() -> None:
    message = parse_message(
        '{"data_source": "a.csv", "processing_type": "standard", "rows": 3, "nested": {"x": [null]}}'
    )

    assert message.content.model_extra == {"rows": 3, "nested": {"x": [None]}}


def with_metadata(metadata: object) -> str:
    return json.dumps({"data_source": "a", "processing_type": "s", "metadata": metadata})


@pytest.mark.parametrize("metadata", [{}, {"": "", "ключ": "😀"}, {str(n): "x" for n in range(50)}])
def test_metadata_maps_strings_to_strings(metadata: dict[str, str]) -> None:
    message = parse_message(with_metadata(metadata))

    assert message.content.metadata == metadata
    assert message.content.model_extra == {}


@pytest.mark.parametrize("body", ['{"data_source": "a", "processing_type": "s"}', with_metadata(None)])
def test_a_message_may_have_no_metadata(body: str) -> None:
    assert parse_message(body).content.metadata is None


@pytest.mark.parametrize(
    ("body", "field", "code", "words"),
    [
        ('{"processing_type": "s"}', "data_source", ErrorCode.MISSING_FIELD, "Field required"),
        ('{"data_source": " \\t", "processing_type": "s"}', "data_source", ErrorCode.BLANK_FIELD, "blank"),
        ('{"data_source": "", "processing_type": "s"}', "data_source", ErrorCode.BLANK_FIELD, "blank"),
        ('{"data_source": "a", "processing_type": 5}', "processing_type", ErrorCode.WRONG_TYPE, "string"),
        ('{"data_source": "a", "processing_type": 0.5}', "processing_type", ErrorCode.WRONG_TYPE, "valid string"),
        ('{"data_source": null, "processing_type": "s"}', "data_source", ErrorCode.WRONG_TYPE, "valid string"),
        (
            '{"data_source": "a", "processing_type": "s", "idempotency_key": 7}',
            "idempotency_key",
            ErrorCode.WRONG_TYPE,
            "string",
        ),
        (
            '{"data_source": "a", "processing_type": "s", "idempotency_key": ""}',
            "idempotency_key",
            ErrorCode.BLANK_FIELD,
            "blank",
        ),
        (
            '{"data_source": "a", "processing_type": "s", "idempotency_key": "' + "k" * 257 + '"}',
            "idempotency_key",
            ErrorCode.TOO_LONG,
            "256",
        ),
        (with_metadata([]), "metadata", ErrorCode.WRONG_TYPE, "an object"),
        (with_metadata("a"), "metadata", ErrorCode.WRONG_TYPE, "an object"),
        (with_metadata({"a": 1}), "metadata.*", ErrorCode.WRONG_TYPE, 'metadata."a": Input should be a valid string'),
        (with_metadata({"a": None}), "metadata.*", ErrorCode.WRONG_TYPE, "valid string"),
        (with_metadata({"k" * 9_000: {}}), "metadata.*", ErrorCode.WRONG_TYPE, 'k…": Input should be a valid string'),
        (with_metadata({"😀" * 60: 1}), "metadata.*", ErrorCode.WRONG_TYPE, 'metadata."'),
        (with_metadata({str(n): "" for n in range(51)}), "metadata", ErrorCode.TOO_LONG, "at most 50 items"),
        (with_metadata({str(n): n for n in range(50_000)}), "", "too_many_errors", "50,000 errors"),
    ],
)
def test_an_invalid_body_names_the_field_and_the_reason(body: str, field: str, code: ErrorCode, words: str) -> None:
    with pytest.raises(InvalidBodyError) as raised:
        parse_message(body)

    (error,) = raised.value.errors
    assert (error.field, error.code) == (field, code)
    assert words in error.message


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(InvalidBodyError, match="data_source: Field required; processing_type: Field required"):
        parse_message("{}")


def test_the_key_in_the_body_is_the_identity_and_the_message_id_otherwise() -> None:
    keyed = parse_message('{"data_source":"a","processing_type":"s","idempotency_key":"k 1"}')
    plain = parse_message('{"data_source":"a","processing_type":"s","idempotency_key":null}')

    assert execution_id("dev", "m-1", keyed) == "dev-key-k 1"
    assert execution_id("dev", "m-1", plain) == "dev-esm-m-1"
    assert execution_id("dev", "m-1", None) == "dev-esm-m-1"
