"""Reading a queue without taking anything from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

# Longer than any run, so that a message is read once; twelve hours is the longest that SQS allows.
_HIDDEN_SECONDS = 43_200
_RECEIVE_LIMIT = 10


class QueueReader:
    """The messages of a queue, which stay in it: they are hidden while they are read and visible again afterwards."""

    def __init__(self, client: SQSClient, url: str) -> None:
        """Read the queue at that URL."""
        self._client = client
        self._url = url
        self._handles: list[str] = []

    def new_messages(self) -> list[MessageTypeDef]:
        """Give the messages that arrived since the last call."""
        arrived: list[MessageTypeDef] = []
        while True:
            answer = self._client.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=_RECEIVE_LIMIT,
                VisibilityTimeout=_HIDDEN_SECONDS,
                MessageSystemAttributeNames=["All"],
                MessageAttributeNames=["All"],
            )
            messages = answer.get("Messages", [])
            if not messages:
                return arrived
            arrived += messages
            self._handles += [message["ReceiptHandle"] for message in messages]

    def put_back(self) -> None:
        """Make every message that was read visible again."""
        for start in range(0, len(self._handles), _RECEIVE_LIMIT):
            self._client.change_message_visibility_batch(
                QueueUrl=self._url,
                Entries=[
                    {"Id": str(index), "ReceiptHandle": handle, "VisibilityTimeout": 0}
                    for index, handle in enumerate(self._handles[start : start + _RECEIVE_LIMIT])
                ],
            )
        self._handles = []


def depth(client: SQSClient, url: str) -> int:
    """Count the messages of a queue: visible, invisible and delayed."""
    attributes = client.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return sum(int(value) for name, value in attributes.items() if name.startswith("ApproximateNumberOfMessages"))
