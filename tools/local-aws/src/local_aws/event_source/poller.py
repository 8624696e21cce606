"""The running mapping: passes batches from the queue to executions, and deletes messages that succeeded."""

from __future__ import annotations

import logging
import threading
import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import islice
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from local_aws.event_source.durable_service import DurableServiceError, ExecutionLostError
from local_aws.event_source.event import event_of
from local_aws.event_source.mapping_log import ALL_FAILED
from local_aws.event_source.receiver import BatchReceiver
from local_aws.event_source.response import WholeBatchFailedError, failed_messages

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local_aws.event_source.durable_service import Execution, LocalRunner
    from local_aws.event_source.mapping import EventSourceMapping
    from local_aws.event_source.queue import SqsQueue
    from local_aws.event_source.receiver import Batch
    from local_aws.event_source.switch import Switch

_LOGGER = logging.getLogger(__name__)

_FIRST_PAUSE_SECONDS = 0.2
_LONGEST_PAUSE_SECONDS = 5.0
# The runner has no call that waits; it answers within 3 to 5 ms for a batch of 100 KB, but far more slowly for one of
# 6 MB: it is polled this many times per second in total, and polling may take this share of the poller's time.
_QUESTIONS_PER_SECOND = 40
_SHARE_OF_TIME = 0.25
_LONGEST_WAIT_SECONDS = 2.0
# How long an execution may exceed its timeout before it counts as lost.
_OVERTIME_SECONDS = 10.0
_DELETE_ATTEMPTS = 5


