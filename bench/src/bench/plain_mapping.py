"""The event source mapping of ordinary functions: the local poller, with invocations instead of executions.

MiniStack's own mapping takes at most ten messages per batch and has no batching window. With the same poller for all
designs, its overhead is the same for each.
"""

from __future__ import annotations

import threading
import uuid
from typing import TYPE_CHECKING, Protocol

from local_aws.event_source.durable_service import Execution, LocalRunner
from local_aws.event_source.mapping import EventSourceMapping
from local_aws.event_source.poller import Poller
from local_aws.event_source.queue import SqsQueue
from local_aws.event_source.switch import Switch

if TYPE_CHECKING:
    from local_aws.aws import AwsEndpoint
    from mypy_boto3_lambda import LambdaClient

_TIMEOUT_SECONDS = 60.0
_PAUSE_SECONDS = 10.0
_LOOK_SECONDS = 1.0


class Mapping(Protocol):
    """An event source mapping that can be paused."""

    def pause(self) -> None:
        """Stop receiving."""

    def resume(self) -> None:
        """Receive again."""


class Invocations(LocalRunner):
    """Invokes a function for each batch, in place of the durable execution service."""

    def __init__(self, client: LambdaClient, function: str) -> None:
        """Invoke this function."""
        self._client = client
        self._function = function
        self._ended: dict[str, Execution] = {}

    def start(self, event: str) -> str:
        """Invoke the function, and wait for the response."""
        answer = self._client.invoke(FunctionName=self._function, Payload=event)
        name, result = str(uuid.uuid4()), answer["Payload"].read().decode()
        failed = "FunctionError" in answer
        self._ended[name] = Execution("FAILED", error=result) if failed else Execution("SUCCEEDED", result)
        return name

    def describe(self, execution: str) -> Execution:
        """Return the result of the invocation, once."""
        return self._ended.pop(execution)


class _Switch(Switch):
    """Whether the poller receives messages."""

    def __init__(self) -> None:
        self.on = threading.Event()
        self.asked = threading.Event()

    def is_on(self) -> bool:
        self.asked.set()
        return self.on.wait(_LOOK_SECONDS)


class PlainMapping(Poller):
    """Feeds a queue to an ordinary function, in a thread."""

    def __init__(
        self, endpoint: AwsEndpoint, *, function: str, queue: str, batch_size: int, window: int, concurrency: int
    ) -> None:
        """Start paused. Function and queue are identified by name."""
        sqs = endpoint.sqs()
        url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
        attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn", "VisibilityTimeout"])
        arn, visibility = (attributes["Attributes"][name] for name in ("QueueArn", "VisibilityTimeout"))
        _, _, _, region, account, _ = arn.split(":")
        mapping = EventSourceMapping(
            queue_arn=arn,
            queue_url=url,
            visibility_timeout=int(visibility),
            function_name=function,
            qualifier="$LATEST",
            account=account,
            region=region,
            batch_size=batch_size,
            window=window,
            maximum_concurrency=concurrency,
            reports_batch_item_failures=True,
        )
        self._invocations, self._state = Invocations(endpoint.lambda_(), function), _Switch()
        super().__init__(
            mapping, SqsQueue(sqs, url), self._invocations, self._state, execution_timeout=_TIMEOUT_SECONDS
        )
        self._thread = threading.Thread(target=self.run, name=function, daemon=True)
        self._thread.start()

    def pause(self) -> None:
        """Pause, and return when no receive is in progress."""
        self._state.on.clear()
        self._state.asked.clear()
        if not self._state.asked.wait(_PAUSE_SECONDS):
            raise RuntimeError(f"the mapping of {self._mapping.function_name} still receives after {_PAUSE_SECONDS} s")

    def resume(self) -> None:
        """Start receiving."""
        self._state.on.set()

    def close(self) -> None:
        """Stop; messages that were not received stay in the queue."""
        self.stop()
        self._thread.join()

    def _ended(self, execution: str) -> Execution:
        return self._invocations.describe(execution)
