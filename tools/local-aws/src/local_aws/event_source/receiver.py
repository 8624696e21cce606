"""Collecting a batch until it is full, its window is over, or its payload has reached the limit."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from local_aws.event_source.event import Record, payload_bytes, record_of
from local_aws.event_source.queue import RECEIVE_LIMIT

if TYPE_CHECKING:
    from collections.abc import Callable

    from local_aws.event_source.mapping import EventSourceMapping
    from local_aws.event_source.queue import SqsQueue

# https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html#invocation-eventsourcemapping-batching
MAXIMUM_PAYLOAD_BYTES = 6 * 1024 * 1024
# Short, although SQS allows 20 s: a request that is in progress when this process ends may still receive messages.
_IDLE_WAIT_SECONDS = 1
_NAP_SECONDS = 0.05


@dataclass(frozen=True)
class Batch:
    """Records that go to the function together, and the time from which their visibility timeout runs."""

    records: tuple[Record, ...]
    oldest: float

    @property
    def message_ids(self) -> frozenset[str]:
        """The ids that the function may report as failed."""
        return frozenset(record["messageId"] for record in self.records)


@dataclass(frozen=True)
class _Received:
    record: Record
    size: int
    at: float


class BatchReceiver:
    """Receives messages and closes a batch where Lambda would."""

    def __init__(
        self,
        queue: SqsQueue,
        mapping: EventSourceMapping,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Collect from the queue with the mapping's batch size and window."""
        self._queue = queue
        self._mapping = mapping
        self._clock = clock
        self._sleep = sleep
        self._received: list[_Received] = []
        self._bytes = 0

    def receive(self) -> Batch | None:
        """Collect the next batch; None if no message arrived within a second.

        The window opens with the first message. Messages received before an error are kept for the next call.
        """
        if not self._received:
            self._take(wait_seconds=_IDLE_WAIT_SECONDS)
        if not self._received:
            return None
        closes = self._received[0].at + self._mapping.window
        while not self._full():
            remaining = closes - self._clock()
            if remaining <= 0:
                break
            if not self._take(wait_seconds=min(_IDLE_WAIT_SECONDS, int(remaining))):
                self._sleep(min(_NAP_SECONDS, remaining))
        return self._close()

    def rest(self) -> Batch | None:
        """Close a batch with the messages that are received but not yet returned; None if there are none."""
        return self._close() if self._received else None

    def _take(self, *, wait_seconds: int) -> bool:
        messages = self._queue.receive(self._room(), wait_seconds=wait_seconds)
        now = self._clock()
        for message in messages:
            record = record_of(message, queue_arn=self._mapping.queue_arn, region=self._mapping.region)
            received = _Received(record, payload_bytes(record), now)
            self._received.append(received)
            self._bytes += received.size
        return bool(messages)

    def _room(self) -> int:
        """Return how many more to receive: messages that do not fit wait for the next batch, invisible."""
        room = min(RECEIVE_LIMIT, self._mapping.batch_size - len(self._received))
        if self._received:
            usual_size = self._bytes // len(self._received)
            room = min(room, (MAXIMUM_PAYLOAD_BYTES - self._bytes) // usual_size)
        return max(1, room)

    def _full(self) -> bool:
        return len(self._received) >= self._mapping.batch_size or self._bytes >= MAXIMUM_PAYLOAD_BYTES

    def _close(self) -> Batch:
        count, size = 1, self._received[0].size
        # The first record always goes, otherwise it would block those behind it.
        for received in self._received[1 : self._mapping.batch_size]:
            if size + received.size > MAXIMUM_PAYLOAD_BYTES:
                break
            count, size = count + 1, size + received.size
        taken, self._received = self._received[:count], self._received[count:]
        self._bytes -= size
        return Batch(tuple(received.record for received in taken), taken[0].at)
