"""The output of ./nox -s pipeline -- trace for each way in which a message can end."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest
from pipeline_cli.app import main
from pipeline_testing.bodies import INVALID, body
from pipeline_testing.stages import STAGES

if TYPE_CHECKING:
    from local_aws.aws import AwsEndpoint
    from local_aws.emulator import Emulator
    from mypy_boto3_lambda import LambdaClient
    from pipeline_e2e.stack import Stack

Told = dict[str, Any]


class Tracing:
    """The commands, run on the emulated AWS, and their output."""

    def __init__(self, durable: LambdaClient, capsys: pytest.CaptureFixture[str]) -> None:
        self.durable = durable
        self._capsys = capsys

    def run(self, *words: str) -> str:
        """Run a command that succeeds."""
        assert main([words[0], "--env", "e2e", *words[1:]]) == 0
        return self._capsys.readouterr().out

    def trace(self, asked: str, *words: str) -> Told:
        """Trace one message."""
        (message,) = json.loads(self.run("trace", asked, "--json", *words))["messages"]
        told: Told = message
        return told

    def trace_if_known(self, asked: str) -> Told | None:
        """Trace one message; None if the log does not have it yet."""
        status = main(["trace", asked, "--env", "e2e", "--json"])
        (message,) = json.loads(self._capsys.readouterr().out)["messages"]
        return None if status else message

    def failed_without_table(self, asked: str) -> Told | None:
        """Trace one message without a table, which the exit status reports; None unless each logged delivery failed."""
        assert main(["trace", asked, "--env", "e2e", "--json"]) == 1
        (message,) = json.loads(self._capsys.readouterr().out)["messages"]
        outcomes = {delivery["outcome"] for delivery in message["deliveries"]}
        return message if outcomes == {"failed"} else None

    def events(self, arn: str) -> int:
        """Count the events in the history of an execution."""
        return len(self.durable.get_durable_execution_history(DurableExecutionArn=arn)["Events"])

    def statuses(self, function: str) -> dict[str, str]:
        """Return the status of each execution."""
        pages = self.durable.get_paginator("list_durable_executions_by_function").paginate(FunctionName=function)
        return {one["DurableExecutionArn"]: one["Status"] for page in pages for one in page["DurableExecutions"]}


@pytest.fixture(scope="module")
def endpoint(emulator: Emulator) -> AwsEndpoint:
    return emulator.one_endpoint()


@pytest.fixture
def cli(endpoint: AwsEndpoint, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Tracing:
    nobody = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "NO_PROXY": "127.0.0.1"}
    for name, value in {**nobody, **endpoint.variables()}.items():
        monkeypatch.setenv(name, value)
    return Tracing(endpoint.lambda_(), capsys)


def places(message: Told) -> list[tuple[str, bool]]:
    return [(place["where"], place["certain"]) for place in message["now"]]


def stages(delivery: Told) -> list[tuple[str, str]]:
    return [(visit["stage"], visit["verdict"]["outcome"]) for visit in delivery["visits"]]


def test_a_stored_message(stack: Stack, cli: Tracing) -> None:
    (message_id,) = stack.send(body(note="nobody else's business"))
    item = stack.wait_for_item(f"e2e-esm-{message_id}")
    stack.wait_until_drained()

    message = cli.trace(message_id)

    assert places(message) == [("table", True)]
    assert message["item"]["stored_at"] == item["stored_at"]
    (delivery,) = message["deliveries"]
    assert (delivery["outcome"], delivery["number"]) == ("stored", 1)
    assert stages(delivery) == [(stage["name"], "passed") for stage in STAGES]
    assert cli.trace(f"e2e-esm-{message_id}") == message
    text = cli.run("trace", message_id)
    assert "now      in the table" in text
    assert "nobody" not in text
    assert "nobody" in cli.run("trace", message_id, "--bodies")


def test_a_history_and_a_list_of_executions(stack: Stack, cli: Tracing) -> None:
    (message_id,) = stack.send(body())
    stack.wait_for_item(f"e2e-esm-{message_id}")
    stack.wait_until_drained()
    execution = cli.trace(message_id)["deliveries"][0]["execution"]["arn"]

    listed = json.loads(cli.run("executions", "--json", "--status", "SUCCEEDED", "--since", "1h", "--limit", "1000"))
    text = cli.run("history", execution, "--id", f"e2e-esm-{message_id}")

    started = [one["started"] for one in listed]
    assert started == sorted(started, reverse=True)
    (name,) = [one["name"] for one in listed if one["arn"] == execution]
    assert cli.run("history", name, "--id", f"e2e-esm-{message_id}") == text
    assert [line[4:].partition("  ")[0] for line in text.splitlines()[2:]] == [stage["name"] for stage in STAGES]


@pytest.mark.parametrize(("text", "stage"), [("not json", "intake"), (INVALID, "intake"), (None, "store")])
def test_a_rejected_message(stack: Stack, cli: Tracing, text: str | None, stage: str) -> None:
    # An item may have 400 KB.
    (message_id,) = stack.send(text or body(text="x" * 450_000))
    stack.wait_for_rejected(1)
    stack.wait_until_drained()

    message = cli.trace(message_id)

    assert places(message) == [("invalid message queue", False)]
    (delivery,) = message["deliveries"]
    assert (delivery["outcome"], delivery["reason"]["stage"]) == ("rejected", stage)
    assert delivery["reason"]["code"]
    assert delivery["reason"]["text"]


def test_a_rejected_message_is_seen_in_its_queue(stack: Stack, cli: Tracing) -> None:
    (message_id,) = stack.send("not json")
    stack.wait_until_drained()

    assert places(cli.trace(message_id, "--queues")) == [("invalid message queue", True)]
    # It is visible again at once.
    stack.wait_for_rejected(1)


def test_messages_that_are_joined(stack: Stack, cli: Tracing) -> None:
    sent = stack.send(*[body(idempotency_key="traced", n=1)] * 2)
    stack.wait_until_drained()
    item = stack.wait_for_item("e2e-key-traced")

    messages = [cli.trace(message_id) for message_id in sent]

    for message in messages:
        assert message["execution_id"] == "e2e-key-traced"
        assert message["item"]["message_id"] == item["message_id"]
        assert places(message) == [("table", True)]
        assert [delivery["outcome"] for delivery in message["deliveries"]] == ["stored"]
    of_key = json.loads(cli.run("trace", "e2e-key-traced", "--json"))["messages"]
    assert item["message_id"] in [message["message_id"] for message in of_key]


def test_a_message_that_waits_and_is_stored_then(stack: Stack, cli: Tracing) -> None:
    with stack.without_table():
        (message_id,) = stack.send(body())
        waiting = stack.wait_until(lambda: cli.failed_without_table(message_id), "a failed delivery")
    stack.wait_for_item(f"e2e-esm-{message_id}")
    stack.wait_until_drained()

    assert places(waiting) == [("queue", False)]
    delivery = waiting["deliveries"][0]
    assert delivery["reason"]["stage"] == "store"
    assert [visit["attempt"] for visit in delivery["visits"] if visit["stage"] == "store"] == [1, 2, 3]
    message = cli.trace(message_id)
    assert places(message) == [("table", True)]
    assert [(one["outcome"], one["number"]) for one in message["deliveries"]] == [("failed", 1), ("stored", 2)]


def test_a_dead_letter(stack: Stack, cli: Tracing) -> None:
    with stack.without_table():
        (message_id,) = stack.send(body())
        stack.wait_for_dead_letters(1)

    message = cli.trace(message_id)

    assert [one["outcome"] for one in message["deliveries"]] == ["failed", "failed"]
    # By a deployment's waits, which are longer than those of these tests, it is about to become one.
    assert message["now"][0]["where"] in ("queue", "dead-letter queue")
    assert "dead-letter queue" in message["now"][0]["words"]


def test_a_message_of_an_execution_that_was_stopped(stack: Stack, cli: Tracing) -> None:
    function = "e2e-durable-pipeline-orchestrator"
    before = cli.statuses(function)

    def stopped() -> list[str]:
        new = {arn: status for arn, status in cli.statuses(function).items() if arn not in before}
        for arn, status in new.items():
            # Its first invocation logs the batch, and begins operations then.
            if status == "RUNNING" and cli.events(arn) > 1:
                cli.durable.stop_durable_execution(DurableExecutionArn=arn)
        return [arn for arn, status in new.items() if status == "STOPPED"]

    with stack.without_table():
        (message_id,) = stack.send(body())
        (arn,) = stack.wait_until(stopped, "an execution that was stopped")

    message = stack.wait_until(lambda: cli.trace_if_known(message_id), "a line of the log about it")
    delivery = message["deliveries"][-1]
    assert (delivery["outcome"], delivery["execution"]["status"]) == ("died", "STOPPED")
    assert delivery["execution"]["arn"] == arn
    # Its invisibility, 16 minutes, is longer than the test.
    assert places(message) == [("queue", False)]


def test_a_message_that_is_sent_again(stack: Stack, cli: Tracing) -> None:
    with stack.without_table():
        (first,) = stack.send(body(n="again"))
        stack.wait_for_dead_letters(1)
    own = {"durable_pipeline": {"DataType": "String", "StringValue": json.dumps({"message_id": first})}}
    (again,) = stack.send(body(n="again"), attributes=own)
    stack.wait_for_item(f"e2e-esm-{first}")
    stack.wait_until_drained()

    message = cli.trace(again)

    assert message["message_ids"] == [first, again]
    assert [one["outcome"] for one in message["deliveries"]] == ["failed", "failed", "stored"]
    assert places(message) == [("table", True)]
    assert cli.trace(first) == message


def test_a_message_that_nobody_has_sent(cli: Tracing, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trace", "19dd0b57-b21e-4ac1-bd88-01bbb068cb78", "--env", "e2e"]) == 1

    assert "nothing is known about 19dd0b57-b21e-4ac1-bd88-01bbb068cb78" in capsys.readouterr().err
