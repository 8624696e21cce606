"""A durable function: asks the judge for the verdicts, then stores, rejects or reports the messages as failed."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from decimal import Decimal
from typing import Any

import boto3
from aws_durable_execution_sdk_python import DurableContext, StepContext, durable_execution, durable_step

Record = dict[str, Any]

table = boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"])
sqs = boto3.client("sqs")


@durable_step
def settle(step: StepContext, records: list[Record], verdicts: list[str]) -> list[dict[str, str]]:
    failures = []
    for record, verdict in zip(records, verdicts, strict=True):
        if verdict == "stored":
            store(record)
        elif verdict == "rejected":
            reject(record)
        else:
            fail(record)
            failures.append({"itemIdentifier": record["messageId"]})
    return failures


def identity(record: Record) -> str:
    return f"{os.environ['ENVIRONMENT']}-esm-{record['messageId']}"


def store(record: Record) -> None:
    """Store under the key if there is one; other data under a stored key is lost, which a real pipeline must avoid."""
    body = json.loads(record["body"], parse_float=Decimal)
    key = body.get("idempotency_key")
    item = {
        "execution_id": f"{os.environ['ENVIRONMENT']}-key-{key}" if key else identity(record),
        "message_id": record["messageId"],
        "original_data": body,
        "transformed_data": {"data_source": str(body.get("data_source", "")).upper()},
        "stored_at": "2026-01-01T00:00:00Z",
        "system_attributes": record["attributes"],
    }
    with suppress(table.meta.client.exceptions.ConditionalCheckFailedException):
        table.put_item(Item=item, ConditionExpression="attribute_not_exists(execution_id)")


def fail(record: Record) -> None:
    """Report the reason, and have the message redelivered soon."""
    line = {
        "message": "message failed",
        "message_id": record["messageId"],
        "stage": "judge",
        "code": "undecided",
        "reason": "the judge wants to see it again",
    }
    print(json.dumps(line))
    queue = sqs.get_queue_url(QueueName=record["eventSourceARN"].rpartition(":")[2])["QueueUrl"]
    sqs.change_message_visibility(QueueUrl=queue, ReceiptHandle=record["receiptHandle"], VisibilityTimeout=1)


def reject(record: Record) -> None:
    told = {
        "execution_id": identity(record),
        "message_id": record["messageId"],
        "stage": "judge",
        "code": "unwanted",
        "reason": "the judge does not want it",
    }
    sqs.send_message(
        QueueUrl=os.environ["INVALID_MESSAGE_QUEUE_URL"],
        MessageBody=record["body"],
        MessageAttributes={"durable_pipeline": {"DataType": "String", "StringValue": json.dumps(told)}},
    )


@durable_execution
def handler(event: dict[str, list[Record]], context: DurableContext) -> dict[str, Any]:
    records = event["Records"]
    arn = context.execution_context.durable_execution_arn
    ids = [record["messageId"] for record in records]
    print(json.dumps({"message": "batch is received", "message_ids": ids, "executionArn": arn}))
    # A chained invoke carries 1 MiB at most, and the judge ignores long bodies.
    bodies = [record["body"][:1000] for record in records]
    answer: dict[str, list[str]] = context.invoke(os.environ["JUDGE_FUNCTION_ARN"], {"bodies": bodies}, name="judge")
    if "nonsense" in answer["verdicts"]:
        return {"batchItemFailures": "nonsense"}
    failures = context.step(settle(records, answer["verdicts"]), name="settle")
    return {"batchItemFailures": failures}
