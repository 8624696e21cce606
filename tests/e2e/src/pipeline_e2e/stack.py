"""The deployed stack from a user's view: three queues and a table."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from pipeline_cli.outputs import StackOutputs
from pipeline_cli.queue_reader import QueueReader, depth
from pipeline_cli.rejected_message import RejectedMessage
from pipeline_cli.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from local_aws.emulator import Emulator
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

Found = TypeVar("Found")

GIVE_UP_SECONDS = 120
_LONGEST_RECEIVE_SECONDS = 2.0
# The visibility timeout is longer than a test waits: any redelivery has been brought forward.
PARAMETERS = {
    "EnvironmentName": "e2e",
    "MaxReceiveCount": "2",
    "StoreAttributes": "true",
    "StoreBody": "true",
    "GroupMetrics": "true",
}


@dataclass(frozen=True)
class Outcomes:
    """Where messages were found: the message ids of the items, and the contents of the two queues."""

    stored: tuple[str, ...]
    rejected: tuple[MessageTypeDef, ...]
    dead: tuple[MessageTypeDef, ...]

    def of(self, sent: Iterable[str]) -> dict[str, set[str]]:
        """Return the outcomes of each sent message, by its id; copies of a rejected message count once."""
        rejected = {RejectedMessage.read(message).message_id for message in self.rejected}
        dead = {message["MessageId"] for message in self.dead}
        places = {"stored": set(self.stored), "rejected": rejected, "dead": dead}
        return {message: {name for name, ids in places.items() if message in ids} for message in sent}


class Stack:
    """Sends messages and finds out where they are."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self._outputs = StackOutputs.of(emulator.outputs)
        self.sqs = emulator.endpoint.sqs()
        self.dynamodb = emulator.endpoint.dynamodb()
        self._logs = emulator.endpoint.logs()
        self._name = f"{emulator.deployment.parameters['EnvironmentName']}-durable-pipeline"
        self._table = Table(self.dynamodb, self._outputs.table_name)

    def send(self, *bodies: str, attributes: dict[str, Any] | None = None, group: str | None = None) -> list[str]:
        """Send bodies unchanged and return the message ids."""
        further: dict[str, Any] = {"MessageGroupId": group} if group else {}
        sent = [
            self.sqs.send_message(
                QueueUrl=self._outputs.queue_url, MessageBody=body, MessageAttributes=attributes or {}, **further
            )
            for body in bodies
        ]
        return [answer["MessageId"] for answer in sent]

    def item(self, execution_id: str) -> dict[str, Any] | None:
        return self._table.item(execution_id)

    def items(self) -> dict[str, str]:
        """Return all items: the message id by execution id."""
        return self._table.all_message_ids()

    def wait_for_item(self, execution_id: str) -> dict[str, Any]:
        return self.wait_until(lambda: self.item(execution_id), f"item {execution_id}")

    def wait_for_dead_letters(self, count: int) -> list[MessageTypeDef]:
        return self._wait_for_messages(self._outputs.dead_letter_queue_url, count)

    def wait_for_rejected(self, count: int) -> list[MessageTypeDef]:
        return self._wait_for_messages(self._outputs.invalid_message_queue_url, count)

    def wait_until_drained(self, *, seconds: float = GIVE_UP_SECONDS) -> None:
        """Wait until the queue holds no message, visible or not."""
        self.wait_until(lambda: self.in_queue() == 0, "an empty queue", seconds=seconds)

    def in_queue(self) -> int:
        return depth(self.sqs, self._outputs.queue_url)

    def in_flight(self) -> int:
        """Count the messages that were received but not deleted."""
        name = "ApproximateNumberOfMessagesNotVisible"
        answer = self.sqs.get_queue_attributes(QueueUrl=self._outputs.queue_url, AttributeNames=[name])  # type: ignore[list-item]
        return int(answer["Attributes"][name])  # type: ignore[index]

    def wait_until_failed(self, message_id: str) -> None:
        """Wait until the orchestrator has given up a message in this delivery, according to its log."""
        self.wait_until(lambda: self.failures_of(message_id), f"failure of {message_id}")

    def failures_of(self, message_id: str) -> int:
        """Count the deliveries in which the orchestrator has given up a message, according to its log."""
        return self.logged("message failed", message_id)

    def logged(self, *words: str) -> int:
        """Count the lines of the orchestrator's log that contain all the words."""
        return sum(all(word in line for word in words) for line in self.log_lines("orchestrator"))

    def log_lines(self, service: str) -> list[str]:
        """Read the log of a function."""
        group = f"/aws/lambda/{self._name}-{service}"
        pages = self._logs.get_paginator("filter_log_events").paginate(logGroupName=group)
        return [event["message"] for page in pages for event in page["events"]]

    def executions(self, client: LambdaClient) -> list[str]:
        """List the ARNs of the orchestrator's executions, running or ended."""
        pages = client.get_paginator("list_durable_executions_by_function").paginate(
            FunctionName=f"{self._name}-orchestrator"
        )
        return [execution["DurableExecutionArn"] for page in pages for execution in page["DurableExecutions"]]

    def outcomes(self) -> Outcomes:
        """Find all messages, without waiting for any; those in the two queues are invisible afterwards."""
        return Outcomes(
            stored=tuple(self.items().values()),
            rejected=tuple(QueueReader(self.sqs, self._outputs.invalid_message_queue_url).new_messages()),
            dead=tuple(QueueReader(self.sqs, self._outputs.dead_letter_queue_url).new_messages()),
        )

    def move_back(self, dead: Iterable[MessageTypeDef]) -> dict[str, str]:
        """Act as StartMessageMoveTask, which the emulator lacks; return the new message ids by body."""
        moved = {}
        for message in dead:
            (moved[message["Body"]],) = self.send(message["Body"])
            self.sqs.delete_message(
                QueueUrl=self._outputs.dead_letter_queue_url, ReceiptHandle=message["ReceiptHandle"]
            )
        return moved

    def set_visibility_timeout(self, seconds: int) -> None:
        """Change how long messages that are received after this call stay invisible.

        A receive in progress, which waits for a second at most, still applies the former timeout.
        """
        attributes: Any = {"VisibilityTimeout": str(seconds)}
        self.sqs.set_queue_attributes(QueueUrl=self._outputs.queue_url, Attributes=attributes)
        time.sleep(_LONGEST_RECEIVE_SECONDS)

    @contextmanager
    def without_table(self) -> Iterator[None]:
        """Remove the table inside the context, so that every write fails, and put an empty one back."""
        name = self._outputs.table_name
        self.dynamodb.update_table(TableName=name, DeletionProtectionEnabled=False)
        self.dynamodb.delete_table(TableName=name)
        try:
            yield
        finally:
            self.dynamodb.create_table(
                TableName=name,
                KeySchema=[{"AttributeName": "execution_id", "KeyType": "HASH"}],
                AttributeDefinitions=[{"AttributeName": "execution_id", "AttributeType": "S"}],
                BillingMode="PAY_PER_REQUEST",
            )

    def empty_queues(self) -> None:
        for url in (
            self._outputs.queue_url,
            self._outputs.dead_letter_queue_url,
            self._outputs.invalid_message_queue_url,
        ):
            self.sqs.purge_queue(QueueUrl=url)

    def _wait_for_messages(self, url: str, count: int) -> list[MessageTypeDef]:
        found: dict[str, MessageTypeDef] = {}

        def enough() -> list[MessageTypeDef] | None:
            found.update((message["MessageId"], message) for message in QueueReader(self.sqs, url).new_messages())
            return list(found.values()) if len(found) >= count else None

        return self.wait_until(enough, f"{count} messages in {url}")

    def wait_until(self, look: Callable[[], Found | None], what: str, *, seconds: float = GIVE_UP_SECONDS) -> Found:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self._emulator.check()
            if found := look():
                return found
            time.sleep(0.1)
        raise AssertionError(f"there is no {what} after {seconds} s")
