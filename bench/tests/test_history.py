"""What is counted in an execution's history."""

from __future__ import annotations

from typing import Any

import pytest

from bench.history import Tally


def event(kind: str, at: float, **further: Any) -> dict[str, Any]:
    return {"EventType": kind, "EventTimestamp": at, **further}


def payload(member: str, text: str) -> dict[str, Any]:
    return {member: {"Payload": text}}


ARN = "arn:aws:lambda:eu-central-2:000000000000:function:bench-durable-pipeline-storer:live"
HISTORY = [
    event("ExecutionStarted", 10.0, ExecutionStartedDetails=payload("Input", "12345")),
    event("ContextStarted", 10.1, Id="map", Name="chunks"),
    event(
        "ChainedInvokeStarted",
        10.2,
        Id="a",
        Name="store",
        ChainedInvokeStartedDetails={"FunctionName": ARN, **payload("Input", "ü234")},
    ),
    event("InvocationCompleted", 10.5),
    event("ChainedInvokeSucceeded", 11.0, Id="a", ChainedInvokeSucceededDetails=payload("Result", "123")),
    event("ContextSucceeded", 11.1, Id="map", Name="chunks", ContextSucceededDetails=payload("Result", "12")),
    event("InvocationCompleted", 11.25),
    event("ExecutionSucceeded", 11.25, ExecutionSucceededDetails=payload("Result", "1")),
]


def test_operations_invocations_and_bytes_are_counted() -> None:
    tally = Tally()

    tally.add(HISTORY)
    tally.add(HISTORY)

    assert tally.executions == 2
    assert tally.operations == 2 * 3  # the start, the map and the invoke
    assert tally.orchestrator_invocations == 2 * 2
    assert tally.service_invocations == {"storer": 2}
    assert tally.input_bytes == 2 * 5
    assert tally.result_bytes == 2 * 1
    assert tally.state_bytes == {"store request": 2 * 5, "store response": 2 * 3, "chunks result": 2 * 2}


def test_an_execution_lasts_from_its_start_to_its_end() -> None:
    tally = Tally()

    tally.add(HISTORY)

    assert tally.execution_seconds == pytest.approx(1.25)


def test_a_retry_and_a_wait_are_operations() -> None:
    tally = Tally()

    tally.add([*HISTORY[:4], event("WaitStarted", 10.6, Id="w", Name="store-backoff-1")])

    assert tally.operations == 4


def test_the_message_id_in_a_baselines_names_is_left_out() -> None:
    tally = Tally()
    name = "store-3f2b8f0e-6a0b-4a53-9d0a-1d2f7c9b1a11"

    tally.add([HISTORY[0], {**HISTORY[2], "Name": name}])

    assert tally.state_bytes == {"store request": 5}
