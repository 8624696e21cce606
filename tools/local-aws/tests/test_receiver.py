from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from local_aws.event_source.receiver import MAXIMUM_PAYLOAD_BYTES, Batch, BatchReceiver
from mappings import mapping

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

WINDOW = 5
MEGABYTE = 1024 * 1024


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class FakeQueue:
    """Has messages that become available at given times; waiting for them advances the clock."""

    def __init__(self, *arrivals: tuple[float, str]) -> None:
        self.clock = Clock()
        self.arrivals = list(arrivals)
        self.received: list[int] = []

    def receive(self, limit: int, *, wait_seconds: int) -> list[MessageTypeDef]:
        assert 1 <= limit <= 10
        if self.arrivals and self.clock.now < self.arrivals[0][0] <= self.clock.now + wait_seconds:
            self.clock.now = self.arrivals[0][0]
        elif not self.arrivals or self.arrivals[0][0] > self.clock.now:
            self.clock.now += wait_seconds
        taken = [body for at, body in self.arrivals if at <= self.clock.now][:limit]
        del self.arrivals[: len(taken)]
        self.received.append(len(taken))
        return [
            {"MessageId": f"{body[:20]}", "ReceiptHandle": f"handle {body[:20]}", "MD5OfBody": "", "Body": body}
            for body in taken
        ]


class Receiving:
    """A receiver of batches from the queue."""

    def __init__(self, queue: FakeQueue, **settings: int) -> None:
        receiver: Any = BatchReceiver  # which knows the real queue alone
        given = mapping(**{"batch_size": 100, "window": WINDOW, **settings})
        self.receiver = receiver(queue, given, clock=queue.clock, sleep=queue.clock.sleep)

    def batch(self) -> list[str] | None:
        """Return the bodies of the next batch."""
        batch: Batch | None = self.receiver.receive()
        return None if batch is None else [record["body"] for record in batch.records]


def test_an_empty_queue_gives_no_batch_after_a_second() -> None:
    queue = FakeQueue()

    assert Receiving(queue).batch() is None
    assert queue.clock.now == 1


def test_a_batch_closes_when_it_is_full_before_its_window_is_over() -> None:
    queue = FakeQueue(*((0, str(number)) for number in range(50)))

    assert Receiving(queue, batch_size=25).batch() == [str(number) for number in range(25)]
    assert queue.received == [10, 10, 5]
    assert queue.clock.now == 0


def test_the_window_opens_with_the_first_message() -> None:
    queue = FakeQueue((1, "first"), (3, "second"), (5.9, "third"), (6.1, "late"))

    assert Receiving(queue).batch() == ["first", "second", "third"]
    assert queue.clock.now == pytest.approx(1 + WINDOW)


def test_without_a_window_a_batch_is_what_one_call_brought() -> None:
    queue = FakeQueue((0, "now"), (0.5, "later"))

    assert Receiving(queue, batch_size=10, window=0).batch() == ["now"]
    assert queue.clock.now == 0


def test_a_batch_closes_at_six_megabytes_and_the_next_begins_with_what_did_not_fit() -> None:
    large = [str(number) + "x" * (MEGABYTE - 1) for number in range(8)]
    receiving = Receiving(FakeQueue(*((0, body) for body in large)))

    # Six bodies of a megabyte leave no room for the records around them.
    assert receiving.batch() == large[:5]
    assert receiving.batch() == large[5:]


def test_a_message_that_is_too_large_once_it_is_escaped_goes_alone() -> None:
    escaped = "\x01" * MEGABYTE
    receiving = Receiving(FakeQueue((0, escaped), (0, "small")))

    assert len(escaped) * len("\\u0001") >= MAXIMUM_PAYLOAD_BYTES
    assert receiving.batch() == [escaped]
    assert receiving.batch() == ["small"]


def test_an_error_of_the_queue_does_not_lose_what_was_received_before_it() -> None:
    class FailingOnce(FakeQueue):
        failed = False

        def receive(self, limit: int, *, wait_seconds: int) -> list[MessageTypeDef]:
            if self.received and not self.failed:
                self.failed = True
                raise ConnectionError
            return super().receive(limit, wait_seconds=wait_seconds)

    receiving = Receiving(FailingOnce((0, "kept")))
    with pytest.raises(ConnectionError):
        receiving.batch()

    assert receiving.batch() == ["kept"]
