"""The Lambda entry point."""

from __future__ import annotations

import io
import json
from types import SimpleNamespace
from typing import Any

import pytest
from pipeline_contracts import TransformationResponse
from pydantic import ValidationError
from transformer.handler import handler, logger

CONTEXT = SimpleNamespace(
    function_name="transformer",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:eu-west-1:123456789012:function:transformer:live",
    aws_request_id="request-1",
)
GOOD = '{"data_source": "the secret", "processing_type": "standard"}'


def request(*bodies: str) -> dict[str, Any]:
    return {"records": [{"execution_id": f"test-esm-{n}", "data": body} for n, body in enumerate(bodies)]}


def test_each_record_gets_its_own_result() -> None:
    response = handler(request(GOOD, "nonsense"), CONTEXT)

    good, bad = TransformationResponse.model_validate(response).results
    assert good.transformed_data is not None
    assert good.transformed_data.execution_id == "test-esm-0"
    assert bad.error is not None


@pytest.mark.parametrize("event", [{}, {"records": []}, {"records": [{"data": "{}"}]}])
def test_a_request_that_breaks_the_contract_is_an_error(event: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="records"):
        handler(event, CONTEXT)


def test_the_log_names_the_record_and_not_its_data() -> None:
    log = io.StringIO()
    logger.registered_handler.setStream(log)

    handler(request('{"data_source": "the secret", "processing_type": 5}'), CONTEXT)

    line = json.loads(log.getvalue())
    assert (line["execution_id"], line["code"]) == ("test-esm-0", "not_transformable")
    assert "the secret" not in log.getvalue()


def test_what_was_and_was_not_transformed_is_counted(capsys: pytest.CaptureFixture[str]) -> None:
    handler(request(GOOD, GOOD, "nonsense"), CONTEXT)

    metrics = json.loads(capsys.readouterr().out)
    assert (metrics["RecordsTransformed"], metrics["RecordsNotTransformable"]) == ([2.0], [1.0])
