"""The Lambda entry point."""

from __future__ import annotations

import io
import json
import re
from types import SimpleNamespace
from typing import Any

import pytest
from bodies import TYPE, body, invalid_body
from pipeline_contracts import BrokenContractError, UnexpectedError
from pipeline_contracts.transformation import TransformationResponse
from transformer.handler import handler, logger
from transformer.transformations import TRANSFORMATIONS

CONTEXT = SimpleNamespace(
    function_name="transformer",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:eu-west-1:123456789012:function:transformer:live",
    aws_request_id="request-1",
)


def request(*bodies: str) -> dict[str, Any]:
    records = [{"execution_id": f"test-esm-{n}", "data": text} for n, text in enumerate(bodies)]
    return {"records": records, "max_bytes": 4_096}


def test_each_record_gets_its_own_result() -> None:
    response = handler(request(body(), "nonsense"), CONTEXT)

    good, bad = TransformationResponse.model_validate(response).results
    assert good.transformed_data is not None
    assert good.transformed_data["execution_id"] == "test-esm-0"
    assert bad.error is not None


@pytest.mark.parametrize("event", [{}, {"records": []}, {"records": [{"data": "{}"}]}])
def test_a_request_that_breaks_the_contract_is_an_error(event: dict[str, Any]) -> None:
    with pytest.raises(BrokenContractError, match=r"Request has \d errors, the first: records"):
        handler(event, CONTEXT)


def test_the_log_names_the_record_and_not_its_data() -> None:
    log = io.StringIO()
    logger.registered_handler.setStream(log)

    handler(request(invalid_body("the secret")), CONTEXT)

    line = json.loads(log.getvalue())
    assert (line["execution_id"], line["code"]) == ("test-esm-0", "not_transformable")
    assert "the secret" not in log.getvalue()


def test_what_was_and_was_not_transformed_is_counted(capsys: pytest.CaptureFixture[str]) -> None:
    handler(request(body(), body(), "nonsense"), CONTEXT)

    metrics = json.loads(capsys.readouterr().out)
    assert (metrics["RecordsTransformed"], metrics["RecordsNotTransformable"]) == ([2.0], [1.0])


def test_a_transformation_that_raises_is_named_without_its_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def has_a_bug(message: object) -> None:
        raise ValueError(f"unexpected: {message}")

    monkeypatch.setitem(TRANSFORMATIONS, TYPE, has_a_bug)  # type: ignore[arg-type]

    with pytest.raises(UnexpectedError) as raised:
        handler(request(body(note="the secret")), CONTEXT)

    assert re.fullmatch(r"ValueError in has_a_bug, test_handler\.py:\d+", str(raised.value))
    assert raised.value.__suppress_context__
