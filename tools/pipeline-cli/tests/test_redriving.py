"""Redriving and resending from the command line, on real queues, a real table and a real log."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime
from threading import Barrier, Thread
from typing import TYPE_CHECKING

import pytest
from aws_environment import FAST, INVALID, MISSING, body, rejected
from pipeline_cli.messages import carrying_out
from pipeline_cli.queue_reader import QueueReader

if TYPE_CHECKING:
    from aws_environment import AwsEnvironment


def test_a_thousand_dead_letters_are_all_accounted_for(aws: AwsEnvironment, capsys: pytest.CaptureFixture[str]) -> None:
    good, stored, conflicting = (
        aws.send("dead", [body(number) for number in range(start, end)])
        for start, end in ((0, 334), (334, 667), (667, 834))
    )
    invalid = aws.send("dead", [INVALID] * 166)
    aws.store_all({f"{aws.name}-esm-{one}": body(number) for number, one in enumerate(stored, 334)})
    aws.store_all({f"{aws.name}-esm-{one}": body(-1) for one in conflicting})

    assert aws.run("dead", "redrive", *FAST, "--json") == 1

    told = json.loads(capsys.readouterr().out)
    decided = {one["message_id"]: one["decision"] for one in told["plan"]["messages"]}
    expected = {"send": good, "drop": stored, "conflict": conflicting, "invalid": invalid}
    assert decided == {message_id: decision for decision, ids in expected.items() for message_id in ids}
    assert told["done"] == {"counts": {"send": 334, "drop": 333}, "problems": {}}
    assert aws.messages("dead").keys() == {*conflicting, *invalid}
    assert aws.sent_identities() == Counter(good)
    lines = {line["message_id"]: line for line in aws.operations()}
    assert len(lines) == len(aws.operations()) == 667
    assert {name for name, line in lines.items() if line["action"] == "redrive"} == set(good)
    assert {name for name, line in lines.items() if line["action"] == "drop"} == set(stored)
    assert not [call for call in aws.called("ReceiveMessage") if call["QueueUrl"] == aws.url("source")]


def test_a_line_in_the_log_says_who_did_what(aws: AwsEnvironment, capsys: pytest.CaptureFixture[str]) -> None:
    (sent,) = aws.send("invalid", [body(idempotency_key="order-1")], rejected(message_id="first-1"))

    assert (
        aws.run("invalid", "resend", *FAST, "--unchanged", "--body", "order-1", "--reason", "must not", "--id", sent)
        == 0
    )

    (line,) = aws.operations()
    ((new_id, _),) = aws.messages("source").items()
    datetime.fromisoformat(line.pop("at"))
    assert line == {
        "action": "resend",
        "queue": "invalid",
        "message_id": sent,
        "first_message_id": "first-1",
        "execution_id": f"{aws.name}-key-order-1",
        "new_message_id": new_id,
        "edited": False,
        "by": "arn:aws:iam::000000000000:root",
        "command": f"invalid resend --env {aws.name} --id {sent} --reason … --body … --unchanged --rate 100000.0 --yes",
    }
    assert capsys.readouterr().out.rstrip().endswith("1 sent")


def test_a_message_is_sent_as_its_producer_sent_it(aws: AwsEnvironment) -> None:
    attributes = {
        "tenant": {"DataType": "String", "StringValue": "acme"},
        "digest": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
    }
    trace = {"AWSTraceHeader": {"DataType": "String", "StringValue": "Root=1-5759e988-bd862e3fe"}}
    aws.sqs.send_message(
        QueueUrl=aws.url("invalid"),
        MessageBody=body(),
        MessageAttributes=attributes | rejected(message_id="first-1", code="idempotency_conflict"),
        MessageSystemAttributes=trace,
        MessageGroupId="tenant-1",
    )

    assert aws.run("invalid", "resend", *FAST) == 0

    ((entry,),) = (call["Entries"] for call in aws.called("SendMessageBatch"))
    assert entry["MessageBody"] == body()
    assert entry["MessageAttributes"].pop("durable_pipeline")["StringValue"] == '{"message_id": "first-1"}'
    assert entry["MessageAttributes"] == attributes
    assert (entry["MessageSystemAttributes"], entry["MessageGroupId"]) == (trace, "tenant-1")
    ((_, message),) = aws.messages("source").items()
    assert json.loads(message["MessageAttributes"]["durable_pipeline"]["StringValue"]) == {"message_id": "first-1"}
    assert message["MessageAttributes"]["digest"]["BinaryValue"] == b"\x00\xff"


def test_a_dry_run_changes_nothing(aws: AwsEnvironment, capsys: pytest.CaptureFixture[str]) -> None:
    aws.send("dead", [body(1), body(2), INVALID])

    assert aws.run("dead", "redrive", "--dry-run") == 0

    out = capsys.readouterr().out
    assert "sent to the source queue" in out
    assert f"{MISSING}: Field required" in out
    assert len(aws.messages("dead")) == 3
    assert aws.messages("source") == {}
    assert aws.operations() == []


def test_nothing_is_done_without_a_yes(aws: AwsEnvironment, capsys: pytest.CaptureFixture[str]) -> None:
    aws.send("dead", [body()])

    assert aws.run("dead", "redrive") == 1

    assert "nothing was sent or deleted; to skip the question, add --yes" in capsys.readouterr().err
    assert len(aws.messages("dead")) == 1
    assert aws.messages("source") == {}


@pytest.mark.parametrize(("answer", "code", "left"), [("y", 0, 0), ("n", 1, 1), ("", 1, 1)])
def test_the_operator_is_asked(
    aws: AwsEnvironment, monkeypatch: pytest.MonkeyPatch, answer: str, code: int, left: int
) -> None:
    aws.send("dead", [body()])
    asked: list[str] = []
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)

    def reply(question: str) -> str:
        asked.append(question)
        return answer

    monkeypatch.setattr("builtins.input", reply)

    assert aws.run("dead", "redrive") == code

    assert asked == ["Of 1 message of the dead-letter queue: send 1 to the source queue. Go on? [y/N] "]
    assert len(aws.messages("dead")) == left


def test_json_asks_no_question(aws: AwsEnvironment) -> None:
    assert aws.run("dead", "redrive", "--json") == 2


def test_an_empty_queue_is_no_failure(aws: AwsEnvironment, capsys: pytest.CaptureFixture[str]) -> None:
    assert aws.run("dead", "redrive") == 0
    assert "nothing to do in the dead-letter queue" in capsys.readouterr().out


def test_messages_that_somebody_else_has_are_reported(aws: AwsEnvironment, capsys: pytest.CaptureFixture[str]) -> None:
    aws.send("dead", [body()])
    QueueReader(aws.sqs, aws.url("dead")).new_messages()

    assert aws.run("dead", "redrive", *FAST) == 0

    assert "hidden messages: about 1." in capsys.readouterr().err


def test_without_the_log_nothing_moves(aws: AwsEnvironment, capsys: pytest.CaptureFixture[str]) -> None:
    aws.send("dead", [body()])
    aws.logs.delete_log_group(logGroupName=aws.operations_group)

    assert aws.run("dead", "redrive", *FAST) == 1

    assert f"./nox -s deploy -- access --env {aws.name}" in capsys.readouterr().err
    assert len(aws.messages("dead")) == 1
    assert aws.messages("source") == {}


def test_large_messages_are_sent_in_calls_that_sqs_takes(aws: AwsEnvironment) -> None:
    for number in range(5):
        aws.send("dead", [body(number, text="x" * 400_000)])

    assert aws.run("dead", "redrive", *FAST) == 0

    assert [len(call["Entries"]) for call in aws.called("SendMessageBatch")] == [2, 2, 1]
    assert len(aws.messages("source")) == 5


def test_the_rate_is_kept(aws: AwsEnvironment, monkeypatch: pytest.MonkeyPatch) -> None:
    aws.send("dead", [body(number) for number in range(30)])
    waits: list[float] = []
    monkeypatch.setattr(carrying_out.Carrier.__init__, "__kwdefaults__", {"sleep": waits.append, "clock": lambda: 0.0})

    assert aws.run("dead", "redrive", "--yes", "--rate", "4") == 0

    assert waits == [2.5, 5.0]


def test_two_operators_at_once_send_each_message_once(aws: AwsEnvironment) -> None:
    sent = aws.send("dead", [body(number) for number in range(200)])
    together = Barrier(2)

    def operator() -> None:
        together.wait()
        aws.run("dead", "redrive", *FAST)

    threads = [Thread(target=operator) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert aws.run("dead", "redrive", *FAST) == 0
    assert aws.messages("dead") == {}
    assert aws.sent_identities() == Counter(sent)
    assert sorted(line["message_id"] for line in aws.operations()) == sorted(sent)
