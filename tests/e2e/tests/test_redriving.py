"""Sending messages again with the command line: each is stored once, under its original id."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import pytest
from pipeline_cli.app import main
from pipeline_cli.outputs import StackOutputs
from pipeline_cli.queue_reader import QueueReader
from pipeline_contracts import parse_message
from pipeline_e2e.permissions import person
from pipeline_e2e.stack import PARAMETERS
from pipeline_testing.bodies import INVALID, body

if TYPE_CHECKING:
    from pathlib import Path

    from local_aws.emulator import Emulator
    from pipeline_e2e.stack import Stack

ENVIRONMENT = PARAMETERS["EnvironmentName"]


Pipeline = Callable[..., int]


@pytest.fixture
def pipeline(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    """Run commands as an operator."""
    return commands(emulator, monkeypatch, "readers", "operators")


def commands(emulator: Emulator, monkeypatch: pytest.MonkeyPatch, *policies: str) -> Pipeline:
    monkeypatch.setattr("pipeline_cli.target.aws_client", person(emulator.endpoint, ENVIRONMENT, *policies))
    return lambda *arguments: main([*arguments, "--env", ENVIRONMENT])


def test_dead_letters_are_stored_under_their_first_ids(
    stack: Stack, emulator: Emulator, pipeline: Pipeline, capsys: pytest.CaptureFixture[str]
) -> None:
    outputs = StackOutputs.of(emulator.outputs)
    reader = QueueReader(stack.sqs, outputs.dead_letter_queue_url)
    with stack.without_table():
        sent = dict(zip(stack.send(body(n=1), body(n=2), body(n=3)), (1, 2, 3), strict=True))
        stack.wait_until_drained()
    assert {message["MessageId"] for message in reader.new_messages()} == sent.keys()
    reader.put_back()

    assert pipeline("dead", "list", "--json") == 0
    groups = json.loads(capsys.readouterr().out)["groups"]
    assert [(one["stage"], one["code"], one["count"]) for one in groups] == [("store", "unavailable", 3)]

    assert pipeline("dead", "redrive", "--yes") == 0
    stack.wait_until_drained()
    expected = {f"{ENVIRONMENT}-esm-{message_id}": message_id for message_id in sent}
    assert expected.items() <= stack.items().items()
    stored = {name: stack.item(name) for name in expected}

    # A killed redrive has sent them but left them in the queue: both are harmless.
    again = [(body(n=number), message_id) for message_id, number in sent.items()]
    for queue in (outputs.queue_url, outputs.dead_letter_queue_url):
        send_all(stack, queue, again)
    assert pipeline("dead", "redrive", "--yes") == 0
    stack.wait_until_drained()

    assert capsys.readouterr().out.rstrip().endswith("3 dropped")
    assert {name: stack.item(name) for name in expected} == stored
    assert sorted(one for one in stack.items().values() if one in sent) == sorted(sent)
    assert not stack.outcomes().dead


def test_a_rejected_message_that_was_edited_is_stored_under_its_first_id(
    stack: Stack, pipeline: Pipeline, tmp_path: Path
) -> None:
    (first,) = stack.send(INVALID)
    stack.wait_until_drained()
    file = tmp_path / "rejected.jsonl"

    assert pipeline("invalid", "export", str(file)) == 0
    (line,) = (json.loads(text) for text in file.read_text("utf-8").splitlines())
    assert (line["first_message_id"], line["stage"]) == (first, "intake")
    file.write_text(json.dumps(line | {"body": body(n=4)}), "utf-8")
    assert pipeline("invalid", "resend", str(file), "--yes") == 0

    assert stack.wait_for_item(f"{ENVIRONMENT}-esm-{first}")["original_data"]["n"] == 4
    stack.wait_until_drained()
    assert not stack.outcomes().rejected


def test_a_reader_lists_messages_and_moves_none(
    stack: Stack, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (rejected,) = stack.send(INVALID)
    stack.wait_until_drained()
    pipeline = commands(emulator, monkeypatch, "readers")

    assert pipeline("invalid", "list") == 0
    assert "intake, missing_field" in capsys.readouterr().out
    assert pipeline("invalid", "resend", "--dry-run") == 0
    monkeypatch.setattr("pipeline_cli.intake.read_message", lambda *_: parse_message(body()))
    assert pipeline("invalid", "resend", "--unchanged", "--yes") == 1
    assert "not allowed: logs:CreateLogStream" in capsys.readouterr().err
    assert stack.outcomes().of([rejected]) == {rejected: {"rejected"}}


def test_a_thousand_dead_letters_are_accounted_for_after_a_redrive(
    stack: Stack, emulator: Emulator, pipeline: Pipeline, capsys: pytest.CaptureFixture[str]
) -> None:
    outputs = StackOutputs.of(emulator.outputs)
    bodies = [body(n=number) for number in range(834)] + [INVALID] * 166
    dead = send_all(stack, outputs.dead_letter_queue_url, [(text, None) for text in bodies])
    new, stored, conflicting, invalid = dead[:334], dead[334:667], dead[667:834], dead[834:]
    first = [(bodies[number], dead[number]) for number in range(334, 667)] + [(body(n=-1), one) for one in conflicting]
    send_all(stack, outputs.queue_url, first)
    stack.wait_until_drained()
    before = stack.items()

    assert pipeline("dead", "redrive", "--yes", "--json", "--rate", "1000") == 1

    told = json.loads(capsys.readouterr().out)
    decided = {one["message_id"]: one["decision"] for one in told["plan"]["messages"]}
    expected = {"send": new, "drop": stored, "conflict": conflicting, "invalid": invalid}
    assert decided == {message_id: decision for decision, ids in expected.items() for message_id in ids}
    stack.wait_until_drained()
    assert stack.items() == before | {f"{ENVIRONMENT}-esm-{one}": one for one in new}
    outcomes = stack.outcomes()
    assert {message["MessageId"] for message in outcomes.dead} == {*conflicting, *invalid}
    assert not outcomes.rejected


def send_all(stack: Stack, url: str, messages: Sequence[tuple[str, str | None]]) -> list[str]:
    """Send bodies, each with its original id if it has one, and return the ids that SQS assigns."""
    sent: dict[int, str] = {}
    for start in range(0, len(messages), 10):
        entries: list[Any] = [
            {"Id": str(start + index), "MessageBody": text, "MessageAttributes": _own(first_id)}
            for index, (text, first_id) in enumerate(messages[start : start + 10])
        ]
        answer = stack.sqs.send_message_batch(QueueUrl=url, Entries=entries)
        sent |= {int(one["Id"]): one["MessageId"] for one in answer["Successful"]}
    return [sent[number] for number in range(len(messages))]


def _own(first_id: str | None) -> dict[str, Any]:
    own = {"DataType": "String", "StringValue": json.dumps({"message_id": first_id})}
    return {"durable_pipeline": own} if first_id else {}
