"""An unregistered processing type: logged, counted, and rejected if the deployment says so."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from bodies import body
from hypothesis import given
from hypothesis import strategies as st
from pipeline_contracts import parse_message
from pipeline_contracts.transformation import TransformationRecord, TransformationResponse
from transformer import handler as module
from transformer.logic import transform
from transformer.processing_types import MAX_LENGTH, UnknownType
from transformer.settings import Settings
from transformer.transformations import standard

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
CONTEXT = SimpleNamespace(
    function_name="transformer",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:eu-west-1:123456789012:function:transformer:live",
    aws_request_id="request-1",
)
TYPE_OF_BODY = parse_message(body()).processing_type


@pytest.mark.parametrize("name", ["Tabular", " tabular", "TABULAR ", "tabluar", "tabular_"])
def test_a_misspelt_type_is_near_the_registered_one(name: str) -> None:
    unknown = UnknownType.of(name, ["standard", "tabular"])

    assert str(unknown) == f"the processing type {name!r} is not registered; did you mean 'tabular'?"


def test_another_type_is_near_none() -> None:
    assert str(UnknownType.of("invoice", ["tabular"])) == "the processing type 'invoice' is not registered"


@given(st.text(), st.sets(st.text()))
def test_any_type_has_a_nearest_one_or_none(name: str, registered: set[str]) -> None:
    assert UnknownType.of(name, registered).nearest in (registered | {None})


def test_a_long_type_is_cut() -> None:
    assert UnknownType.of("t" * 1_000_000, ["tabular"]).name == "t" * MAX_LENGTH


@pytest.mark.parametrize(("rejects", "code"), [(False, None), (True, "unknown_processing_type")])
def test_a_deployment_decides_what_becomes_of_it(rejects: bool, code: str | None) -> None:
    record = TransformationRecord(execution_id="test-esm-1", data=body())
    registered = {TYPE_OF_BODY.upper(): standard}

    transformed = transform(record, registered, NOON, 4_096, rejects_unknown_types=rejects)

    assert transformed.unknown_type == UnknownType(TYPE_OF_BODY, TYPE_OF_BODY.upper())
    error = transformed.result.error
    assert (error.code if error else None) == code
    assert error is None or error.message.endswith(f"did you mean {TYPE_OF_BODY.upper()!r}?")
    assert error is None or not error.retryable


def test_a_registered_type_is_never_rejected() -> None:
    record = TransformationRecord(execution_id="test-esm-1", data=body())

    transformed = transform(record, {TYPE_OF_BODY: standard}, NOON, 4_096, rejects_unknown_types=True)

    assert (transformed.unknown_type, transformed.result.error) == (None, None)


def test_records_are_counted_by_the_nearest_type_and_types_are_logged(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    log = io.StringIO()
    module.logger.registered_handler.setStream(log)
    monkeypatch.setattr(module, "TRANSFORMATIONS", {TYPE_OF_BODY.upper(): standard})
    event = {
        "records": [{"execution_id": f"test-esm-{n}", "data": body()} for n in range(3)],
        "max_bytes": 4_096,
    }

    module.handler(event, CONTEXT)

    counted = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (unknown,) = [metrics for metrics in counted if "RecordsOfUnknownType" in metrics]
    assert (unknown["nearest"], unknown["RecordsOfUnknownType"]) == (TYPE_OF_BODY.upper(), [3.0])
    assert (unknown["environment"], unknown["service"]) == ("test", "transformer")
    (line,) = [json.loads(line) for line in log.getvalue().splitlines()]
    assert (line["level"], line["message"]) == ("WARNING", "processing type is not registered")
    assert (line["processing_type"], line["records"]) == (TYPE_OF_BODY, 3)
    assert line["execution_id"] in {"test-esm-0", "test-esm-1", "test-esm-2"}


def test_a_rejecting_function_rejects_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TRANSFORMATIONS", {})
    monkeypatch.setattr(module, "settings", replace(module.settings, rejects_unknown_types=True))
    event = {"records": [{"execution_id": "test-esm-0", "data": body()}], "max_bytes": 4_096}

    (result,) = TransformationResponse.model_validate(module.handler(event, CONTEXT)).results

    assert result.error is not None
    assert result.error.code == "unknown_processing_type"


@pytest.mark.parametrize(("variables", "rejects"), [({}, False), ({"UNKNOWN_PROCESSING_TYPE": "reject"}, True)])
def test_unknown_types_are_accepted_by_default(variables: dict[str, str], rejects: bool) -> None:
    assert Settings.from_environment({"ENVIRONMENT": "test", **variables}).rejects_unknown_types == rejects


def test_another_setting_is_refused() -> None:
    with pytest.raises(ValueError, match="UNKNOWN_PROCESSING_TYPE must be accept or reject, not 'Reject'"):
        Settings.from_environment({"ENVIRONMENT": "test", "UNKNOWN_PROCESSING_TYPE": "Reject"})
