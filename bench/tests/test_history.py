"""Counting from an execution's history."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from bench.history import Tally


def event(kind: str, at: float, **further: Any) -> dict[str, Any]:
    return {"EventType": kind, "EventTimestamp": datetime.fromtimestamp(at, UTC), **further}


def payload(member: str, text: str) -> dict[str, Any]:
    return {member: {"Payload": text}}


ARN = "arn:aws:lambda:eu-central-2:000000000000:function:bench-durable-pipeline-storer:live"
FIRST, SECOND = "3f2b8f0e-6a0b-4a53-9d0a-1d2f7c9b1a11", "8c1d2a7e-0f6b-4b1e-9c55-64b8a0b0f3aa"
BATCH = json.dumps({"Records": [{"messageId": FIRST}, {"messageId": SECOND}]})
HISTORY = [
    event("ExecutionStarted", 10.0, ExecutionStartedDetails=payload("Input", BATCH)),
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
    assert tally.execution_seconds == pytest.approx(2 * 1.25)
    assert tally.operations == 2 * 3  # the start, the map and the invoke
    assert tally.orchestrator_invocations == 2 * 2
    assert tally.service_invocations == {"storer": 2}
    assert tally.input_bytes == 2 * len(BATCH)
    assert tally.result_bytes == 2 * 1
    assert tally.state_bytes == {"store request": 2 * 5, "store response": 2 * 3, "chunks result": 2 * 2}
    assert tally.stored == {FIRST: 11.0, SECOND: 11.0}, "when the storer has answered for the chunk"


def test_a_retry_and_a_wait_are_operations() -> None:
    tally = Tally()

    tally.add([*HISTORY[:4], event("WaitStarted", 10.6, Id="w", Name="store-backoff-1")])

    assert tally.operations == 4


def test_the_message_id_in_a_baselines_names_is_left_out() -> None:
    tally = Tally()
    tally.add([HISTORY[0], {**HISTORY[2], "Name": f"store-{FIRST}"}])

    assert tally.state_bytes == {"store request": 5}


def test_a_message_that_is_stored_alone_has_a_time_of_its_own() -> None:
    tally = Tally()
    one, other = ({**HISTORY[2], "Id": name, "Name": f"store-{name}"} for name in (FIRST, SECOND))
    done, later = ({**HISTORY[4], "Id": name, "Name": f"store-{name}"} for name in (FIRST, SECOND))

    tally.add([HISTORY[0], one, done, other, later | {"EventTimestamp": datetime.fromtimestamp(12, UTC)}])

    assert tally.stored == {FIRST: 11.0, SECOND: 12.0}
