"""The contents of the table and of the queues, read from outside, with exact numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline_cli.outputs import StackOutputs
from pipeline_cli.queue_reader import QueueReader, depth
from pipeline_cli.rejected_message import told_of
from pipeline_cli.table import Table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from local_aws.emulator import Emulator
    from mypy_boto3_sqs import SQSClient

Item = dict[str, Any]


@dataclass(frozen=True)
class QueueMessage:
    """A message in a queue."""

    message_id: str
    body: str
    receive_count: int
    said: Mapping[str, str]
    """The pipeline's attribute of a rejected message."""


@dataclass(frozen=True)
class Evidence:
    """Everything at the end: every item, every message of the two queues, and the number left in the first."""

    items: Sequence[Item]
    rejected: Sequence[QueueMessage]
    dead: Sequence[QueueMessage]
    in_queue: int


def collect(aws: Emulator) -> Evidence:
    """Read everything."""
    sqs, outputs = aws.endpoint.sqs(), StackOutputs.of(aws.outputs)
    return Evidence(
        items=list(Table(aws.endpoint.dynamodb(), outputs.table_name).exact_items()),
        rejected=_all_messages(sqs, outputs.invalid_message_queue_url),
        dead=_all_messages(sqs, outputs.dead_letter_queue_url),
        in_queue=depth(sqs, outputs.queue_url),
    )


def _all_messages(sqs: SQSClient, url: str) -> list[QueueMessage]:
    return [
        QueueMessage(
            message["MessageId"],
            message["Body"],
            int(message.get("Attributes", {}).get("ApproximateReceiveCount", 0)),
            told_of(message),
        )
        for message in QueueReader(sqs, url).new_messages()
    ]
