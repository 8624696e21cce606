"""The event that Lambda passes to a function for a batch of SQS messages.

https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html#example-standard-queue-message-event
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mypy_boto3_sqs.type_defs import MessageAttributeValueOutputTypeDef, MessageTypeDef

Record = dict[str, Any]


def record_of(message: MessageTypeDef, *, queue_arn: str, region: str) -> Record:
    """Return the record of a received message, with the keys in Lambda's spelling."""
    record: Record = {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": dict(message.get("Attributes", {})),
        "messageAttributes": _message_attributes(message.get("MessageAttributes", {})),
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": queue_arn,
        "awsRegion": region,
    }
    if "MD5OfMessageAttributes" in message:
        record["md5OfMessageAttributes"] = message["MD5OfMessageAttributes"]
    return record


def event_of(records: Sequence[Record]) -> str:
    """Return the invocation payload of a batch."""
    return json.dumps({"Records": list(records)})


def payload_bytes(record: Record) -> int:
    """Return the size of a record in the payload in bytes; Lambda counts UTF-8."""
    return len(json.dumps(record, ensure_ascii=False).encode("utf-8", "surrogatepass")) + len(", ")


def _message_attributes(attributes: Mapping[str, MessageAttributeValueOutputTypeDef]) -> dict[str, Record]:
    return {name: _message_attribute(value) for name, value in attributes.items()}


def _message_attribute(value: MessageAttributeValueOutputTypeDef) -> Record:
    attribute: Record = {"stringListValues": [], "binaryListValues": [], "dataType": value["DataType"]}
    if "StringValue" in value:
        attribute["stringValue"] = value["StringValue"]
    if "BinaryValue" in value:
        attribute["binaryValue"] = base64.b64encode(value["BinaryValue"]).decode("ascii")
    return attribute
