"""Requests and responses between the orchestrator and the services."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from pipeline_contracts import ErrorCode, FieldError, InvalidBodyError, RecordError
from pipeline_contracts.base import Contract, ascii_bytes, timestamp
from pipeline_contracts.contribution import ContributionRequest, ContributionResponse
from pipeline_contracts.errors import MAX_MESSAGE_BYTES
from pipeline_contracts.storage import StorageRequest, StorageResponse
from pipeline_contracts.transformation import TransformationRequest, TransformationResponse
from pipeline_contracts.validation import ValidationRequest, ValidationResponse
from pydantic import ValidationError

NOW = "2026-01-31T12:00:00.000000Z"
TRANSFORMED: dict[str, Any] = {
    "nested": [{"text": "ä"}, None],
    "processed_at": NOW,
    "execution_id": "dev-esm-1",
    "transformation_applied": "standard",
}
FAULT = {"code": "throttled", "retryable": True, "message": "the table is throttled"}
FLAW = {"code": "not_storable", "retryable": False, "message": "the item is too large"}

EXCHANGES: list[tuple[type[Contract], dict[str, Any]]] = [
    (ValidationRequest, {"records": [{"execution_id": "dev-esm-1", "data": "{}"}]}),
    (
        ValidationResponse,
        {
            "results": [
                {"execution_id": "dev-esm-1", "is_valid": True, "missing_fields": [], "errors": []},
                {
                    "execution_id": "dev-esm-2",
                    "is_valid": False,
                    "missing_fields": ["a"],
                    "errors": [{"field": "a", "code": "missing_field", "message": "is missing"}],
                },
            ]
        },
    ),
    (TransformationRequest, {"records": [{"execution_id": "dev-esm-1", "data": "{}"}], "max_bytes": 100}),
    (
        TransformationResponse,
        {
            "results": [
                {"execution_id": "dev-esm-1", "transformed_data": TRANSFORMED, "error": None},
                {"execution_id": "dev-esm-2", "transformed_data": None, "error": FLAW},
            ]
        },
    ),
    (
        ContributionRequest,
        {
            "records": [
                {
                    "execution_id": "dev-esm-1",
                    "data": "{}",
                    "transformed_data": TRANSFORMED,
                    "contributions": {"enrich": {"score": 0.5}},
                }
            ],
            "max_bytes": 100,
        },
    ),
    (
        ContributionResponse,
        {
            "results": [
                {"execution_id": "dev-esm-1", "contribution": {"score": 0.5}, "error": None},
                {"execution_id": "dev-esm-2", "contribution": None, "error": FAULT},
            ]
        },
    ),
    (
        StorageRequest,
        {
            "records": [
                {
                    "execution_id": "dev-esm-1",
                    "message_id": "1",
                    "data": "{}",
                    "transformed_data": TRANSFORMED,
                    "contributions": {"enrich": {"score": 0.5}},
                    "attributes": {"sender": "a"},
                }
            ]
        },
    ),
    (
        StorageResponse,
        {
            "results": [
                {"execution_id": "1", "status": "stored", "stored_at": NOW, "error": None},
                {"execution_id": "2", "status": "duplicate", "stored_at": NOW, "error": None},
                {"execution_id": "3", "status": "rejected", "stored_at": None, "error": FLAW},
                {"execution_id": "4", "status": "failed", "stored_at": None, "error": FAULT},
            ]
        },
    ),
]


@pytest.mark.parametrize(("model", "payload"), EXCHANGES, ids=lambda value: getattr(value, "__name__", ""))
def test_a_payload_crosses_the_border_and_comes_out_the_same(model: type[Contract], payload: dict[str, Any]) -> None:
    parsed = model.model_validate(json.loads(json.dumps(payload)))

    assert parsed.model_dump(mode="json", exclude={"contract_version"}) == payload


@pytest.mark.parametrize(("model", "payload"), EXCHANGES, ids=lambda value: getattr(value, "__name__", ""))
def test_a_key_that_the_contract_does_not_name_is_refused(model: type[Contract], payload: dict[str, Any]) -> None:
    name = next(iter(payload))
    inner = {**payload, name: [{**payload[name][0], "surplus": 1}]}

    for surplus in ({**payload, "surplus": 1}, inner):
        with pytest.raises(ValidationError, match="surplus"):
            model.model_validate(surplus)


@pytest.mark.parametrize(
    ("model", "result", "words"),
    [
        (ValidationResponse, {"is_valid": 1}, "valid boolean"),
        (ValidationResponse, {"is_valid": False}, "an invalid record has errors"),
        (
            ValidationResponse,
            {"is_valid": True, "errors": [{"field": "a", "code": "x", "message": "y"}]},
            "a valid one has none",
        ),
        (TransformationResponse, {}, "either transformed_data or an error"),
        (
            TransformationResponse,
            {"transformed_data": TRANSFORMED, "error": FLAW},
            "either transformed_data or an error",
        ),
        (ContributionResponse, {}, "either a contribution or an error"),
        (ContributionResponse, {"contribution": {}, "error": FLAW}, "either a contribution or an error"),
        (TransformationResponse, {"error": {"code": "Not a code", "retryable": False, "message": "x"}}, "pattern"),
        (TransformationResponse, {"error": {"code": "not_transformable", "message": "x"}}, "retryable"),
        (StorageResponse, {"status": "stored"}, "stored and duplicate have stored_at"),
        (StorageResponse, {"status": "failed", "stored_at": NOW}, "rejected and failed have an error"),
        (StorageResponse, {"status": "failed", "error": FLAW}, "failed has an error that is retryable"),
        (StorageResponse, {"status": "rejected", "error": FAULT}, "rejected one that is not"),
        (
            StorageResponse,
            {"status": "rejected", "error": FLAW, "stored_digest": f"1:{'a' * 43}"},
            "only an idempotency_conflict has a stored_digest",
        ),
    ],
)
def test_a_result_that_contradicts_itself_is_refused(model: type[Contract], result: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        model.model_validate({"results": [{"execution_id": "1", **result}]})


@pytest.mark.parametrize("output", [{"n": float("nan")}, {"s": "\ud800"}, {"\udfff": 1}, {"n": Decimal(1)}, []])
def test_an_output_that_could_not_travel_or_be_stored_is_refused(output: Any) -> None:
    with pytest.raises(ValidationError, match="transformed_data"):
        TransformationResponse.model_validate({"results": [{"execution_id": "1", "transformed_data": output}]})
    record = {"execution_id": "1", "data": "{}", "contributions": {"enrich": output}}
    with pytest.raises(ValidationError, match="contributions"):
        ContributionRequest.model_validate({"records": [record], "max_bytes": 100})


@pytest.mark.parametrize(("sent", "read"), [(4_096, 4_096), (4_096.0, 4_096), (2, 2), (1_048_576, 1_048_576)])
def test_a_bound_is_a_whole_number_however_it_is_written(sent: float, read: int) -> None:
    record = {"execution_id": "1", "data": "{}"}

    request = TransformationRequest.model_validate_json(json.dumps({"records": [record], "max_bytes": sent}))

    assert request.max_bytes == read


@pytest.mark.parametrize("bound", [1, 1_048_577, 4_096.5, "4096", True, None])
def test_an_invalid_bound_is_refused(bound: object) -> None:
    with pytest.raises(ValidationError, match="max_bytes"):
        TransformationRequest.model_validate({"records": [{"execution_id": "1", "data": "{}"}], "max_bytes": bound})


@pytest.mark.parametrize("name", ["Enrich", "1st", "", "a-b", "a" * 33])
def test_a_contribution_has_the_name_of_a_stage(name: str) -> None:
    record = {"execution_id": "1", "data": "{}", "contributions": {name: {}}}

    with pytest.raises(ValidationError, match="contributions"):
        ContributionRequest.model_validate({"records": [record], "max_bytes": 100})


@pytest.mark.parametrize("message", ["", "x", "x" * 5_000, "\u2028" * 2_000, "\U0001f600" * 2_000])
def test_the_message_of_an_error_is_cut_to_what_a_chunk_has_room_for(message: str) -> None:
    error = RecordError.of(ErrorCode.NOT_STORABLE, message)

    assert ascii_bytes(error.message) <= MAX_MESSAGE_BYTES
    assert error.message == "no reason was given" if not message else message.startswith(error.message)


def test_an_invalid_body_says_all_that_is_wrong_in_one_line() -> None:
    errors = [FieldError(field="a", code="odd", message="is odd"), FieldError(field="", code="odd", message="is wide")]

    assert str(InvalidBodyError(errors)) == "a: is odd; is wide"


def test_an_error_does_not_quote_what_was_sent() -> None:
    with pytest.raises(ValidationError) as raised:
        ValidationRequest.model_validate({"records": [{"execution_id": "1", "data": ["secret"]}]})

    assert "records.0.data" in str(raised.value)
    assert "secret" not in str(raised.value)


def test_what_is_empty_is_absent() -> None:
    record = {"execution_id": "1", "message_id": "1", "data": "{}", "transformed_data": {}}

    request = StorageRequest.model_validate({"records": [record]})

    assert request.model_dump(mode="json")["records"] == [record]


def test_two_of_the_codes_are_retryable() -> None:
    assert {code for code in ErrorCode if code.retryable} == {ErrorCode.THROTTLED, ErrorCode.UNAVAILABLE}


def test_a_timestamp_is_written_in_utc_with_microseconds() -> None:
    assert timestamp(datetime(2026, 1, 31, 12, tzinfo=UTC)) == NOW
