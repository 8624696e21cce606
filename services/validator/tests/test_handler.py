"""The Lambda entry point."""

from __future__ import annotations

import io
import json
import re
from types import SimpleNamespace
from typing import Any

import pytest
from bodies import REQUIRED, TYPE, body, invalid_body
from pipeline_contracts import BrokenContractError, UnexpectedError
from pipeline_contracts.validation import ValidationResponse
from validator.handler import handler, logger
from validator.rules import RULES

CONTEXT = SimpleNamespace(
    function_name="validator",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:eu-west-1:123456789012:function:validator:live",
    aws_request_id="request-1",
)


def request(*bodies: str) -> dict[str, Any]:
    return {"records": [{"execution_id": f"test-esm-{n}", "data": text} for n, text in enumerate(bodies)]}


def test_each_record_gets_its_own_verdict() -> None:
    response = handler(request(body(), "{}", "nonsense"), CONTEXT)

    results = ValidationResponse.model_validate(response).results
    assert [(result.execution_id, result.is_valid) for result in results] == [
        ("test-esm-0", True),
        ("test-esm-1", False),
        ("test-esm-2", False),
    ]


@pytest.mark.parametrize("event", [{}, {"records": []}, {"records": [{"data": "{}"}]}, {"record": []}])
def test_a_request_that_breaks_the_contract_is_an_error(event: dict[str, Any]) -> None:
    with pytest.raises(BrokenContractError, match=r"Request has \d errors, the first: records"):
        handler(event, CONTEXT)


def test_the_log_names_the_record_and_not_its_data() -> None:
    log = io.StringIO()
    logger.registered_handler.setStream(log)

    handler(request(invalid_body("the secret")), CONTEXT)

    line = json.loads(log.getvalue())
    assert (line["execution_id"], line["codes"]) == ("test-esm-0", ["missing_field"] * len(REQUIRED))
    assert "the secret" not in log.getvalue()


def test_valid_and_invalid_records_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    handler(request(body(), "{}"), CONTEXT)

    metrics = json.loads(capsys.readouterr().out)
    assert (metrics["RecordsValid"], metrics["RecordsInvalid"]) == ([1.0], [1.0])
    assert metrics["environment"] == "test"


def test_a_rule_that_raises_is_named_without_its_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def has_a_bug(message: object) -> None:
        raise ValueError(f"unexpected: {message}")

    monkeypatch.setitem(RULES, TYPE, (has_a_bug,))

    with pytest.raises(UnexpectedError) as raised:
        handler(request(body(note="the secret")), CONTEXT)

    assert re.fullmatch(r"ValueError in has_a_bug, test_handler\.py:\d+", str(raised.value))
    assert raised.value.__suppress_context__
