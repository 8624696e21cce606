"""The two queues: where messages come from, and where rejected ones go.

Quotas of messages: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
"""

from __future__ import annotations

import base64
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from orchestrator.limits import redelivery_seconds

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mypy_boto3_sqs import SQSClient

    from orchestrator.messages import Message, Rejection

Attributes = dict[str, dict[str, Any]]

MAX_MESSAGE_BYTES = 1_048_576
"""Body and attributes of one message, and also of all messages of one call."""
MAX_MESSAGES, MAX_ATTRIBUTES, MAX_REASON = 10, 10, 1_024

# SQS takes the characters of XML 1.0; a reason may quote others.
_NOT_SENDABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def sqs_client() -> SQSClient:
    """Make the client: a failed call ends within the time that limits.SENDING_SECONDS allows."""
    config = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3})
    return boto3.client("sqs", config=config)


class InvalidMessageQueue:
    """Where rejected messages go, as they arrived, each with the reason."""

    def __init__(self, client: SQSClient, url: str) -> None:
        self._client = client
        self._url = url

    def send(self, rejections: Sequence[Rejection]) -> tuple[set[int], str]:
        """Send messages, as many as the queue takes; the first call that fails ends it.

        Returns:
            The indexes of the messages that were sent, and what went wrong with the others, if anything.
        """
        sent: set[int] = set()
        problem = ""
        for entries in _calls(rejections):
            try:
                response = self._client.send_message_batch(QueueUrl=self._url, Entries=entries)
            except (BotoCoreError, ClientError) as error:
                return sent, str(error)
            sent.update(int(success["Id"]) for success in response.get("Successful", []))
            for failure in response.get("Failed", []):
                problem = f"{failure['Code']}: {failure.get('Message', '')}"
        return sent, problem


class SourceQueue:
    """Where a batch came from, by the ARN that its event names."""

    def __init__(self, client: SQSClient) -> None:
        self._client = client

    def redeliver(self, messages: Sequence[Message], arn: str) -> None:
        """Have messages delivered again soon, each after a time that grows with its deliveries.

        Raises:
            BotoCoreError, ClientError: A call failed; what it would have changed is delivered again later.
        """
        *_, account, name = arn.split(":")
        url = self._client.get_queue_url(QueueName=name, QueueOwnerAWSAccountId=account)["QueueUrl"]
        for start in range(0, len(messages), MAX_MESSAGES):
            entries: list[Any] = [
                {
                    "Id": str(message.index),
                    "ReceiptHandle": message.receipt_handle,
                    "VisibilityTimeout": redelivery_seconds(message.receive_count),
                }
                for message in messages[start : start + MAX_MESSAGES]
            ]
            self._client.change_message_visibility_batch(QueueUrl=url, Entries=entries)


def _calls(rejections: Sequence[Rejection]) -> Iterator[list[Any]]:
    entries: list[Any] = []
    size = 0
    for rejection in rejections:
        attributes = _attributes(rejection)
        message_size = _body_bytes(rejection) + sum(_size(*attribute) for attribute in attributes.items())
        if entries and (len(entries) == MAX_MESSAGES or size + message_size > MAX_MESSAGE_BYTES):
            yield entries
            entries, size = [], 0
        entries.append(
            {
                "Id": str(rejection.message.index),
                "MessageBody": rejection.message.body,
                "MessageAttributes": attributes,
            }
        )
        size += message_size
    if entries:
        yield entries


def _attributes(rejection: Rejection) -> Attributes:
    """Choose the attributes: our own by their use, then the producer's, as many as fit beside the body."""
    own = {
        "code": rejection.code,
        "execution_id": rejection.execution_id,
        "message_id": rejection.message.message_id,
        "stage": rejection.stage,
        "reason": rejection.reason,
    }
    wanted: Attributes = {name: {"DataType": "String", "StringValue": _sendable(value)} for name, value in own.items()}
    for name, value in rejection.message.attributes.items():
        # What is not an attribute as SQS describes it stays behind, rather than the message.
        with suppress(KeyError, ValueError):
            wanted.setdefault(name, _as_sent(value))
    room = MAX_MESSAGE_BYTES - _body_bytes(rejection)
    chosen: Attributes = {}
    for name, value in wanted.items():
        size = _size(name, value)
        if size <= room and len(chosen) < MAX_ATTRIBUTES:
            chosen[name] = value
            room -= size
    return chosen


def _as_sent(value: Mapping[str, Any]) -> dict[str, Any]:
    if value["dataType"].startswith("Binary"):
        return {"DataType": value["dataType"], "BinaryValue": base64.b64decode(value["binaryValue"], validate=True)}
    return {"DataType": value["dataType"], "StringValue": value["stringValue"]}


def _size(name: str, value: Mapping[str, Any]) -> int:
    content = value["BinaryValue"] if "BinaryValue" in value else value["StringValue"].encode()
    return len(name.encode()) + len(value["DataType"].encode()) + len(content)


def _body_bytes(rejection: Rejection) -> int:
    return len(rejection.message.body.encode(errors="replace"))


def _sendable(text: str) -> str:
    return _NOT_SENDABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)[:MAX_REASON]
