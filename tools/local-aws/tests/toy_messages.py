"""Messages to the toy application, and where they ended."""

from __future__ import annotations

import json
import time
import uuid
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from local_aws.emulator import Emulator


def body(outcome: str) -> str:
    """Give a body for which the toy decides on that outcome."""
    return json.dumps({"outcome": outcome, "data_source": uuid.uuid4().hex})


def until(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"it did not happen in {seconds} s"
        time.sleep(0.1)


class Toy:
    """The deployed toy, of which ``stored``, ``rejected`` and ``failed`` messages are known by their ids."""

    def __init__(self, aws: Emulator) -> None:
        self.aws = aws
        self._sqs = aws.endpoint.sqs()
        self._table = aws.endpoint.dynamodb_resource().Table(aws.outputs["ProcessedDataTable"])
        self._ended: dict[str, str] = {}

    def send(self, *bodies: str) -> list[str]:
        """Send the bodies and give the messages' ids."""
        url = self.aws.outputs["DataProcessingQueueUrl"]
        return [self._sqs.send_message(QueueUrl=url, MessageBody=text)["MessageId"] for text in bodies]

    def item(self, message_id: str) -> dict[str, Any] | None:
        """Read the item of a message."""
        key = {"execution_id": f"toy-esm-{message_id}"}
        return self._table.get_item(Key=key, ConsistentRead=True).get("Item")

    def ends(self, messages: Sequence[str]) -> list[str | None]:
        """Say of each message where it is found: stored, rejected, failed, or None."""
        for message in self._received("InvalidMessageQueueUrl"):
            told = json.loads(message["MessageAttributes"]["durable_pipeline"]["StringValue"])
            self._ended[told["message_id"]] = "rejected"
        for message in self._received("DataProcessingDeadLetterQueueUrl"):
            self._ended[message["MessageId"]] = "failed"
        for message_id in messages:
            if message_id not in self._ended and self.item(message_id):
                self._ended[message_id] = "stored"
        return [self._ended.get(message_id) for message_id in messages]

    def settled(self, messages: Sequence[str]) -> bool:
        """Say whether each message has ended somewhere."""
        return None not in self.ends(messages)

    def depth(self, kind: str = "") -> int:
        """Count the messages that wait in the queue, or those of another kind, such as NotVisible."""
        url = self.aws.outputs["DataProcessingQueueUrl"]
        attributes: Any = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        return int(attributes[f"ApproximateNumberOfMessages{kind}"])

    def _received(self, output: str) -> list[Any]:
        """Take all messages from a queue."""
        url, found = self.aws.outputs[output], []
        while messages := self._sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        ).get("Messages", []):
            found += messages
            for message in messages:
                self._sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return found
