"""Sending lines to the queue."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from pipeline_demo.lines import NotSent

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from mypy_boto3_sqs import SQSClient
    from pipeline_cli.messages.attributes import Attribute

    from pipeline_demo.lines import Line

# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
_BATCH_ENTRIES = 10
_BATCH_BYTES = 1024 * 1024


@dataclass(frozen=True)
class SentMessage:
    """A line that SQS accepted, with its message id and the time of sending (by the monotonic clock)."""

    line: Line
    message_id: str
    at: float


def send(
    client: SQSClient, queue_url: str, lines: Iterable[Line], attributes: Mapping[str, Attribute] | None = None
) -> Iterator[SentMessage | NotSent]:
    """Send the lines in batches, each with the attributes, and yield the result for each."""
    given = {name: value.to_send() for name, value in (attributes or {}).items()}
    for batch in _batches(lines):
        yield from _send_batch(client, queue_url, batch, given)


def _batches(lines: Iterable[Line]) -> Iterator[list[Line]]:
    batch: list[Line] = []
    total = 0
    for line in lines:
        size = len(line.body.encode())
        if batch and (len(batch) == _BATCH_ENTRIES or total + size > _BATCH_BYTES):
            yield batch
            batch, total = [], 0
        batch.append(line)
        total += size
    if batch:
        yield batch


def _send_batch(
    client: SQSClient, queue_url: str, batch: list[Line], attributes: dict[str, Any]
) -> Iterator[SentMessage | NotSent]:
    try:
        answer = client.send_message_batch(
            QueueUrl=queue_url,
            Entries=[
                {"Id": str(index), "MessageBody": line.body, "MessageAttributes": attributes}
                for index, line in enumerate(batch)
            ],
        )
    except ClientError:
        # One of them made SQS refuse the whole batch.
        for line in batch:
            yield _send_alone(client, queue_url, line, attributes)
        return
    now = time.monotonic()
    for success in answer.get("Successful", []):
        yield SentMessage(batch[int(success["Id"])], success["MessageId"], now)
    for failure in answer.get("Failed", []):
        yield NotSent(batch[int(failure["Id"])], f"{failure['Code']}: {failure.get('Message', '')}")


def _send_alone(client: SQSClient, queue_url: str, line: Line, attributes: dict[str, Any]) -> SentMessage | NotSent:
    try:
        answer = client.send_message(QueueUrl=queue_url, MessageBody=line.body, MessageAttributes=attributes)
    except ClientError as error:
        return NotSent(line, f"{error.response['Error']['Code']}: {error.response['Error']['Message']}")
    return SentMessage(line, answer["MessageId"], time.monotonic())
