from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

from local_aws.event_source.event import event_of, payload_bytes, record_of

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

ARN = "arn:aws:sqs:us-east-1:000000000000:queue"
MESSAGE: MessageTypeDef = {
    "MessageId": "059f36b4-87a3-44ab-83d2-661975830a7d",
    "ReceiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a",
    "MD5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3",
    "Body": '{"city": "Köln"}',
    "Attributes": {
        "ApproximateReceiveCount": "1",
        "SentTimestamp": "1545082649183",
        "SenderId": "AIDAIENQZJOLO23YVJ4VO",
        "ApproximateFirstReceiveTimestamp": "1545082649185",
    },
}


def test_a_record_has_the_keys_that_lambda_gives_it() -> None:
    record = record_of(MESSAGE, queue_arn=ARN, region="us-east-1")

    assert record == {
        "messageId": MESSAGE["MessageId"],
        "receiptHandle": MESSAGE["ReceiptHandle"],
        "body": MESSAGE["Body"],
        "attributes": MESSAGE["Attributes"],
        "messageAttributes": {},
        "md5OfBody": MESSAGE["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": ARN,
        "awsRegion": "us-east-1",
    }


def test_message_attributes_are_spelt_in_camel_case_and_binary_ones_are_encoded() -> None:
    message: MessageTypeDef = {
        **MESSAGE,
        "MD5OfMessageAttributes": "00484c68",
        "MessageAttributes": {
            "origin": {"DataType": "String", "StringValue": "producer"},
            "blob": {"DataType": "Binary.gzip", "BinaryValue": b"\x00\xff"},
        },
    }

    record = record_of(message, queue_arn=ARN, region="us-east-1")

    assert record["md5OfMessageAttributes"] == "00484c68"
    assert record["messageAttributes"] == {
        "origin": {"stringValue": "producer", "stringListValues": [], "binaryListValues": [], "dataType": "String"},
        "blob": {
            "binaryValue": base64.b64encode(b"\x00\xff").decode(),
            "stringListValues": [],
            "binaryListValues": [],
            "dataType": "Binary.gzip",
        },
    }
    json.dumps(record)


def test_the_payload_counts_utf8_and_not_escapes() -> None:
    record = record_of(MESSAGE, queue_arn=ARN, region="us-east-1")
    longer = {**record, "body": record["body"] + "ö"}

    assert payload_bytes(longer) - payload_bytes(record) == len("ö".encode())


def test_an_event_holds_the_records_in_order() -> None:
    records = [{"messageId": "1"}, {"messageId": "2"}]

    assert json.loads(event_of(records)) == {"Records": records}
