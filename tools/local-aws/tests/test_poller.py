from __future__ import annotations

import json
import threading
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import EndpointConnectionError
from local_aws.event_source.durable_service import DurableServiceError, Execution, ExecutionLostError
from local_aws.event_source.poller import Poller
from mappings import mapping
from toy_application import until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mypy_boto3_sqs.type_defs import MessageTypeDef


class FakeQueue:
    """Hands out each message once and remembers what was deleted."""

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
            raise DurableServiceError("it does not listen")
        self.started.append([record["messageId"] for record in json.loads(event)["Records"]])
        return str(len(self.started) - 1)

    def describe(self, execution: str) -> Execution:
        return self.end(self.started[int(execution)])


def succeeded(result: object) -> Execution:
    return Execution("SUCCEEDED", result=json.dumps(result))


class Running:
    """A poller in a thread."""

    def __init__(self, queue: FakeQueue, service: FakeService, **settings: Any) -> None:
        poller: Any = Poller  # which knows the real queue and service alone
        self.poller = poller(mapping(**settings), queue, service, execution_timeout=5)
        self.thread = threading.Thread(target=self.poller.run, kwargs={"grace_seconds": 1})
        self.thread.start()

    def stop(self) -> None:
        self.poller.stop()
        self.thread.join(timeout=5)
        assert not self.thread.is_alive()


@pytest.fixture
def run() -> Iterator[Callable[..., Running]]:
    with ExitStack() as ending:

        def start(queue: FakeQueue, service: FakeService, **settings: Any) -> Running:
            running = Running(queue, service, **settings)
            ending.callback(running.stop)
            return running

        yield start


def test_what_succeeded_is_deleted_and_what_failed_stays(run: Callable[..., Running]) -> None:
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
    end: Callable[[list[str]], Execution], run: Callable[..., Running]
) -> None:
    queue = FakeQueue("a", "b")
    service = FakeService(end)

    running = run(queue, service)

    until(lambda: len(service.started) == 1)
    running.stop()
    assert queue.deleted == []


def test_an_execution_that_the_service_lost_frees_its_slot(run: Callable[..., Running]) -> None:
    def end(ids: list[str]) -> Execution:
        if ids == ["a"]:
            raise ExecutionLostError("the durable execution service is gone")
        return succeeded({})

    queue = FakeQueue("a", "b", "c")

    run(queue, FakeService(end), batch_size=1, maximum_concurrency=1)

    until(lambda: queue.deleted == ["b", "c"])


def test_without_report_batch_item_failures_the_answer_does_not_count(run: Callable[..., Running]) -> None:
    queue = FakeQueue("a")
    service = FakeService(lambda ids: succeeded({"batchItemFailures": [{"itemIdentifier": "a"}]}))

    run(queue, service, reports_batch_item_failures=False)

    until(lambda: queue.deleted == ["a"])


def test_a_batch_is_started_once_the_service_is_back(run: Callable[..., Running]) -> None:
    queue = FakeQueue("a")
    service = FakeService()
    service.refusals = 2

    run(queue, service)

    until(lambda: queue.deleted == ["a"])
    assert service.started == [["a"]]


def test_a_batch_that_cannot_be_started_in_time_is_left_to_the_queue(run: Callable[..., Running]) -> None:
    queue = FakeQueue("a")
    service = FakeService()
    service.refusals = 3

    # An execution may take the whole visibility timeout, so that only a second is left for starting it.
    run(queue, service, visibility_timeout=5)

    until(lambda: service.refusals == 0)
    queue.waiting.append("b")
    until(lambda: queue.deleted == ["b"])
    assert service.started == [["b"]]


def test_executions_run_side_by_side_up_to_the_maximum_concurrency(run: Callable[..., Running]) -> None:
    gate = threading.Event()
    queue = FakeQueue("a", "b", "c")
    service = FakeService(lambda ids: succeeded({}) if gate.is_set() else Execution("RUNNING"))

    run(queue, service, batch_size=1)

    until(lambda: len(service.started) == 2)
    time.sleep(0.3)
    assert service.started == [["a"], ["b"]]
    assert queue.waiting == ["c"], "received although no execution may start"
    gate.set()
    until(lambda: sorted(queue.deleted) == ["a", "b", "c"])


def test_the_next_execution_starts_while_messages_are_deleted(run: Callable[..., Running]) -> None:
    gate = threading.Event()

    class SlowQueue(FakeQueue):
        def delete(self, receipt_handles: Sequence[str]) -> list[str]:
            assert gate.wait(timeout=5)
            return super().delete(receipt_handles)

    queue, service = SlowQueue("a", "b", "c"), FakeService()

    run(queue, service, batch_size=1, maximum_concurrency=1)

    until(lambda: service.started == [["a"], ["b"]])
    time.sleep(0.3)
    assert queue.waiting == ["c"], "received although nothing can be deleted"
    gate.set()
    until(lambda: sorted(queue.deleted) == ["a", "b", "c"])


@pytest.mark.parametrize("failures", [1, 2])
def test_deleting_is_tried_again_also_while_the_poller_stops(failures: int, run: Callable[..., Running]) -> None:
    queue = FakeQueue("a")
    queue.undeletable = failures

    running = run(queue, FakeService())
    until(lambda: queue.undeletable == 0)
    running.stop()

    assert queue.deleted == ["a"]


def test_polling_goes_on_after_the_queue_was_unreachable(run: Callable[..., Running]) -> None:
    queue = FakeQueue("a")
    queue.broken = True

    run(queue, FakeService())

    time.sleep(0.3)
    queue.broken = False
    until(lambda: queue.deleted == ["a"])


def test_stopping_does_not_wait_for_an_execution_longer_than_the_grace(run: Callable[..., Running]) -> None:
    queue = FakeQueue("a")
    service = FakeService(lambda ids: Execution("RUNNING"))
    running = run(queue, service)
    until(lambda: len(service.started) == 1)

    started = time.monotonic()
    running.stop()

    assert time.monotonic() - started < 3
    assert queue.deleted == []
