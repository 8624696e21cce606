from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import EndpointConnectionError
from local_aws.event_source.durable_service import DurableServiceError, Execution, ExecutionLostError
from local_aws.event_source.poller import Poller
from local_aws.testing.toy_application import until
from mappings import mapping

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mypy_boto3_sqs.type_defs import MessageTypeDef


Run = Callable[..., Callable[[], None]]


class FakeQueue:
    """Delivers each message once and records which ones were deleted."""

    def __init__(self, *ids: str) -> None:
        self.waiting = list(ids)
        self.deleted: list[str] = []
        self.broken = False
        self.undeletable = 0

    def receive(self, limit: int, *, wait_seconds: int) -> list[MessageTypeDef]:
        if self.broken:
            raise EndpointConnectionError(endpoint_url="http://127.0.0.1")
        taken, self.waiting = self.waiting[:limit], self.waiting[limit:]
        if not taken:
            time.sleep(0.01)
        return [{"MessageId": name, "ReceiptHandle": name, "MD5OfBody": "", "Body": name} for name in taken]

    def delete(self, receipt_handles: Sequence[str]) -> list[str]:
        if self.undeletable:
            self.undeletable -= 1
            raise EndpointConnectionError(endpoint_url="http://127.0.0.1")
        self.deleted += receipt_handles
        return []


class FakeService:
    """Ends each execution as it is told to."""

    def __init__(self, end: Callable[[list[str]], Execution] = lambda ids: succeeded({})) -> None:
        self.end = end
        self.started: list[list[str]] = []
        self.refusals = 0

    def start(self, event: str) -> str:
        if self.refusals:
            self.refusals -= 1
            raise DurableServiceError("the durable execution service does not respond")
        self.started.append([record["messageId"] for record in json.loads(event)["Records"]])
        return str(len(self.started) - 1)

    def describe(self, execution: str) -> Execution:
        return self.end(self.started[int(execution)])


class FakeSwitch:
    """Is on until it is switched off."""

    def __init__(self) -> None:
        self.on = True

    def is_on(self) -> bool:
        return self.on


def succeeded(result: object) -> Execution:
    return Execution("SUCCEEDED", result=json.dumps(result))


@pytest.fixture
def run() -> Iterator[Run]:
    """Yield a function that runs a poller until it is stopped, or the test ends."""
    with ExitStack() as ending:

        def start(
            queue: FakeQueue, service: FakeService, switch: FakeSwitch | None = None, **settings: Any
        ) -> Callable[[], None]:
            made: Any = Poller  # which knows the real queue, service and switch alone
            poller = made(mapping(**settings), queue, service, switch or FakeSwitch(), execution_timeout=5)
            thread = threading.Thread(target=poller.run)
            thread.start()

            def stop() -> None:
                poller.stop()
                thread.join()

            ending.callback(stop)
            return stop

        yield start


def test_what_succeeded_is_deleted_and_what_failed_stays(run: Run) -> None:
    queue = FakeQueue("a", "b", "c")
    service = FakeService(
        lambda ids: succeeded({"batchItemFailures": [{"itemIdentifier": name} for name in ids if name == "b"]})
    )

    run(queue, service)

    until(lambda: len(queue.deleted) == 2)
    assert service.started == [["a", "b"], ["c"]]
    assert sorted(queue.deleted) == ["a", "c"]


@pytest.mark.parametrize(
    "end",
    [
        lambda ids: Execution("FAILED", error={"ErrorMessage": "boom"}),
        lambda ids: Execution("TIMED_OUT"),
        lambda ids: Execution("STOPPED"),
        lambda ids: succeeded({"batchItemFailures": [{"itemIdentifier": "unknown"}]}),
        lambda ids: succeeded("a string"),
    ],
)
def test_nothing_of_a_batch_is_deleted_when_it_failed_as_a_whole(
    end: Callable[[list[str]], Execution], run: Run
) -> None:
    queue = FakeQueue("a", "b")
    service = FakeService(end)

    stop = run(queue, service, batch_size=1, maximum_concurrency=1)

    until(lambda: len(service.started) == 2)  # so that the first has ended
    stop()
    assert queue.deleted == []


def test_an_execution_that_the_service_lost_frees_its_slot(run: Run) -> None:
    def end(ids: list[str]) -> Execution:
        if ids == ["a"]:
            raise ExecutionLostError("the durable execution service is gone")
        return succeeded({})

    queue = FakeQueue("a", "b", "c")

    run(queue, FakeService(end), batch_size=1, maximum_concurrency=1)

    until(lambda: queue.deleted == ["b", "c"])


