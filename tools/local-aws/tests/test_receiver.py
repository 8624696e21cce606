from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from local_aws.event_source.mapping import EventSourceMapping
from local_aws.event_source.receiver import MAXIMUM_PAYLOAD_BYTES, Batch, BatchReceiver

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_sqs.type_defs import MessageTypeDef

WINDOW = 5
MEGABYTE = 1024 * 1024


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class FakeStop(threading.Event):
    """Waiting moves the clock."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self.clock = clock

    def wait(self, timeout: float | None = None) -> bool:
        self.clock.now += timeout or 0
        return self.is_set()


class FakeQueue:
    """Has messages that become available at given moments; waiting for them moves the clock."""

    def __init__(self, clock: Clock, arrivals: Sequence[tuple[float, str]]) -> None:
        self.clock = clock
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

    def delete(self, receipt_handles: Sequence[str]) -> list[str]:
        raise NotImplementedError


def mapping(*, batch_size: int = 100, window: int = WINDOW) -> EventSourceMapping:
    return EventSourceMapping(
        queue_arn="arn:aws:sqs:us-east-1:000000000000:queue",
        queue_url="http://127.0.0.1/queue",
        visibility_timeout=30,
        function_name="function",
        qualifier="live",
        account="000000000000",
        region="us-east-1",
        batch_size=batch_size,
        window=window,
        maximum_concurrency=2,
        reports_batch_item_failures=True,
    )


@pytest.fixture
def clock() -> Clock:
    return Clock()


def bodies(batch: Batch | None) -> list[str]:
    assert batch is not None
    return [record["body"] for record in batch.records]


def test_an_empty_queue_gives_no_batch_after_a_second(clock: Clock) -> None:
    receiver = BatchReceiver(FakeQueue(clock, []), mapping(), clock=clock)

    assert receiver.receive(FakeStop(clock)) is None
    assert clock.now == 1


def test_a_batch_closes_when_it_is_full_before_its_window_is_over(clock: Clock) -> None:
    queue = FakeQueue(clock, [(0, str(number)) for number in range(50)])
    receiver = BatchReceiver(queue, mapping(batch_size=25), clock=clock)

    batch = receiver.receive(FakeStop(clock))

    assert bodies(batch) == [str(number) for number in range(25)]
    assert queue.received == [10, 10, 5]
    assert clock.now == 0


def test_the_window_opens_with_the_first_message(clock: Clock) -> None:
    queue = FakeQueue(clock, [(1, "first"), (3, "second"), (5.9, "third"), (6.1, "late")])
    receiver = BatchReceiver(queue, mapping(), clock=clock)

    batch = receiver.receive(FakeStop(clock))

    assert bodies(batch) == ["first", "second", "third"]
    assert clock.now == pytest.approx(1 + WINDOW)


def test_without_a_window_a_batch_is_what_one_call_brought(clock: Clock) -> None:
    queue = FakeQueue(clock, [(0, "now"), (0.5, "later")])
    receiver = BatchReceiver(queue, mapping(batch_size=10, window=0), clock=clock)

    assert bodies(receiver.receive(FakeStop(clock))) == ["now"]
    assert clock.now == 0


def test_a_batch_closes_at_six_megabytes_and_the_next_begins_with_what_did_not_fit(clock: Clock) -> None:
    large = [str(number) + "x" * (MEGABYTE - 1) for number in range(8)]
    receiver = BatchReceiver(FakeQueue(clock, [(0, body) for body in large]), mapping(), clock=clock)

    first = receiver.receive(FakeStop(clock))
    second = receiver.receive(FakeStop(clock))

    # Six bodies of a megabyte leave no room for the records around them.
    assert bodies(first) == large[:5]
    assert bodies(second) == large[5:]


def test_a_message_that_is_too_large_once_it_is_escaped_goes_alone(clock: Clock) -> None:
    escaped = "\x01" * MEGABYTE
    receiver = BatchReceiver(FakeQueue(clock, [(0, escaped), (0, "small")]), mapping(), clock=clock)

    first = receiver.receive(FakeStop(clock))
    second = receiver.receive(FakeStop(clock))

    assert len(escaped) * len("\\u0001") >= MAXIMUM_PAYLOAD_BYTES
    assert bodies(first) == [escaped]
    assert bodies(second) == ["small"]


def test_an_error_of_the_queue_does_not_lose_what_was_received_before_it(clock: Clock) -> None:
    class FailingOnce(FakeQueue):
        failed = False

        def receive(self, limit: int, *, wait_seconds: int) -> list[MessageTypeDef]:
            if self.received and not self.failed:
                self.failed = True
                raise ConnectionError
            return super().receive(limit, wait_seconds=wait_seconds)

    receiver = BatchReceiver(FailingOnce(clock, [(0, "kept")]), mapping(), clock=clock)
    with pytest.raises(ConnectionError):
        receiver.receive(FakeStop(clock))

    assert bodies(receiver.receive(FakeStop(clock))) == ["kept"]


def test_a_batch_that_is_open_when_it_is_time_to_stop_is_not_given(clock: Clock) -> None:
    stop = FakeStop(clock)

    class Stopping(FakeQueue):
        def receive(self, limit: int, *, wait_seconds: int) -> list[MessageTypeDef]:
            stop.set()
            return super().receive(limit, wait_seconds=wait_seconds)

    receiver = BatchReceiver(Stopping(clock, [(0, "left in the queue")]), mapping(), clock=clock)

    assert receiver.receive(stop) is None
