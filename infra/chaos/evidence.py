"""What is in the table and in the queues, read from outside, with every number exact."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pipeline_emulator.demo.queue_reader import QueueReader

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef
    from pipeline_emulator.emulator import Emulator

Item = dict[str, Any]


@dataclass(frozen=True)
class QueueMessage:
    """A message as it lies in a queue."""

    message_id: str
    body: str
    receive_count: int
    said: Mapping[str, str]
    """What the pipeline says of a rejected message, in its attribute."""


@dataclass(frozen=True)
class Evidence:
    """All that there is at the end: every item, every message of the two queues, and how many the first still holds."""

    items: Sequence[Item]
    rejected: Sequence[QueueMessage]
    dead: Sequence[QueueMessage]
    in_queue: int


def collect(aws: Emulator) -> Evidence:
    """Read everything."""
    sqs = aws.endpoint.sqs()
    return Evidence(
        items=_all_items(aws.endpoint.dynamodb(), aws.outputs.table_name),
        rejected=_all_messages(sqs, aws.outputs.invalid_message_queue_url),
        dead=_all_messages(sqs, aws.outputs.dead_letter_queue_url),
        in_queue=depth(sqs, aws.outputs.queue_url),
    )


def depth(sqs: SQSClient, url: str) -> int:
    """Count the messages of a queue: visible, invisible and delayed."""
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return sum(int(value) for name, value in attributes.items() if name.startswith("ApproximateNumberOfMessages"))


def _all_messages(sqs: SQSClient, url: str) -> list[QueueMessage]:
    return [_queue_message(message) for message in QueueReader(sqs, url).new_messages()]


def _queue_message(message: MessageTypeDef) -> QueueMessage:
    own: Any = message.get("MessageAttributes", {}).get("durable_pipeline", {})
    return QueueMessage(
        message_id=message["MessageId"],
        body=message["Body"],
        receive_count=int(message.get("Attributes", {}).get("ApproximateReceiveCount", 0)),
        said=json.loads(own.get("StringValue", "{}")),
    )


def _all_items(client: DynamoDBClient, table: str) -> list[Item]:
    pages = client.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
    return [exact_item(item) for page in pages for item in page["Items"]]


def exact_item(item: Mapping[str, Mapping[str, Any]]) -> Item:
    """Read an item of the table: numbers as Decimal, with the digits that the table has."""
    return {name: _value(value) for name, value in item.items()}


def _value(value: Mapping[str, Any]) -> Any:
    match value:
        case {"S": str(text)}:
            return text
        case {"N": str(text)}:
            return Decimal(text)
        case {"BOOL": bool(truth)}:
            return truth
        case {"NULL": True}:
            return None
        case {"L": members}:
            return [_value(member) for member in members]
        case {"M": members}:
            return {name: _value(member) for name, member in members.items()}
    raise ValueError(f"{value!r} is no JSON value; nobody stores such an attribute")