def test_without_report_batch_item_failures_the_answer_does_not_count(run: Run) -> None:
    queue = FakeQueue("a")
    service = FakeService(lambda ids: succeeded({"batchItemFailures": [{"itemIdentifier": "a"}]}))

    run(queue, service, reports_batch_item_failures=False)

    until(lambda: queue.deleted == ["a"])


def test_a_batch_is_started_once_the_service_is_back(run: Run) -> None:
    queue = FakeQueue("a")
    service = FakeService()
    service.refusals = 2

    run(queue, service)

    until(lambda: queue.deleted == ["a"])
    assert service.started == [["a"]]


def test_a_batch_that_cannot_be_started_in_time_is_left_to_the_queue(run: Run) -> None:
    queue = FakeQueue("a")
    service = FakeService()
    service.refusals = 3

    # An execution may take the whole visibility timeout, so that only a second is left for starting it.
    run(queue, service, visibility_timeout=5)

    until(lambda: service.refusals == 0)
    queue.waiting.append("b")
    until(lambda: queue.deleted == ["b"])
    assert service.started == [["b"]]


def test_executions_run_side_by_side_up_to_the_maximum_concurrency(run: Run) -> None:
    released = threading.Event()
    queue = FakeQueue("a", "b", "c")
    service = FakeService(lambda ids: succeeded({}) if released.is_set() else Execution("RUNNING"))

    run(queue, service, batch_size=1)

    until(lambda: len(service.started) == 2)
    time.sleep(0.3)
    assert service.started == [["a"], ["b"]]
    assert queue.waiting == ["c"], "received although no execution may start"
    released.set()
    until(lambda: sorted(queue.deleted) == ["a", "b", "c"])


def test_the_next_execution_starts_while_messages_are_deleted(run: Run) -> None:
    released = threading.Event()

    class SlowQueue(FakeQueue):
        def delete(self, receipt_handles: Sequence[str]) -> list[str]:
            assert released.wait(timeout=5)
            return super().delete(receipt_handles)

    queue, service = SlowQueue("a", "b", "c"), FakeService()

    run(queue, service, batch_size=1, maximum_concurrency=1)

    until(lambda: service.started == [["a"], ["b"]])
    time.sleep(0.3)
    assert queue.waiting == ["c"], "received although nothing can be deleted"
    released.set()
    until(lambda: sorted(queue.deleted) == ["a", "b", "c"])


def test_deleting_is_tried_again(run: Run) -> None:
    queue = FakeQueue("a")
    queue.undeletable = 2

    run(queue, FakeService())

    until(lambda: queue.deleted == ["a"])


def test_polling_goes_on_after_the_queue_was_unreachable(run: Run) -> None:
    queue = FakeQueue("a")
    queue.broken = True

    run(queue, FakeService())

    time.sleep(0.3)
    queue.broken = False
    until(lambda: queue.deleted == ["a"])


def test_nothing_is_received_while_the_mapping_is_disabled(run: Run) -> None:
    queue, service, switch = FakeQueue("a"), FakeService(), FakeSwitch()
    switch.on = False

    stop = run(queue, service, switch)

    time.sleep(0.3)
    assert queue.waiting == ["a"]
    switch.on = True
    until(lambda: queue.deleted == ["a"])
    stop()


def test_what_was_received_before_the_mapping_was_disabled_is_processed_to_its_end(run: Run) -> None:
    released = threading.Event()
    switch = FakeSwitch()

    class Interrupted(FakeQueue):
        """Returns one message, then fails, so that the message waits for the next batch."""

        def receive(self, limit: int, *, wait_seconds: int) -> list[MessageTypeDef]:
            if "a" not in self.waiting:
                switch.on = False
                raise EndpointConnectionError(endpoint_url="http://127.0.0.1")
            return super().receive(1, wait_seconds=wait_seconds)

    queue = Interrupted("a", "b")
    service = FakeService(lambda ids: succeeded({}) if released.is_set() else Execution("RUNNING"))

    run(queue, service, switch, window=5)

    until(lambda: service.started == [["a"]])
    assert not switch.on
    released.set()
    until(lambda: queue.deleted == ["a"])
    assert queue.waiting == ["b"]
