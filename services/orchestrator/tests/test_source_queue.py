"""Changing when failed messages are redelivered, and the changes that the queue refuses."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from orchestrator.adapters import SourceQueue
from orchestrator.messages import Message

SOURCE_ARN = "arn:aws:sqs:us-west-2:123456789012:orders"


class FakeSource:
    """Records the visibility timeouts that the messages of a queue are given."""

    def __init__(self) -> None:
        self.given: dict[str, int] = {}
        self.refusals: dict[int, Any] = {}
        """By the number of the call: the exception or the response."""
        self.calls = 0

    def get_queue_url(self, QueueName: str, QueueOwnerAWSAccountId: str) -> dict[str, str]:  # noqa: N803
        return {"QueueUrl": f"https://sqs/{QueueOwnerAWSAccountId}/{QueueName}"}

    def change_message_visibility_batch(self, QueueUrl: str, Entries: list[dict[str, Any]]) -> Any:  # noqa: N803
        assert QueueUrl == "https://sqs/123456789012/orders"
        assert 1 <= len(Entries) <= 10
        self.calls += 1
        refusal = self.refusals.get(self.calls)
        if isinstance(refusal, Exception):
            raise refusal
        if refusal is None:
            self.given |= {entry["ReceiptHandle"]: entry["VisibilityTimeout"] for entry in Entries}
        return refusal or {}


def message_of(index: int) -> Message:
    return Message(index, f"m{index}", "", {}, f"handle-{index}", receive_count=1, sent_ms=0)


def test_a_slow_redelivery_leaves_the_rest_to_the_visibility_timeout() -> None:
    source = FakeSource()
    waits = [(message_of(n), 60) for n in range(30)]

    # Nine seconds pass between any two looks.
    problem = SourceQueue(source, clock=itertools.count(0, 9).__next__).redeliver(waits, SOURCE_ARN)

    assert problem == "the queue is too slow for 20 messages"
    assert len(source.given) == 10


@pytest.mark.parametrize(
    ("refusal", "problem"),
    [
        (EndpointConnectionError(endpoint_url="http://127.0.0.1"), "Could not connect"),
        ({"Failed": [{"Id": "12", "Code": "ReceiptHandleIsInvalid", "SenderFault": True}]}, "ReceiptHandleIsInvalid"),
    ],
)
def test_a_refused_redelivery_is_reported_and_the_others_are_made(refusal: Any, problem: str) -> None:
    source = FakeSource()
    source.refusals = {2: refusal}
    waits = [(message_of(n), 60) for n in range(30)]

    assert problem in SourceQueue(source).redeliver(waits, SOURCE_ARN)

    assert set(source.given) == {f"handle-{n}" for n in range(30) if n // 10 != 1}


def test_each_message_gets_its_own_wait() -> None:
    source = FakeSource()
    waits = [(message_of(n), 100 * n) for n in range(1, 13)]

    assert SourceQueue(source).redeliver(waits, SOURCE_ARN) == ""

    assert source.given == {f"handle-{n}": 100 * n for n in range(1, 13)}
    assert source.calls == 2
