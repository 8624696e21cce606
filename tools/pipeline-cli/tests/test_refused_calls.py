"""Redriving while calls are refused, entries fail, and receipts expire."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from aws_environment import FAST, body
from botocore.exceptions import ClientError
from pipeline_cli.messages.carrying_out import Carrier
from pipeline_cli.messages.plan import plan
from pipeline_cli.messages.reading import Kind, open_queue
from pipeline_cli.operations_log import OperationsLog
from pipeline_cli.queue_reader import QueueReader
from pipeline_cli.target import choose

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_environment import AwsEnvironment


@pytest.fixture
def interfere(aws: AwsEnvironment, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Any], None]:
    """Replace an operation of the clients that the commands make."""
    replaced: dict[str, Any] = {}

    def make_client(service: str) -> Any:
        client = aws.make_client(service)
        for operation, stand_in in replaced.items():
            if hasattr(client, operation):
                setattr(client, operation, stand_in(getattr(client, operation)))
        return client

    monkeypatch.setattr("pipeline_cli.target.aws_client", make_client)
    return replaced.__setitem__


def refusing(*, calls: Callable[[int], bool], code: str = "AccessDenied") -> Any:
    """Refuse the calls with these numbers."""
    numbers = iter(range(10_000))

    def stand_in(call: Any) -> Any:
        def refuse(**given: Any) -> Any:
            if calls(next(numbers)):
                raise ClientError({"Error": {"Code": code, "Message": "no"}}, "Refused")
            return call(**given)

        return refuse

    return stand_in


def failing_entry(place: int, code: str) -> Any:
    """Make one entry of each call fail."""

    def stand_in(call: Any) -> Any:
        def fail(**given: Any) -> Any:
            failed = given["Entries"][place]["Id"]
            kept = [entry for entry in given["Entries"] if entry["Id"] != failed]
            answer = call(**given | {"Entries": kept})
            return answer | {"Failed": [{"Id": failed, "Code": code, "SenderFault": False}]}

        return fail

    return stand_in


def test_what_was_not_sent_stays_and_the_rest_goes_on(
    aws: AwsEnvironment, interfere: Callable[[str, Any], None], capsys: pytest.CaptureFixture[str]
) -> None:
    sent = aws.send("dead", [body(number) for number in range(35)])
    interfere("send_message_batch", refusing(calls=lambda number: number == 1, code="RequestThrottled"))

    assert aws.run("dead", "redrive", *FAST) == 1

    told = capsys.readouterr()
    assert "25 sent" in told.out
    assert "10 messages: not sent: An error occurred (RequestThrottled)" in told.err
    left = aws.messages("dead").keys()
    assert len(left) == 10
    assert aws.sent_identities() == Counter(set(sent) - left)
    assert {line["message_id"] for line in aws.operations()} == set(sent) - left


@pytest.mark.parametrize("operation", ["send_message_batch", "put_log_events", "delete_message_batch"])
def test_calls_that_are_refused_again_and_again_end_the_run(
    aws: AwsEnvironment, interfere: Callable[[str, Any], None], capsys: pytest.CaptureFixture[str], operation: str
) -> None:
    sent = aws.send("dead", [body(number) for number in range(50)])
    interfere(operation, refusing(calls=lambda _: True))

    assert aws.run("dead", "redrive", *FAST) == 1

    told = capsys.readouterr()
    assert "nothing was done" in told.out
    assert "30 messages: " in told.err
    assert "20 messages: not tried after so many refused calls" in told.err
    assert aws.messages("dead").keys() == set(sent)  # and visible again

    assert redriven_later(aws) == set(sent)


def redriven_later(aws: AwsEnvironment) -> set[str]:
    """Run the command again without interference; return everything that was ever sent."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipeline_cli.target.aws_client", aws.make_client)
        assert aws.run("dead", "redrive", *FAST) == 0
    assert aws.messages("dead") == {}
    return set(aws.sent_identities())


