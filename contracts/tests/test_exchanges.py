"""Requests and responses between the orchestrator and the services."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from pipeline_contracts import (
    MAX_DERIVED_BYTES,
    ErrorCode,
    StorageRequest,
    StorageResponse,
    TransformationRequest,
    TransformationResponse,
    TransformedData,
    ValidationRequest,
    ValidationResponse,
)
from pipeline_contracts.base import Contract, timestamp
from pydantic import ValidationError

NOW = "2026-01-31T12:00:00.000000Z"
TRANSFORMED: dict[str, Any] = {
    "data_source": "TEST.CSV",
    "processing_type": "standard",
    "processed_at": NOW,
    "execution_id": "dev-esm-1",
    "transformation_applied": "standard",
}
FAULT = {"code": "throttled", "message": "the table is throttled"}
FLAW = {"code": "not_storable", "message": "the item is too large"}

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
    (TransformationRequest, {"records": [{"execution_id": "dev-esm-1", "data": "{}"}]}),
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
        StorageRequest,
        {
            "records": [
                {
                    "execution_id": "dev-esm-1",
                    "message_id": "1",
                    "data": "{}",
                    "transformed_data": {**TRANSFORMED, "derived": {"rows": 3}},
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
    (name,) = payload
    inner = {name: [{**payload[name][0], "surplus": 1}]}

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
        (
            TransformationResponse,
            {"transformed_data": {**TRANSFORMED, "execution_id": "dev-esm-2"}},
            "execution_id of another record",
        ),
        (TransformationResponse, {"error": {"code": "invented", "message": "x"}}, "Input should be"),
        (TransformationResponse, {"transformed_data": {**TRANSFORMED, "processed_at": "now"}}, "pattern"),
        (StorageResponse, {"status": "stored"}, "stored and duplicate have stored_at"),
        (StorageResponse, {"status": "failed", "stored_at": NOW}, "rejected and failed have an error"),
        (StorageResponse, {"status": "failed", "error": FLAW}, "not_storable does not go with"),
        (StorageResponse, {"status": "rejected", "error": FAULT}, "throttled does not go with"),
    ],
)
def test_a_result_that_contradicts_itself_is_refused(model: type[Contract], result: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        model.model_validate({"results": [{"execution_id": "1", **result}]})


@pytest.mark.parametrize("derived", [{"text": "x" * MAX_DERIVED_BYTES}, {"n": float("nan")}, {"s": "\ud800"}])
def test_derived_data_that_could_not_travel_or_be_stored_is_refused(derived: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="derived"):
        TransformedData(**TRANSFORMED, derived=derived)


def test_an_error_does_not_quote_what_was_sent() -> None:
    with pytest.raises(ValidationError) as raised:
        ValidationRequest.model_validate({"records": [{"execution_id": "1", "data": ["secret"]}]})

    assert "records.0.data" in str(raised.value)
    assert "secret" not in str(raised.value)


def test_derived_data_is_absent_when_there_is_none() -> None:
    assert TransformedData(**TRANSFORMED).model_dump(mode="json") == TRANSFORMED


def test_only_two_errors_may_pass_with_time() -> None:
    transient = {code for code in ErrorCode if not code.is_permanent}

    assert transient == {ErrorCode.THROTTLED, ErrorCode.UNAVAILABLE}


def test_a_timestamp_is_written_in_utc_with_microseconds() -> None:
    assert timestamp(datetime(2026, 1, 31, 12, tzinfo=UTC)) == NOW
