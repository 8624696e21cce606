"""Pausing, draining and resuming the deployed pipeline with the operator's command line."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from pipeline_e2e.deploying import Deployer
from pipeline_e2e.stack import PARAMETERS
from pipeline_testing.bodies import body

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from subprocess import CompletedProcess

    from local_aws.emulator import Emulator
    from pipeline_e2e.stack import Stack

ENVIRONMENT = PARAMETERS["EnvironmentName"]
OPERATIONS = f"/durable-pipeline/{ENVIRONMENT}/operations"

# An enabled mapping receives a message within its batching window of a second.
_LONGER_THAN_A_RECEIVE = 5.0


@pytest.fixture(scope="module")
def pipeline(emulator: Emulator) -> Iterator[Callable[..., CompletedProcess[str]]]:
    """Yield a function that runs the command line; the pipeline runs again afterwards."""
    logs = emulator.endpoint.logs()
    with suppress(logs.exceptions.ResourceAlreadyExistsException):
        logs.create_log_group(logGroupName=OPERATIONS)
    run = Deployer(emulator.one_endpoint(), ENVIRONMENT).run
    yield run
    resumed = run("resume")
    assert resumed.returncode == 0, resumed.stdout


def succeed(pipeline: Callable[..., CompletedProcess[str]], *words: str) -> str:
    ended = pipeline(*words)
    assert ended.returncode == 0, ended.stdout
    return ended.stdout


def test_a_paused_pipeline_leaves_messages_in_the_queue_and_a_resumed_one_takes_them(
    stack: Stack, pipeline: Callable[..., CompletedProcess[str]]
) -> None:
    (before,) = stack.send(body(n="before"))
    stack.wait_for_item(f"{ENVIRONMENT}-esm-{before}")

    assert "Paused." in succeed(pipeline, "pause", "--wait")
    (message_id,) = stack.send(body(n="meanwhile"))
    time.sleep(_LONGER_THAN_A_RECEIVE)
    assert stack.in_queue() == 1
    assert stack.in_flight() == 0
    assert "Disabled" in succeed(pipeline, "status")

    succeed(pipeline, "resume")
    stack.wait_for_item(f"{ENVIRONMENT}-esm-{message_id}")


def test_a_drained_pipeline_has_stored_all_that_was_sent(
    stack: Stack, pipeline: Callable[..., CompletedProcess[str]]
) -> None:
    sent = stack.send(*(body(n=number) for number in range(50)))

    succeed(pipeline, "drain", "--timeout", "120")

    assert {stack.item(f"{ENVIRONMENT}-esm-{message_id}") is not None for message_id in sent} == {True}
    assert stack.in_queue() == 0
    state: Any = json.loads(succeed(pipeline, "status", "--json"))
    assert state["event_source"]["state"] == "Disabled"
    assert state["running"]["arns"] == []
    succeed(pipeline, "resume")


def test_who_did_it_is_in_the_operations_log(
    emulator: Emulator, pipeline: Callable[..., CompletedProcess[str]]
) -> None:
    succeed(pipeline, "pause")
    succeed(pipeline, "resume")

    events = emulator.endpoint.logs().filter_log_events(logGroupName=OPERATIONS)["events"]
    *_, paused, resumed = (json.loads(event["message"]) for event in events)
    assert (paused["action"], resumed["action"]) == ("pause", "resume")
    assert paused["by"].startswith("arn:aws:")
