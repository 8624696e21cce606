"""`pipeline verify` against the deployed pipeline, among messages of others."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from pipeline_cli.app import main
from pipeline_cli.outputs import StackOutputs
from pipeline_cli.queue_reader import QueueReader
from pipeline_demo.verifying import verification
from pipeline_e2e.permissions import person
from pipeline_e2e.stack import PARAMETERS
from pipeline_testing.bodies import INVALID, body

if TYPE_CHECKING:
    from collections.abc import Callable

    from local_aws.emulator import Emulator
    from mypy_boto3_sqs.type_defs import MessageTypeDef
    from pipeline_e2e.stack import Stack

ENVIRONMENT = PARAMETERS["EnvironmentName"]


@pytest.fixture
def verify(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, dict[str, Any]]]:
    """Run the command with the policies that it needs, and return its exit status and its output."""
    client = person(emulator.one_endpoint(), ENVIRONMENT, "readers", "producers", "operators", "erasers")
    monkeypatch.setattr("pipeline_cli.target.aws_client", client)

    def run(*words: str) -> tuple[int, dict[str, Any]]:
        capsys.readouterr()
        status = main(["verify", "--json", "--env", ENVIRONMENT, *words])
        return status, json.loads(capsys.readouterr().out)

    return run


def states(printed: dict[str, Any]) -> dict[str, str]:
    return {one["name"]: one["state"] for one in printed["promises"] if one["state"] != "met"}


def queued(stack: Stack, url: str) -> list[MessageTypeDef]:
    reader = QueueReader(stack.sqs, url)
    messages = list(reader.all_messages().messages)
    reader.put_back()
    return messages


def ids(messages: list[MessageTypeDef]) -> set[str]:
    return {message["MessageId"] for message in messages}


def test_every_promise_is_met_and_only_what_it_sent_is_removed(
    stack: Stack, emulator: Emulator, verify: Callable[..., tuple[int, dict[str, Any]]]
) -> None:
    outputs = StackOutputs.of(emulator.outputs)
    (stored,) = stack.send(body(n="of others"))
    (rejected,) = stack.send(INVALID)
    stack.wait_until_drained()
    stack.sqs.send_message(QueueUrl=outputs.dead_letter_queue_url, MessageBody=body(n="a dead letter of others"))

    status, first = verify()

    assert (status, states(first), first["removed"]) == (0, {}, None)
    items = stack.items()
    assert stored in items.values()
    assert f"{ENVIRONMENT}-key-verify-{first['run']}" in items
    invalid = queued(stack, outputs.invalid_message_queue_url)
    assert len(invalid) == 12
    assert any(rejected in str(message["MessageAttributes"]) for message in invalid)
    dead = queued(stack, outputs.dead_letter_queue_url)

    # The second run sends some of the same bodies.
    status, second = verify("--clean")

    assert (status, states(second)) == (0, {})
    assert second["removed"] == {"items": 20, "messages": 11, "left": []}
    assert stack.items() == items
    assert ids(queued(stack, outputs.invalid_message_queue_url)) == ids(invalid)
    assert ids(queued(stack, outputs.dead_letter_queue_url)) == ids(dead)


def test_an_item_that_is_deleted_meanwhile_breaks_the_promise(
    stack: Stack,
    emulator: Emulator,
    verify: Callable[..., tuple[int, dict[str, Any]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = verification.Verification.run

    def run_and_delete(one: verification.Verification, *words: Any) -> None:
        run(one, *words)
        key = {"execution_id": {"S": one.audit.messages[0].execution_id}}
        stack.dynamodb.delete_item(TableName=StackOutputs.of(emulator.outputs).table_name, Key=key)

    monkeypatch.setattr(verification.Verification, "run", run_and_delete)

    status, printed = verify()

    assert status == 1
    lost = printed["promises"][0]
    assert (lost["name"], lost["state"]) == ("no message is lost", "not met")
    assert [one.partition(": ")[2] for one in lost["problems"]] == ["its item was in the table, and has been deleted"]


def test_messages_that_nothing_takes_are_not_seen_yet_when_the_time_is_over(
    stack: Stack, emulator: Emulator, verify: Callable[..., tuple[int, dict[str, Any]]]
) -> None:
    assert main(["pause", "--env", ENVIRONMENT, "--wait"]) == 0
    try:
        status, printed = verify("--timeout", "1")
    finally:
        assert main(["resume", "--env", ENVIRONMENT]) == 0

    assert status == 1
    waiting = printed["promises"][0]
    assert (waiting["state"], waiting["problems"]) == ("not seen yet", [])
    assert "30 without an outcome" in waiting["seen"]
    assert set(states(printed).values()) == {"not seen yet"}
    stack.wait_until_drained()


def test_queues_that_are_too_long_to_look_through_are_left_alone(
    stack: Stack, verify: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stack.send(INVALID)
    stack.wait_until_drained()
    monkeypatch.setattr(verification, "MOST_QUEUED", 0)

    assert main(["verify", "--env", ENVIRONMENT]) == 1

    assert ": 1; verify has to receive all of them, and can receive 0 at most" in capsys.readouterr().err
    assert stack.in_queue() == 0