class Poller:
    """Runs the mapping.

    It receives only when an execution may start, so that messages do not wait here while their visibility timeout runs.
    When an execution ends, the next may start while its messages are deleted, because the maximum concurrency limits
    the function: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
    """

    def __init__(
        self,
        mapping: EventSourceMapping,
        queue: SqsQueue,
        service: LocalRunner,
        switch: Switch,
        *,
        execution_timeout: float,
    ) -> None:
        """Pass the queue's messages to the service while the switch is on.

        ``execution_timeout`` is in seconds, as deployed.
        """
        self._mapping = mapping
        self._queue = queue
        self._service = service
        self._switch = switch
        self._execution_timeout = execution_timeout
        self._receiver = BatchReceiver(queue, mapping)
        self._stopping = threading.Event()
        self._in_flight: set[Future[None]] = set()
        self._slots = threading.Semaphore(mapping.maximum_concurrency)

    def stop(self) -> None:
        """Make ``run`` return soon; messages of running executions stay in the queue."""
        self._stopping.set()

    def run(self) -> None:
        """Poll until ``stop``."""
        with ThreadPoolExecutor(self._batches_at_once, thread_name_prefix="batch") as pool:
            pauses = _pauses()
            while not self._stopping.is_set():
                enabled = self._switch.is_on()
                if not self._has_free_slot():
                    continue
                try:
                    batch = self._receiver.receive() if enabled else self._receiver.rest()
                    pauses = _pauses()
                except (BotoCoreError, ClientError) as error:
                    pause = next(pauses)
                    _LOGGER.warning("the queue cannot be read, next attempt in %.1f s: %s", pause, error)
                    self._stopping.wait(pause)
                    continue
                if batch is not None:
                    self._slots.acquire()
                    self._in_flight.add(pool.submit(self._process_safely, batch))
                elif not enabled:
                    self._stopping.wait(_FIRST_PAUSE_SECONDS)

    @property
    def _batches_at_once(self) -> int:
        """The maximum number of batches: those being deleted must not outnumber executions if SQS is slow."""
        return 2 * self._mapping.maximum_concurrency

    def _has_free_slot(self) -> bool:
        self._in_flight = {future for future in self._in_flight if not future.done()}
        if len(self._in_flight) == self._batches_at_once:
            wait(self._in_flight, timeout=_FIRST_PAUSE_SECONDS, return_when=FIRST_COMPLETED)
            return False
        # Only this thread takes slots, so a free one stays free.
        free = self._slots.acquire(timeout=_FIRST_PAUSE_SECONDS)
        if free:
            self._slots.release()
        return free

    def _process_safely(self, batch: Batch) -> None:
        try:
            try:
                succeeded = self._execute(batch)
            finally:
                self._slots.release()
            self._delete(succeeded)
        except Exception:
            # Top level of the thread: the messages are redelivered after their visibility timeout.
            _LOGGER.exception("a batch of %d messages could not be processed", len(batch.records))

    def _execute(self, batch: Batch) -> list[str]:
        """Run an execution to its end, and return the receipt handles of the messages that succeeded."""
        execution = self._start(batch)
        if execution is None:
            return []
        started = time.monotonic()
        try:
            failed = self._failed_messages(batch, self._ended(execution))
        except (ExecutionLostError, WholeBatchFailedError) as error:
            _LOGGER.warning(ALL_FAILED, execution, len(batch.records), error)
            return []
        succeeded = [record["receiptHandle"] for record in batch.records if record["messageId"] not in failed]
        _LOGGER.info(
            "%s: %d messages succeeded, %d failed, in %.2f s",
            execution, len(succeeded), len(failed), time.monotonic() - started,
        )  # fmt: skip
        return succeeded

    def _start(self, batch: Batch) -> str | None:
        """Start an execution, with a timeout within which the messages are still invisible."""
        event = event_of(batch.records)
        latest = batch.oldest + max(self._mapping.visibility_timeout - self._execution_timeout, 1)
        for pause in _pauses():
            if self._stopping.is_set():
                break
            try:
                return self._service.start(event)
            except DurableServiceError as error:
                _LOGGER.warning("an execution could not be started, next attempt in %.1f s: %s", pause, error)
                self._stopping.wait(pause)
            if time.monotonic() > latest:
                _LOGGER.warning("%d messages stay in the queue until they become visible again", len(batch.records))
                break
        return None

    def _ended(self, execution: str) -> Execution:
        deadline = time.monotonic() + self._execution_timeout + _OVERTIME_SECONDS
        answer_seconds = 0.0
        while time.monotonic() < deadline:
            executions = min(len(self._in_flight), self._mapping.maximum_concurrency)
            pause = executions * max(1 / _QUESTIONS_PER_SECOND, answer_seconds / _SHARE_OF_TIME)
            if self._stopping.wait(min(pause, _LONGEST_WAIT_SECONDS)):
                raise ExecutionLostError("the execution had not ended when the event source mapping stopped")
            asked = time.monotonic()
            try:
                described = self._service.describe(execution)
            except DurableServiceError as error:
                _LOGGER.warning("%s cannot be described: %s", execution, error)
                continue
            finally:
                answer_seconds = time.monotonic() - asked
            if not described.running:
                return described
        raise ExecutionLostError("the execution has exceeded its timeout")

    def _failed_messages(self, batch: Batch, execution: Execution) -> set[str]:
        if not execution.succeeded:
            raise WholeBatchFailedError(f"the execution is {execution.status}: {execution.error}")
        if not self._mapping.reports_batch_item_failures:
            return set()
        return failed_messages(execution.result, batch.message_ids)

    def _delete(self, receipt_handles: list[str]) -> None:
        left = receipt_handles
        for pause in islice(_pauses(), _DELETE_ATTEMPTS):
            try:
                left = self._queue.delete(left)
            except (BotoCoreError, ClientError) as error:
                _LOGGER.warning("messages that succeeded cannot be deleted yet: %s", error)
            if not left or self._stopping.wait(pause):
                break
        if left:
            _LOGGER.error("%d messages that succeeded could not be deleted and will be redelivered", len(left))


def _pauses() -> Iterator[float]:
    pause = _FIRST_PAUSE_SECONDS
    while True:
        yield pause
        pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)
