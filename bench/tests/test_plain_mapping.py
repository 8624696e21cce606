"""Invocations of an ordinary function, in place of durable executions."""

from __future__ import annotations

import hashlib
import io
import json
import threading
from collections import deque
from typing import TYPE_CHECKING, Any

import pytest
from bench.plain_mapping import Invocations, PlainMapping

if TYPE_CHECKING:
    from collections.abc import Iterator

WAIT_SECONDS = 30.0


class Lambda:
    """Returns the same response for each invocation, and keeps the events."""

    def __init__(self, answer: str, **further: str) -> None:
        self.answer = answer
        self.further = further
        self.events: list[str] = []

    def invoke(self, *, FunctionName: str, Payload: str) -> dict[str, Any]:  # noqa: N803 - boto3's names
        self.events.append(Payload)
        return {"Payload": io.BytesIO(self.answer.encode()), **self.further}


def ended(client: Any) -> Any:
    invocations = Invocations(client, "plain")
    return invocations.describe(invocations.start("{}"))


def test_the_answer_of_a_function_is_the_result() -> None:
    client = Lambda('{"batchItemFailures": []}')

    found = ended(client)

    assert client.events == ["{}"]
    assert found.succeeded
    assert found.result == '{"batchItemFailures": []}'


def test_a_function_that_raises_fails_the_whole_batch() -> None:
    found = ended(Lambda('{"errorMessage": "no"}', FunctionError="Unhandled"))

    assert not found.succeeded
    assert not found.running
    assert "no" in found.error


def test_an_invocation_is_described_once() -> None:
    invocations = Invocations(Lambda("{}"), "plain")  # type: ignore[arg-type]
    name = invocations.start("{}")
    invocations.describe(name)

    with pytest.raises(KeyError):
        invocations.describe(name)


class Sqs:
    """A queue that delivers each message once."""

    def __init__(self) -> None:
        self.messages: deque[str] = deque()
        self.deleted: list[str] = []
        self.changed = threading.Condition()

    def send(self, *names: str) -> None:
        with self.changed:
            self.messages.extend(names)
            self.changed.notify_all()

    def get_queue_url(self, QueueName: str) -> dict[str, str]:  # noqa: N803 - boto3's names
        return {"QueueUrl": QueueName}

    def get_queue_attributes(self, **_: object) -> dict[str, dict[str, str]]:
        return {"Attributes": {"QueueArn": "arn:aws:sqs:eu-central-2:000000000000:q", "VisibilityTimeout": "960"}}

    def receive_message(self, *, MaxNumberOfMessages: int, WaitTimeSeconds: int, **_: object) -> Any:  # noqa: N803
        with self.changed:
            self.changed.wait_for(lambda: self.messages, WaitTimeSeconds)
            taken = [self.messages.popleft() for _ in range(min(MaxNumberOfMessages, len(self.messages)))]
        return {
            "Messages": [
                {
                    "MessageId": name,
                    "ReceiptHandle": name,
                    "Body": name,
                    "MD5OfBody": hashlib.md5(name.encode(), usedforsecurity=False).hexdigest(),
                }
                for name in taken
            ]
        }

    def delete_message_batch(self, *, Entries: list[dict[str, str]], **_: object) -> dict[str, Any]:  # noqa: N803
        with self.changed:
            self.deleted += [entry["ReceiptHandle"] for entry in Entries]
            self.changed.notify_all()
        return {}

    def wait_until_deleted(self, *names: str) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: set(names) <= set(self.deleted), WAIT_SECONDS)


class Function:
    """Reports the messages whose names begin with ``bad``, and raises for a batch with one that is ``broken``."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []

    def invoke(self, *, FunctionName: str, Payload: str) -> dict[str, Any]:  # noqa: N803 - boto3's names
        names = [record["messageId"] for record in json.loads(Payload)["Records"]]
        self.batches.append(names)
        if "broken" in names:
            return {"Payload": io.BytesIO(b'{"errorMessage": "no"}'), "FunctionError": "Unhandled"}
        failed = [{"itemIdentifier": name} for name in names if name.startswith("bad")]
        return {"Payload": io.BytesIO(json.dumps({"batchItemFailures": failed}).encode())}


class Endpoint:
    """Both."""

    def __init__(self) -> None:
        self.queue, self.function = Sqs(), Function()

    def sqs(self) -> Sqs:
        return self.queue

    def lambda_(self) -> Function:
        return self.function


@pytest.fixture
def endpoint() -> Endpoint:
    return Endpoint()


@pytest.fixture
def mapping(endpoint: Any) -> Iterator[PlainMapping]:
    found = PlainMapping(endpoint, function="plain", queue="q", batch_size=2, window=0, concurrency=1)
    yield found
    found.close()


def test_what_a_function_reports_stays_in_the_queue(endpoint: Endpoint, mapping: PlainMapping) -> None:
    endpoint.queue.send("a", "bad", "c", "d")

    mapping.resume()

    endpoint.queue.wait_until_deleted("a", "c", "d")
    assert endpoint.function.batches == [["a", "bad"], ["c", "d"]]
    assert endpoint.queue.deleted == ["a", "c", "d"]


def test_all_messages_of_a_batch_stay_when_the_function_raises(endpoint: Endpoint, mapping: PlainMapping) -> None:
    endpoint.queue.send("broken", "b", "c", "d")

    mapping.resume()

    endpoint.queue.wait_until_deleted("c", "d")
    assert endpoint.queue.deleted == ["c", "d"]


def test_nothing_is_received_from_a_pause_until_it_is_resumed(endpoint: Endpoint, mapping: PlainMapping) -> None:
    mapping.resume()
    mapping.pause()
    endpoint.queue.send("a", "b")
    mapping.pause()

    assert endpoint.function.batches == []
    mapping.resume()
    endpoint.queue.wait_until_deleted("a", "b")
