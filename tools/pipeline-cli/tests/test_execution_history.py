"""Grouping the events of a history into operations, and reading checkpointed payloads."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pipeline_cli.executions.exchanges import Verdict, branch_results, entries_of, verdict_of
from pipeline_cli.executions.history import History, OperationError, read_history
from pipeline_contracts import compress
from recorded_aws import RecordedAws

START = datetime(2026, 11, 26, tzinfo=UTC)


def event(kind: str, second: float = 0, key: str = "1", **details: Any) -> dict[str, Any]:
    at = {"EventType": kind, "EventTimestamp": START + timedelta(seconds=second), "Id": key, "Name": "name"}
    return at | {f"{kind}Details": details}


def test_all_pages_of_a_history_are_read() -> None:
    aws = RecordedAws("isolated")
    execution = aws.executions[0]

    history = read_history(aws, execution["described"]["DurableExecutionArn"])

    assert aws.asked.count("GetDurableExecutionHistory") == 14
    assert len(history.operations) == 25
    assert history.invocations == 16
    assert (history.execution.status, history.execution.started) == (
        "SUCCEEDED",
        execution["described"]["StartTimestamp"],
    )
    contexts = [one for one in history.operations if one.kind == "Context"]
    assert [(one.name, one.sub_type, one.status) for one in contexts] == [
        ("isolate", "Map", "SUCCEEDED"),
        ("isolate-others", "Map", "SUCCEEDED"),
    ]
    inside = [one for one in history.operations if one.parent == contexts[0].id]
    assert {parent.name for one in inside for parent in history.ancestors(one)} == {"isolate"}


def test_a_step_that_was_tried_again_has_one_operation() -> None:
    failed: dict[str, Any] = {
        "Error": {"Payload": {"ErrorType": "OSError", "ErrorMessage": "late"}},
        "RetryDetails": {"CurrentAttempt": 1},
    }

    history = History.of(
        [
            event("StepStarted"),
            event("StepFailed", 1, **failed),
            event("StepStarted", 3),
            event("StepSucceeded", 4, Result={"Payload": "[1]"}, RetryDetails={"CurrentAttempt": 2}),
        ]
    )

    (step,) = history.operations
    assert (step.status, step.attempts, step.result, step.error) == ("SUCCEEDED", 2, "[1]", None)
    assert (step.started, step.ended) == (START, START + timedelta(seconds=4))


@pytest.mark.parametrize(
    ("kind", "status"),
    [("ChainedInvokeTimedOut", "TIMED_OUT"), ("ChainedInvokeStopped", "STOPPED"), ("ChainedInvokeFailed", "FAILED")],
)
def test_an_invoke_ends_in_an_error(kind: str, status: str) -> None:
    error = {"Payload": {"ErrorType": "Sandbox.Timedout"}}

    (invoke,) = History.of([event("ChainedInvokeStarted", FunctionName="f"), event(kind, Error=error)]).operations

    assert (invoke.status, invoke.error) == (status, OperationError("Sandbox.Timedout"))


def test_a_paused_execution_has_not_ended() -> None:
    history = History.of([event("ExecutionStarted"), event("ExecutionPaused", 5)])

    assert history.execution.running
    assert history.execution.ended is None


def test_events_that_are_not_known_do_no_harm() -> None:
    history = History.of([event("SomethingNew"), event("ExecutionStarted"), event("InvocationCompleted")])

    assert history.operations == ()
    assert history.invocations == 1


def test_data_that_was_left_out_is_marked() -> None:
    started = event("ChainedInvokeStarted", FunctionName="f", Input={"Truncated": True})

    history = History.of([started])

    assert history.truncated
    assert history.operations[0].requested == {}


def test_a_compressed_request_is_decoded() -> None:
    text = json.dumps({"contract_version": "2.0", "records": [{"execution_id": "a", "data": "x" * 5_000}]})

    entries = entries_of(json.dumps(compress(text)))

    assert entries == {"a": {"execution_id": "a", "data": "x" * 5_000}}


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "null",
        "[1]",
        '{"records": 5}',
        '{"results": [5, {"execution_id": 7}]}',
        '{"encoding": "zlib", "body": "AAAA"}',
        '{"encoding": "br", "body": "AAAA"}',
        "[" * 100_000,
    ],
)
def test_a_payload_that_is_not_an_exchange_has_no_entries(text: str | None) -> None:
    assert entries_of(text) == {}


@pytest.mark.parametrize(
    ("entry", "verdict"),
    [
        ({"is_valid": True, "errors": []}, Verdict("passed")),
        (
            {"is_valid": False, "errors": [{"field": "n", "code": "c", "message": "m"}, {"message": "also"}]},
            Verdict("rejected", "c", "n: m; also", "n"),
        ),
        ({"is_valid": False}, Verdict("rejected")),
        ({"error": None, "transformed_data": {}}, Verdict("passed")),
        ({"error": {"code": "c", "retryable": True, "message": "m"}}, Verdict("unfinished", "c", "m")),
        ({"error": {"code": "c", "retryable": False, "message": "m"}}, Verdict("rejected", "c", "m")),
        ({"status": "duplicate", "stored_at": "now"}, Verdict("passed", status="duplicate", stored_at="now")),
    ],
)
def test_an_answer_has_a_meaning(entry: dict[str, Any], verdict: Verdict) -> None:
    assert verdict_of(entry) == verdict


def test_what_the_branches_of_a_map_returned_is_read_from_the_sdks_encoding() -> None:
    aws = RecordedAws("chunks")
    history = read_history(aws, aws.executions[0]["described"]["DurableExecutionArn"])
    (chunks,) = [one for one in history.operations if one.name == "chunks"]

    results = [json.loads(text) for text in branch_results(chunks.result)]

    assert [len(result["stored"]) for result in results] == [10, 10, 8]
    assert results[2]["own_fault"] == [20]


@pytest.mark.parametrize("text", [None, "", "5", '{"completionReason": "ALL"}', '{"t": "br", "v": {"all": 5}}'])
def test_a_summary_of_a_map_has_no_results(text: str | None) -> None:
    assert branch_results(text) == []
