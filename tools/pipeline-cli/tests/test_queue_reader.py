"""Reading whole queues, on a real SQS API."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest
from aws_environment import body
from botocore.exceptions import ClientError
from pipeline_cli.messages.hold import kept_hidden, secure
from pipeline_cli.queue_reader import QueueReader

if TYPE_CHECKING:
    from aws_environment import AwsEnvironment

HIDDEN = 600


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def reader(aws: AwsEnvironment, clock: Clock) -> QueueReader:
    return QueueReader(aws.make_client("sqs"), aws.url("dead"), hidden_seconds=HIDDEN, clock=clock)


def test_a_thousand_messages_are_read_once_each(aws: AwsEnvironment) -> None:
    sent = aws.send("dead", [body(number) for number in range(1_000)])
    told: list[int] = []
    reader = QueueReader(aws.sqs, aws.url("dead"), hidden_seconds=HIDDEN)  # a client that waits

    contents = reader.all_messages(progress=told.append)

    assert sorted(message["MessageId"] for message in contents.messages) == sorted(sent)
    assert (contents.unread, contents.hidden) == (0, 0)
    assert told[-1] == 1_000
    reader.put_back()
    assert len(aws.messages("dead")) == 1_000


def test_messages_that_somebody_else_has_are_counted_and_not_read(aws: AwsEnvironment, reader: QueueReader) -> None:
    aws.send("dead", [body(number) for number in range(25)])
    others = QueueReader(aws.sqs, aws.url("dead"), hidden_seconds=HIDDEN).all_messages(limit=15)

    contents = reader.all_messages()

    ids = {message["MessageId"] for message in contents.messages}
    assert len(ids) == 10
    assert ids.isdisjoint(message["MessageId"] for message in others.messages)
    assert contents.hidden == 15


def test_a_limit_leaves_the_rest_visible(aws: AwsEnvironment, reader: QueueReader) -> None:
    aws.send("dead", [body(number) for number in range(40)])

    assert len(reader.all_messages(limit=3).messages) == 3
    assert len(QueueReader(aws.sqs, aws.url("dead")).new_messages()) == 37


def test_a_message_that_is_delivered_twice_is_read_once_and_deleted_by_its_last_receipt(aws: AwsEnvironment) -> None:
    (sent,) = aws.send("dead", [body()])
    client = aws.make_client("sqs")
    received = client.receive_message
    lock, before = threading.Lock(), list[Any]()

    def receive(**call: Any) -> Any:
        with lock:
            hidden = HIDDEN if before else 0
            answer = received(**call | {"VisibilityTimeout": hidden, "WaitTimeSeconds": 0})
            before.extend(answer.get("Messages", []))
            return answer

    client.receive_message = receive
    reader = QueueReader(client, aws.url("dead"), hidden_seconds=HIDDEN)

    contents = reader.all_messages()

    assert [message["MessageId"] for message in contents.messages] == [sent]
    assert int(contents.messages[0]["Attributes"]["ApproximateReceiveCount"]) > 1
    assert reader.delete([sent]) == {}
    assert aws.messages("dead") == {}


@pytest.mark.parametrize("code", ["OverLimit", "AWS.SimpleQueueService.OverLimit"])
def test_a_queue_with_too_many_messages_in_flight_is_read_in_part(
    aws: AwsEnvironment, reader: QueueReader, code: str
) -> None:
    aws.send("dead", [body(number) for number in range(30)])
    refuse_after(reader, 1, code)

    contents = reader.all_messages()

    assert len(contents.messages) == 10
    assert contents.unread == 20


def test_what_was_received_before_a_refusal_is_visible_again(aws: AwsEnvironment, reader: QueueReader) -> None:
    aws.send("dead", [body(number) for number in range(30)])
    refuse_after(reader, 2, "AccessDenied")

    with pytest.raises(ClientError, match="AccessDenied"), kept_hidden(reader):
        reader.all_messages()

    assert len(QueueReader(aws.sqs, aws.url("dead")).new_messages()) == 30


def refuse_after(reader: QueueReader, calls: int, code: str) -> None:
    client: Any = reader._client
    received = client.receive_message
    left = list(range(calls))

    def receive(**call: Any) -> Any:
        try:
            left.pop()
        except IndexError:
            error: Any = {"Error": {"Code": code, "Message": "no"}}
            known = client.exceptions.OverLimit if "OverLimit" in code else ClientError
            raise known(error, "ReceiveMessage") from None
        return received(**call)

    client.receive_message = receive


def test_a_message_stays_hidden_while_it_is_renewed(aws: AwsEnvironment, reader: QueueReader, clock: Clock) -> None:
    (sent,) = aws.send("dead", [body()])
    reader.all_messages()

    assert secure(reader, [sent]) == {}
    assert aws.called("ChangeMessageVisibilityBatch") == []  # it is hidden for long enough

    clock.now += HIDDEN - 1
    assert reader.lapsing(HIDDEN / 2) == [sent]
    assert secure(reader, [sent]) == {}
    assert len(aws.called("ChangeMessageVisibilityBatch")) == 1
    assert reader.lapsing(HIDDEN / 2) == []


def test_a_message_that_somebody_else_has_received_is_not_secured(
    aws: AwsEnvironment, reader: QueueReader, clock: Clock
) -> None:
    sent = aws.send("dead", [body(1), body(2)])
    reader.all_messages()
    clock.now += HIDDEN
    aws.show("dead", [reader._receipts[sent[0]].handle])
    assert len(QueueReader(aws.sqs, aws.url("dead")).new_messages()) == 1

    problems = secure(reader, sent)

    assert list(problems) == [sent[0]]
    assert "ReceiptHandleIsInvalid" in problems[sent[0]]
