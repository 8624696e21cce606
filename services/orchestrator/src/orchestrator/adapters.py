"""The source queue and the invalid message queue.

Quotas of messages: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
"""

from __future__ import annotations

import base64
import json
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from pipeline_contracts import location_of

from orchestrator.bounds import SENDING_SECONDS
from orchestrator.messages import OWN_ATTRIBUTE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from mypy_boto3_sqs import SQSClient

    from orchestrator.messages import Message, Rejection

Attributes = dict[str, dict[str, Any]]

MAX_MESSAGE_BYTES = 1_048_576
"""Size limit of one message, body and attributes, and of one whole call."""
MAX_MESSAGES, MAX_ATTRIBUTES, MAX_REASON = 10, 10, 1_024


def sqs_client() -> SQSClient:
    """Make the client: a failed call ends within the time that bounds.SENDING_SECONDS allows."""
    config = Config(connect_timeout=1, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 3})
    return boto3.client("sqs", config=config)


@dataclass
class Sent:
    """The result of sending messages."""

    indexes: set[int] = field(default_factory=set)
    """The messages that the queue accepted."""
    problem: str = ""
    """The reason why the others were not accepted, if any."""
    left_behind: dict[str, int] = field(default_factory=dict)
    """By message id: the number of attributes, including ours, for which the message had no room."""


class InvalidMessageQueue:
    """The invalid message queue, which holds rejected messages as they arrived, with the reason."""

    def __init__(self, client: SQSClient, url: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._url = url
        self._clock = clock

    def send(self, rejections: Sequence[Rejection], execution_arn: str) -> Sent:
        """Send messages until all are sent or a call fails."""
        sent = Sent()
        latest = self._clock() + SENDING_SECONDS / 2
        for entries in _calls([_Entry(rejection, execution_arn) for rejection in rejections]):
            contents = [entry.content for entry in entries]
            if self._clock() > latest:
                sent.problem = "the queue is too slow"
                break
            try:
                response = self._client.send_message_batch(QueueUrl=self._url, Entries=contents)
            except Exception as error:  # noqa: BLE001 -- what was sent before it stays sent
                sent.problem = str(error) if isinstance(error, (BotoCoreError, ClientError)) else location_of(error)
                break
            sent.indexes.update(int(success["Id"]) for success in response.get("Successful", []))
            sent.left_behind.update({entry.message_id: entry.left_behind for entry in entries if entry.left_behind})
            for failure in response.get("Failed", []):
                sent.problem = f"{failure['Code']}: {failure.get('Message', '')}"
        return sent


class SourceQueue:
    """The queue of a batch, by the ARN in its event."""

    def __init__(self, client: SQSClient, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._clock = clock

    def redeliver(self, waits: Sequence[tuple[Message, int]], arn: str) -> str:
        """Make messages visible again, each after its number of seconds.

        Returns:
            The reason why some of them wait for the visibility timeout instead; empty if none does.
        """
        problem = ""
        latest = self._clock() + SENDING_SECONDS / 2
        *_, account, name = arn.split(":")
        url = self._client.get_queue_url(QueueName=name, QueueOwnerAWSAccountId=account)["QueueUrl"]
        for start in range(0, len(waits), MAX_MESSAGES):
            if self._clock() > latest:
                return f"the queue is too slow for {len(waits) - start} messages"
            entries: list[Any] = [
                {
                    "Id": str(message.index),
                    "ReceiptHandle": message.receipt_handle,
                    "VisibilityTimeout": seconds,
                }
                for message, seconds in waits[start : start + MAX_MESSAGES]
            ]
            try:
                response = self._client.change_message_visibility_batch(QueueUrl=url, Entries=entries)
            except (BotoCoreError, ClientError) as error:
                problem = str(error)
                continue
            for failure in response.get("Failed", []):
                problem = f"{failure['Code']}: {failure.get('Message', '')}"
        return problem


class _Entry:
    """One entry of SendMessageBatch: the message as it arrived, with our attribute beside the producer's."""

    def __init__(self, rejection: Rejection, execution_arn: str) -> None:
        message = rejection.message
        self.index = message.index
        self.message_id = message.message_id
        self.bytes = len(message.body.encode(errors="replace"))
        attributes: Attributes = {}
        wanted = self._attributes(rejection, execution_arn, MAX_MESSAGE_BYTES - self.bytes)
        for name, value in wanted.items():
            size = _size(name, value)
            if self.bytes + size <= MAX_MESSAGE_BYTES and len(attributes) < MAX_ATTRIBUTES:
                attributes[name] = value
                self.bytes += size
        self.left_behind = 1 + len(message.attributes.keys() - {OWN_ATTRIBUTE}) - len(attributes)
        """The number of attributes, including ours, that did not fit or were not valid SQS attributes."""
        self.content: Any = {"Id": str(message.index), "MessageBody": message.body, "MessageAttributes": attributes}
        if message.trace_header:
            header = {"DataType": "String", "StringValue": message.trace_header}
            self.content["MessageSystemAttributes"] = {"AWSTraceHeader": header}
        if message.group_id:
            self.content["MessageGroupId"] = message.group_id

    @staticmethod
    def _attributes(rejection: Rejection, execution_arn: str, room: int) -> Attributes:
        """Return ours first, then the producer's; a message that was sent again carries an old one of ours."""
        attributes: Attributes = {}
        identity = {
            "execution_id": rejection.execution_id,
            "message_id": rejection.message.first_message_id,
            "stage": rejection.stage,
            "code": rejection.code,
        }
        reason = rejection.reason.encode(errors="backslashreplace").decode()[:MAX_REASON]
        more = {"field": rejection.field, "reason": reason, "execution_arn": execution_arn}
        for own in (identity | more, identity):  # without its words, if there is no room for them
            value = {"DataType": "String", "StringValue": json.dumps(own)}
            if _size(OWN_ATTRIBUTE, value) <= room:
                attributes[OWN_ATTRIBUTE] = value
                break
        for name, sent in rejection.message.attributes.items():
            # Drop an attribute that SQS would refuse, rather than the message.
            with suppress(KeyError, ValueError):
                attributes.setdefault(name, _as_sent(sent))
        return attributes


def _calls(wanted: Sequence[_Entry]) -> Iterator[list[_Entry]]:
    entries: list[_Entry] = []
    size = 0
    for entry in wanted:
        if entries and (len(entries) == MAX_MESSAGES or size + entry.bytes > MAX_MESSAGE_BYTES):
            yield entries
            entries, size = [], 0
        entries.append(entry)
        size += entry.bytes
    if entries:
        yield entries


def _as_sent(value: Mapping[str, Any]) -> dict[str, Any]:
    if value["dataType"].startswith("Binary"):
        return {"DataType": value["dataType"], "BinaryValue": base64.b64decode(value["binaryValue"], validate=True)}
    return {"DataType": value["dataType"], "StringValue": value["stringValue"]}


def _size(name: str, value: Mapping[str, Any]) -> int:
    content = value["BinaryValue"] if "BinaryValue" in value else value["StringValue"].encode()
    return len(name.encode()) + len(value["DataType"].encode()) + len(content)
