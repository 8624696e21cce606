"""All of the pipeline's own code in one process, with a real table and a real invalid message queue."""

from __future__ import annotations

import json
import uuid
from collections import Counter
from dataclasses import dataclass
from typing import Any, Self

import boto3
from aws_durable_execution_sdk_python_testing import DurableFunctionTestRunner
from orchestrator.handler import handler as orchestrator
from storer.adapters import ExactDeserializer
from storer.handler import handler as storer
from transformer.handler import handler as transformer
from validator.handler import handler as validator


@dataclass(frozen=True)
class Ended:
    """What became of one message, as the table, the queue and the response say."""

    outcome: str
    item: dict[str, Any] | None = None
    code: str = ""
    reason: str = ""
    body: str = ""


class Whole:
    """Runs batches of bodies to their outcomes."""

    def __init__(self, table: str) -> None:
        self._table = table
        self._dynamodb = boto3.client("dynamodb")
        self._sqs = boto3.client("sqs")
        self._dynamodb.create_table(
            TableName=table,
            KeySchema=[{"AttributeName": "execution_id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "execution_id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        self._invalid = self._sqs.create_queue(QueueName="invalid")["QueueUrl"]

    def __enter__(self) -> Self:
        self._runner = DurableFunctionTestRunner(handler=orchestrator, poll_interval=0.01)
        for name, service in (("validator", validator), ("transformer", transformer), ("storer", storer)):
            self._runner.register_function(name, service)
        return self

    def __exit__(self, *_: object) -> None:
        self._runner.close()  # type: ignore[no-untyped-call]

    def run(self, *bodies: str) -> list[Ended]:
        """Run a batch and say what became of each message; an outcome too many or too few is an AssertionError."""
        ids = [uuid.uuid4().hex for _ in bodies]
        event = {"Records": [_record(message_id, body) for message_id, body in zip(ids, bodies, strict=True)]}
        result = self._runner.run(input=json.dumps(event))
        assert result.status.value == "SUCCEEDED", result.error
        failed = {failure["itemIdentifier"] for failure in json.loads(result.result or "null")["batchItemFailures"]}
        rejected = self._rejected()
        ended = [self._ended(message_id, rejected, failed) for message_id in ids]
        assert rejected.keys() | failed <= set(ids), "there is something that nobody sent"
        return ended

    def _ended(self, message_id: str, rejected: dict[str, Ended], failed: set[str]) -> Ended:
        found = [rejected[message_id]] if message_id in rejected else []
        if message_id in failed:
            found.append(Ended("failed"))
        key = {"execution_id": {"S": f"fuzz-esm-{message_id}"}}
        if item := self._dynamodb.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item"):
            read = ExactDeserializer().deserialize
            found.append(Ended("stored", item={name: read(value) for name, value in item.items()}))
        assert len(found) == 1, f"{message_id} has the outcomes {[one.outcome for one in found]}"
        return found[0]

    def _rejected(self) -> dict[str, Ended]:
        found: dict[str, Ended] = {}
        ids: Counter[str] = Counter()
        while messages := self._sqs.receive_message(
            QueueUrl=self._invalid, MaxNumberOfMessages=10, MessageAttributeNames=["All"], WaitTimeSeconds=0
        ).get("Messages"):
            for message in messages:
                said = json.loads(message["MessageAttributes"]["durable_pipeline"]["StringValue"])
                ids[said["message_id"]] += 1
                found[said["message_id"]] = Ended(
                    "rejected", code=said["code"], reason=said.get("reason", ""), body=message["Body"]
                )
                self._sqs.delete_message(QueueUrl=self._invalid, ReceiptHandle=message["ReceiptHandle"])
        assert all(count == 1 for count in ids.values()), "a message was rejected twice"
        return found


def _record(message_id: str, body: str) -> dict[str, Any]:
    return {
        "messageId": message_id,
        "receiptHandle": f"handle-{message_id}",
        "body": body,
        "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1700000000000"},
        "messageAttributes": {},
        "md5OfBody": "0" * 32,
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-west-2:000000000000:queue",
        "awsRegion": "us-west-2",
    }
