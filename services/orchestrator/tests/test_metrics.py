"""The metrics, as CloudWatch reads them from the log: the embedded metric format."""

from __future__ import annotations

import io
import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from counted import Counted
from faults import ODD, THROTTLED, holds, outcomes, raising, results_for, spoil
from orchestrator import handler as module
from pipeline import NOW, body

if TYPE_CHECKING:
    from pipeline import Pipeline

INVALID = {"is_valid": False, "errors": [{"field": "n", "code": "blank_field", "message": "is blank"}]}


@pytest.fixture
def counted(capsys: pytest.CaptureFixture[str]) -> Any:
    return lambda: Counted(capsys.readouterr().out)


def test_each_outcome_is_counted_with_its_reasons(pipeline: Pipeline, counted: Any) -> None:
    spoil(pipeline, "validator", lambda event, honest: results_for(event, "blank", INVALID, honest()))
    spoil(pipeline, "storer", lambda event, honest: results_for(event, "busy", THROTTLED, honest()))

    pipeline.run(body(), "not json", "[]", "{", body(mark="blank"), body(mark="busy"), body(n=2))

    metrics = counted()
    outcomes = ("MessagesReceived", "MessagesStored", "MessagesRejected", "MessagesFailed")
    assert [metrics.total(name) for name in outcomes] == [7, 2, 4, 1]
    assert metrics.reasons("MessagesRejected") == {
        ("intake", "not_json"): 2,
        ("intake", "not_an_object"): 1,
        ("validate", "blank_field"): 1,
    }
    assert metrics.reasons("MessagesFailed") == {("store", "throttled"): 1}


def test_every_failed_message_has_one_reason(pipeline: Pipeline, counted: Any) -> None:
    """Poison, its copies, an outage of the invalid message queue and a chunk that ends in an error."""
    spoil(pipeline, "transformer", lambda event, honest: None if holds(event, "broken") else honest())
    spoil(pipeline, "transformer", raising(MemoryError, "poison"))
    pipeline.queue.refuses = lambda rejection: rejection.message.message_id == "m0"

    pipeline.run("not json", *[body(mark="poison", idempotency_key="k")] * 2, body(mark="broken"), body())

    metrics = counted()
    assert metrics.total("MessagesFailed") == 4
    assert metrics.reasons("MessagesFailed") == {
        ("intake", "not_sent"): 1,
        ("transform", "invoke_failed"): 2,
        ("transform", "broken_contract"): 1,
    }


def test_a_failed_message_has_its_own_reason_and_not_that_of_a_neighbour(pipeline: Pipeline, counted: Any) -> None:
    unavailable = {**THROTTLED, "error": {"code": "unavailable", "retryable": True, "message": "no table"}}
    spoil(pipeline, "storer", lambda event, honest: results_for(event, "busy", THROTTLED, honest()))
    spoil(pipeline, "storer", lambda event, honest: results_for(event, "gone", unavailable, honest()))
    log = io.StringIO()
    module.logger.registered_handler.setStream(log)

    pipeline.run(body(mark="busy"), body(mark="gone"), body(mark="gone"), body())

    assert counted().reasons("MessagesFailed") == {("store", "throttled"): 1, ("store", "unavailable"): 2}
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    assert [(line["message_id"], line["code"], line["reason"]) for line in lines if "code" in line] == [
        ("m0", "throttled", "later"),
        ("m1", "unavailable", "no table"),
        ("m2", "unavailable", "no table"),
    ]


def test_a_chunk_that_ends_in_an_unforeseen_error_is_counted_as_failed(
    pipeline: Pipeline, counted: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def surprised(*_: object) -> None:
        raise ArithmeticError

    monkeypatch.setattr(module, "run_chunk", surprised)

    pipeline.run(body(n=1), body(n=2), "not json")

    assert counted().reasons("MessagesFailed") == {("chunks", "unaccounted"): 2}


def test_the_time_from_sent_to_stored_is_counted_for_each_message_that_was_stored_now(
    pipeline: Pipeline, counted: Any
) -> None:
    pipeline.run(*(body(n=n) for n in range(200)))
    first = counted()
    pipeline.run(body(n=0))
    again = counted()

    assert first.values("SentToStored") == [1_500] * 200
    assert again.total("MessagesStored") == 1
    assert again.values("SentToStored") == []


def test_a_message_that_was_stored_alone_has_its_time_too(pipeline: Pipeline, counted: Any) -> None:
    spoil(pipeline, "storer", raising(MemoryError, "poison"))

    pipeline.run(body(), body(mark="poison"))

    assert counted().values("SentToStored") == [1_500]


@pytest.mark.parametrize(
    "moment",
    ["2026-02-30T12:00:00.000000Z", NOW.replace("2026", "0000"), NOW.replace("2026", "\u0662\u0660\u0662\u0666")],
)
def test_a_time_that_cannot_be_counted_changes_no_outcome(pipeline: Pipeline, counted: Any, moment: str) -> None:
    odd = {"status": "stored", "stored_at": moment}
    spoil(pipeline, "storer", lambda event, honest: results_for(event, "odd", odd, honest()))
    spoil(pipeline, "validator", lambda event, honest: results_for(event, "blank", INVALID, honest()))

    run = pipeline.run(body(), body(mark="odd"), body(mark="blank"))

    assert outcomes(pipeline, run.failed, 3) == {"m0": "stored", "m1": "stored", "m2": "rejected"}
    assert counted().values("SentToStored") == [1_500]


def test_the_codes_of_own_codes_share_one_metric(pipeline: Pipeline, counted: Any) -> None:
    def judge(event: dict[str, Any], _honest: Any) -> dict[str, Any]:
        errors = {r["execution_id"]: f"code_{n}" for n, r in enumerate(event["records"])}
        entries = [
            {"execution_id": name, **ODD, "errors": [{**ODD["errors"][0], "code": code}]}  # type: ignore[index]
            for name, code in errors.items()
        ]
        return {"results": entries}

    spoil(pipeline, "validator", judge)

    pipeline.run(*(body(n=n) for n in range(50)))

    assert counted().reasons("MessagesRejected") == {("validate", "own_code"): 50}


def test_dimensions_are_environment_service_stage_and_code_and_hold_no_data(pipeline: Pipeline, counted: Any) -> None:
    spoil(pipeline, "validator", lambda event, honest: results_for(event, "hidden", ODD, honest()))

    pipeline.run(body(note="hidden"), body(), '{"note": "hidden", "hidden": 5}')

    metrics = counted()
    dimensions = Counter(
        tuple(sorted(names))
        for record in metrics.records
        for directive in record["_aws"]["CloudWatchMetrics"]
        for names in directive["Dimensions"]
    )
    assert dimensions == {("environment", "service"): 1, ("code", "environment", "service", "stage"): 2}
    assert all((r["environment"], r["service"]) == ("test", "orchestrator") for r in metrics.records)
    assert "hidden" not in json.dumps(metrics.records)
