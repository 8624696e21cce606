"""A history from Lambda's events equals that of the durable service, and is replayed on the current code."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import continuation
import pytest
from aws_durable_execution_sdk_python.operation import child
from aws_events import UnusableError
from aws_history import history_of
from downloads import EVERYTHING, details, document, downloaded, recording
from history import History
from orchestrator import operations
from orchestrator.stages import STAGES
from pipeline import body
from pipeline_contracts.message import EXAMPLES
from recorder import BATCHES, record

if TYPE_CHECKING:
    from aws_durable_execution_sdk_python.lambda_service import Operation

_UNTOLD = re.compile("Timestamp$|^Attempt$|^StackTrace$|^WaitDetails$")


def told(operation: Operation) -> Any:
    """Return what a history says about an operation."""

    def kept(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: kept(held) for key, held in value.items() if not _UNTOLD.search(key)}
        return value

    return kept(operation.to_json_dict())


def compared(operations: tuple[Operation, ...]) -> tuple[Any, list[Any]]:
    execution, *others = operations
    return execution.status, sorted((told(one) for one in others), key=lambda entry: str(entry["Id"]))


@pytest.mark.parametrize("batch", BATCHES)
def test_events_tell_how_each_operation_ended(batch: str) -> None:
    recorded = recording(batch).history

    history = history_of(document(batch))

    assert compared(history.states[-1]) == compared(recorded.states[-1])
    assert (history.failed, history.environment) == (recorded.failed, recorded.environment)
    continuation.check(history)


def test_events_tell_what_was_known_at_each_invocation() -> None:
    recorded = recording("one chunk").history

    history = history_of(document("one chunk"))

    assert len(history.states) == len(STAGES) + 2
    assert list(map(compared, history.states)) == list(map(compared, recorded.states))


def test_the_order_of_the_download_does_not_matter() -> None:
    held = document("one chunk")

    assert history_of({"Events": held["Events"][::-1]}) == history_of(held)


def test_a_large_result_of_a_context_is_made_again_from_its_children(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(child, "CHECKPOINT_SIZE_LIMIT_BYTES", 100)
        recorded = record(*BATCHES[EVERYTHING])

    history = history_of(downloaded(recorded.events))

    again = {one.name for one in history.states[-1] if one.context_details and one.context_details.replay_children}
    assert again == {operations.CHUNKS, operations.ISOLATE}
    continuation.check(history)


@pytest.mark.parametrize("mark", ["", "x" * 5_000])
def test_the_requests_tell_the_environment_and_the_size_of_a_chunk(mark: str) -> None:
    recorded = record(10, tuple(body(n=n, mark=mark) for n in range(12)))
    held = downloaded(recorded.events)

    assert ("encoding" in details(held, "ChainedInvokeStarted")["Input"]["Payload"]) == bool(mark)
    assert (history_of(held).environment, history_of(held).chunk_size) == ("test", 10)
    told_otherwise = history_of(held | {"Variables": {"ENVIRONMENT": "prod", "CHUNK_SIZE": "50", "ENVELOPE": "sns"}})
    assert (told_otherwise.environment, told_otherwise.chunk_size, told_otherwise.envelope) == ("prod", 50, "sns")
    assert History.from_json(told_otherwise.to_json()).envelope == "sns"


def test_attributes_that_are_stored_count_for_chunks_in_a_replay() -> None:
    attribute = {"note": {"dataType": "String", "stringValue": "x" * 20_000}}
    recorded = record(100, tuple(body(n=n) for n in range(60)), attribute)

    held = downloaded(recorded.events)
    told = {"ENVIRONMENT": "test", "CHUNK_SIZE": "100", "STORE_ATTRIBUTES": "true"}
    history = history_of(held | {"Variables": told})

    assert sum(one.name == "validate" for one in history.states[-1]) > 1
    continuation.check(history)
    assert History.from_json(history.to_json()).stores_attributes


def test_a_request_that_was_cut_off_tells_nothing() -> None:
    held = document("one chunk")
    for event in held["Events"]:
        if event["EventType"] == "ChainedInvokeStarted":
            event["ChainedInvokeStartedDetails"]["Input"] = {"Payload": '{"records', "Truncated": True}

    history = history_of(held)

    assert (history.environment, history.chunk_size) == ("test", 100)
    continuation.check(history)


def test_what_the_events_cut_off_may_be_in_the_execution() -> None:
    held = document("one chunk")
    execution = {
        "InputPayload": details(held, "ExecutionStarted")["Input"].pop("Payload"),
        "Result": details(held, "ExecutionSucceeded")["Result"].pop("Payload"),
    }

    assert history_of(held | {"Execution": execution}) == history_of(document("one chunk"))


def test_nothing_is_kept_that_names_an_account_or_a_delivery() -> None:
    held = document(EVERYTHING)
    details(held, "ChainedInvokeFailed")["Error"]["Payload"]["StackTrace"] = ["line 7, in a function"]

    kept = json.dumps(history_of(held).to_json())

    assert next(iter(EXAMPLES[0])) in kept, "a body is kept"
    for name in ("arn:", "handle-0", "eventSourceARN", "md5OfBody", "StackTrace", 'Timestamp": 179', "function"):
        assert name not in kept


def cut(*keys: str, **changed: Any) -> Any:
    """Change the details of the first event of a type."""

    def change(held: dict[str, Any]) -> None:
        event_type, *path = keys
        part = details(held, event_type)
        for key in path:
            part = part[key]
        part |= changed

    return change


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (
            lambda held: held.pop("Events"),
            "no history: expected what `aws lambda get-durable-execution-history` prints",
        ),
        (lambda held: held["Events"].append("text"), "no history: expected"),
        (lambda held: held["Events"].clear(), "a part of a history: it does not begin with ExecutionStarted"),
        (lambda held: held["Events"].pop(0), "a part of a history: it does not begin with ExecutionStarted"),
        (lambda held: held.update(NextMarker="101"), "a part of a history: download it without --max-items"),
        (lambda held: held.update(NextToken="e30="), "a part of a history: download it without --max-items"),
        (lambda held: held["Events"].pop(1), "a part of a history: ChainedInvokeSucceeded .* no start of it"),
        (
            cut("ExecutionStarted", Input={"Truncated": True}),
            "ExecutionStarted .*has no Input: .*--include-execution-data",
        ),
        (
            cut("ChainedInvokeSucceeded", Result={}),
            "ChainedInvokeSucceeded validate has no Result: .*--include-execution-data",
        ),
        (
            cut("ChainedInvokeSucceeded", "Result", Truncated=True),
            "Result of ChainedInvokeSucceeded validate was cut off",
        ),
        (cut("ExecutionStarted", "Input", Truncated=True), "Input of ExecutionStarted .* was cut off"),
        (cut("ExecutionStarted", "Input", Payload='{"orders": []}'), "no execution of the orchestrator: its input"),
        (cut("ExecutionStarted", "Input", Payload="text"), "no execution of the orchestrator: its input"),
        (cut("ExecutionSucceeded", "Result", Payload="null"), "no execution of the orchestrator: its result"),
        (
            lambda held: held["Events"].append({"EventType": "CallbackStarted", "Id": "1", "EventId": 99}),
            "an event CallbackStarted, which no execution of the orchestrator has",
        ),
    ],
)
def test_what_cannot_be_replayed_is_refused_with_the_reason(change: Any, problem: str) -> None:
    held = document("one chunk")
    change(held)

    with pytest.raises(UnusableError, match=problem):
        history_of(held)


@pytest.mark.parametrize("held", [None, [], "text", {}])
def test_a_file_that_is_not_a_history_is_refused(held: Any) -> None:
    with pytest.raises(UnusableError, match="no history"):
        history_of(held)
