"""The pipeline as ordinary functions with queues between them: each uses Powertools' batch processor.

``STEP`` names the step of a function, and ``NEXT_QUEUE_URL`` the queue of the next one.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import boto3
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType
from pipeline_contracts import execution_id, parse_message
from pipeline_contracts.storage import StorageRecord
from plain.steps import ENVIRONMENT, report_stored, store_one, transform_one, validate_one

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
    from aws_lambda_powertools.utilities.typing import LambdaContext

NEXT_QUEUE = os.environ.get("NEXT_QUEUE_URL", "")

processor = BatchProcessor(event_type=EventType.SQS)
sqs = boto3.client("sqs")


def validated(record: SQSRecord) -> dict[str, Any]:
    """Read a producer's message, and return the message for the transformer's queue."""
    identity = execution_id(ENVIRONMENT, record.message_id, parse_message(record.body))
    validate_one(identity, record.body)
    return {"execution_id": identity, "message_id": record.message_id, "data": record.body}


def transformed(record: SQSRecord) -> dict[str, Any]:
    """Return the message for the storer's queue."""
    message = json.loads(record.body)
    return {**message, "transformed_data": transform_one(message["execution_id"], message["data"])}


def stored(record: SQSRecord) -> dict[str, Any]:
    """Store the record."""
    message: dict[str, Any] = json.loads(record.body)
    store_one(StorageRecord(**message))
    return message


STEPS: dict[str, Callable[[SQSRecord], dict[str, Any]]] = {
    "validator": validated,
    "transformer": transformed,
    "storer": stored,
}
step = STEPS[os.environ.get("STEP", "storer")]


def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    """Process an SQS event and return a partial batch response, once the successful messages are in the next queue."""
    with processor(event["Records"], step, context):
        results = processor.process()
    response = processor.response()
    passed = [(record["messageId"], message) for status, message, record in results if status == "success"]
    if step is stored:
        report_stored(message["message_id"] for _, message in passed)
        return response
    entries: Any = [{"Id": str(index), "MessageBody": json.dumps(one)} for index, (_, one) in enumerate(passed)]
    answer = sqs.send_message_batch(QueueUrl=NEXT_QUEUE, Entries=entries)
    failed = [passed[int(entry["Id"])][0] for entry in answer.get("Failed", [])]
    response["batchItemFailures"] += [{"itemIdentifier": message_id} for message_id in failed]
    return response