def test_an_entry_that_sqs_does_not_take_stays(
    aws: AwsEnvironment, interfere: Callable[[str, Any], None], capsys: pytest.CaptureFixture[str]
) -> None:
    aws.send("dead", [body(number) for number in range(20)])
    interfere("send_message_batch", failing_entry(3, "InternalError"))

    assert aws.run("dead", "redrive", *FAST) == 1

    assert "2 messages: not sent: InternalError" in capsys.readouterr().err
    assert len(aws.messages("dead")) == 2
    assert len(aws.messages("source")) == len(aws.operations()) == 18


def test_lines_that_the_log_rejects_keep_their_messages(
    aws: AwsEnvironment, interfere: Callable[[str, Any], None], capsys: pytest.CaptureFixture[str]
) -> None:
    aws.send("dead", [body()])
    interfere("put_log_events", lambda call: lambda **given: {"rejectedLogEventsInfo": {"tooNewLogEventStartIndex": 0}})

    assert aws.run("dead", "redrive", *FAST) == 1

    assert "sent but not logged: the log rejected lines; is the clock right?" in capsys.readouterr().err
    assert len(aws.messages("dead")) == 1


def test_a_receipt_that_has_expired_leaves_a_copy_that_is_harmless(
    aws: AwsEnvironment, interfere: Callable[[str, Any], None], capsys: pytest.CaptureFixture[str]
) -> None:
    sent = aws.send("dead", [body(1), body(2)])

    def received_by_another(call: Any) -> Any:
        def delete(**given: Any) -> Any:
            aws.show("dead", [given["Entries"][0]["ReceiptHandle"]])
            assert len(aws.messages("dead")) == 1
            return call(**given)

        return delete

    interfere("delete_message_batch", received_by_another)

    assert aws.run("dead", "redrive", *FAST) == 1

    assert "1 message: still in its queue, sent but not deleted: ReceiptHandleIsInvalid" in capsys.readouterr().err
    (left,) = aws.messages("dead")
    assert aws.sent_identities() == Counter(sent)

    aws.store(aws.identity_of(left, body(1)), body(sent.index(left) + 1))
    redriven_later(aws)
    assert aws.sent_identities() == Counter(sent)
    assert [line["action"] for line in aws.operations() if line["message_id"] == left] == ["redrive", "drop"]


def test_a_message_that_somebody_else_has_received_meanwhile_is_not_sent(
    aws: AwsEnvironment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = aws.send("dead", [body(1), body(2)])
    slept = iter([True])

    def asleep(reader: QueueReader, seconds: float) -> list[str]:
        """Simulate a command that slept: its messages are visible, and somebody else has received one."""
        if next(slept, False):
            aws.show("dead", [reader._receipts[first].handle])
            assert len(QueueReader(aws.sqs, aws.url("dead")).new_messages()) == 1
        return [first, second]

    monkeypatch.setattr(QueueReader, "lapsing", asleep)

    assert aws.run("dead", "redrive", *FAST) == 1

    assert "1 message: somebody else has received it meanwhile" in capsys.readouterr().err
    assert aws.sent_identities() == {second: 1}


def test_what_is_stopped_leaves_the_rest_in_its_queue(aws: AwsEnvironment) -> None:
    sent = aws.send("dead", [body(number) for number in range(25)])
    target = choose(aws.name, local=False, folder=Path())
    with open_queue(target, Kind.DEAD, limit=None, log_seconds=None, progress=lambda _: None) as queue:
        planned = plan(
            [(one, one.draft) for one in queue.messages], queue.messages, target.intake, lambda _: {}, released=None
        )
        log, url = OperationsLog(target, "a test"), target.resources.queue_url
        carrier = Carrier(target.client("sqs"), url, queue.reader, log, Kind.DEAD, rate=1_000)

        done = carrier.run(planned, stops=lambda: True)

    assert (done.counts.total(), done.problems) == (10, Counter({"not tried: it was stopped": 15}))
    assert len(aws.messages("dead")) == 15
    assert sum(aws.sent_identities().values()) == len(sent) - 15
