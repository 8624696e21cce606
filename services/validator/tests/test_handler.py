"""The Lambda entry point."""

from __future__ import annotations

import io
import json
from types import SimpleNamespace
from typing import Any

import pytest
from pipeline_contracts import ValidationResponse
from pydantic import ValidationError
from validator.handler import handler, logger

CONTEXT = SimpleNamespace(
    function_name="validator",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:eu-west-1:123456789012:function:validator:live",
    aws_request_id="request-1",
)


def request(*bodies: str) -> dict[str, Any]:
    return {"records": [{"execution_id": f"test-esm-{n}", "data": body} for n, body in enumerate(bodies)]}


def test_each_record_gets_its_own_verdict() -> None:
    response = handler(request('{"data_source": "a", "processing_type": "standard"}', "{}", "nonsense"), CONTEXT)

    results = ValidationResponse.model_validate(response).results
    assert [(result.execution_id, result.is_valid) for result in results] == [
        ("test-esm-0", True),
        ("test-esm-1", False),
        ("test-esm-2", False),
    ]


@pytest.mark.parametrize("event", [{}, {"records": []}, {"records": [{"data": "{}"}]}, {"record": []}])
def test_a_request_that_breaks_the_contract_is_an_error(event: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="records"):
        handler(event, CONTEXT)


def test_the_log_names_the_record_and_not_its_data() -> None:
    log = io.StringIO()
    logger.registered_handler.setStream(log)

    handler(request('{"data_source": "the secret", "processing_type": 5}'), CONTEXT)

    line = json.loads(log.getvalue())
    assert (line["execution_id"], line["codes"]) == ("test-esm-0", ["wrong_type"])
    assert "the secret" not in log.getvalue()


def test_valid_and_invalid_records_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    handler(request('{"data_source": "a", "processing_type": "s"}', "{}"), CONTEXT)

    metrics = json.loads(capsys.readouterr().out)
    assert (metrics["RecordsValid"], metrics["RecordsInvalid"]) == ([1.0], [1.0])
    assert metrics["environment"] == "test"
