"""Changes that would break executions in flight are found, and no others."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import TYPE_CHECKING

import continuation
import history as files
import pytest
from aws_durable_execution_sdk_python.exceptions import SuspendExecution
from aws_durable_execution_sdk_python.identifier import OperationIdentifier
from aws_durable_execution_sdk_python.lambda_service import OperationStatus, OperationType
from aws_history import history_of
from continuation import MovedError
from downloads import EVERYTHING, details, document, downloaded, position
from orchestrator import handler, operations
from pipeline import body
from recorded_service import RecordedService
from recorder import BATCHES, record

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline import Pipeline


@pytest.mark.parametrize("last", range(1, 10))
def test_an_unfinished_history_is_replayed_as_far_as_it_goes(last: int) -> None:
    held = document(EVERYTHING)
    whole = len(held["Events"])

    history = history_of({"Events": held["Events"][: whole * last // 10]})

    assert history.status.value == "STARTED"
    continuation.check(history)


def test_a_step_that_has_not_ended_is_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    held = document(EVERYTHING)
    history = history_of({"Events": held["Events"][: position(held, "StepStarted", operations.REDELIVER) + 1]})
    monkeypatch.setattr(handler, "source_queue", None)

    continuation.check(history)

    assert history.states[-1][-1].name == operations.REDELIVER
    monkeypatch.setattr(operations, "REDELIVER", "renamed")
    with pytest.raises(MovedError, match="STEP 'renamed' is where the history has STEP 'redeliver'"):
        continuation.check(history)


def test_what_an_unfinished_history_has_not_begun_may_change(monkeypatch: pytest.MonkeyPatch) -> None:
    held = document(EVERYTHING)
    isolated = position(held, "ContextStarted", operations.ISOLATE)
    monkeypatch.setattr(operations, "ISOLATE", "renamed")

    continuation.check(history_of({"Events": held["Events"][:isolated]}))

    with pytest.raises(MovedError, match="CONTEXT 'renamed' is where the history has CONTEXT 'isolate'"):
        continuation.check(history_of({"Events": held["Events"][: isolated + 3]}))


@pytest.mark.parametrize("end", ["ExecutionTimedOut", "ExecutionStopped", "ExecutionFailed"])
def test_an_execution_that_ended_otherwise_is_replayed_up_to_there(end: str) -> None:
    held = document(EVERYTHING)
    del held["Events"][len(held["Events"]) // 2 : -1]
    held["Events"][-1]["EventType"] = end

    continuation.check(history_of(held))


def test_code_that_fails_is_named_unless_the_execution_failed_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    held = document("one chunk")
    failed = copy.deepcopy(held["Events"])
    failed[-1]["EventType"] = "ExecutionFailed"

    def broken(*_: object) -> None:
        raise ZeroDivisionError("of ours")

    monkeypatch.setattr(handler, "log_failed", broken)

    with pytest.raises(MovedError, match="ZeroDivisionError"):
        continuation.check(history_of(held))
    with pytest.raises(MovedError, match="ZeroDivisionError"):
        continuation.check(history_of({"Events": held["Events"][:-1]}))
    continuation.check(history_of({"Events": failed}))


def test_other_failed_messages_are_named() -> None:
    held = document(EVERYTHING)
    details(held, "ExecutionSucceeded")["Result"]["Payload"] = '{"batchItemFailures": [{"itemIdentifier": "m3"}]}'

    with pytest.raises(MovedError, match=r"the failed messages are \('m12',\), and the history has \('m3',\)"):
        continuation.check(history_of(held))


def test_a_step_has_the_result_that_it_had(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline.queue.refuses = lambda rejection: rejection.message.index == 0
    run = pipeline.run("not json", "not json either", body())
    history = history_of(downloaded(pipeline.events()))
    monkeypatch.setattr(handler, "invalid_message_queue", None)

    continuation.check(history)

    assert history.failed == tuple(run.failed) == ("m0",)


def test_an_operation_that_is_new_at_the_end_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    held = document("one chunk")
    monkeypatch.setattr(handler, "report", lambda context, *_: context.step(lambda _: None, "more"))

    with pytest.raises(MovedError, match="STEP 'more' is new; the history has nothing in its place"):
        continuation.check(history_of(held))
    continuation.check(history_of({"Events": held["Events"][:-1]}))


def test_an_execution_of_another_environment_keeps_its_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(handler, "settings", replace(handler.settings, environment="prod"))
        recorded = record(*BATCHES[EVERYTHING])
    monkeypatch.setattr(files, "FOLDER", tmp_path)

    files.write("prod", {"one": history_of(downloaded(recorded.events))})

    assert files.read("prod")["one"].environment == "prod"
    continuation.check(files.read("prod")["one"])


def test_a_context_whose_end_the_history_does_not_have_is_ended_by_the_code() -> None:
    held = document("one chunk that meets everything")
    del held["Events"][-1]
    del held["Events"][position(held, "ContextSucceeded", operations.ISOLATE)]

    continuation.check(history_of(held))


@pytest.mark.parametrize("status", [OperationStatus.STARTED, OperationStatus.FAILED])
def test_a_step_without_a_result_suspends_or_fails(status: OperationStatus) -> None:
    history = history_of(document(EVERYTHING))
    execution, first, *others = history.states[-1]
    unended = replace(first, status=status, step_details=None)
    service = RecordedService.at(replace(history, states=((execution, unended, *others),)), [execution])
    step = OperationIdentifier(first.operation_id, "Step", None, "renamed", operation_type=OperationType.STEP)

    with pytest.raises(SuspendExecution if status is OperationStatus.STARTED else RuntimeError):
        service.result_of(step)

    assert service.moved == ["STEP 'renamed' is where the history has STEP 'reject-unreadable'"]
    assert "STEP 'reject-unreadable'" not in service.missing()
