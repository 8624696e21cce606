"""All of the pipeline's own code in one process, with a real table and a real invalid message queue."""

from __future__ import annotations

import importlib
import json
import os
import uuid
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

import boto3
from aws_durable_execution_sdk_python_testing import DurableFunctionTestRunner
from botocore.config import Config
from orchestrator.quotas import EXECUTION_TIMEOUT_SECONDS
from orchestrator.stages import STAGES
from pipeline_contracts import FieldError
from pipeline_testing.bodies import TYPE
from storer.adapters import DynamoDBTable, ExactDeserializer, dynamodb_client

from pipeline_fuzz.properties import key_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pipeline_contracts import PipelineMessage

SERVICES = tuple(stage.service for stage in STAGES)
FUNCTIONS = ("orchestrator", *SERVICES)


@dataclass(frozen=True)
class Ended:
    """The outcome of one message, from the table, the queue and the response."""

    outcome: str
    item: dict[str, Any] | None = None
    code: str = ""
    field: str = ""
    reason: str = ""
    body: str = ""
    delivery: int = 1
    """The deciding delivery of the message; the last one if none decided."""


def handler_of(function: str) -> Any:
    """Import a function's handler as its own process would: Powertools gives each service name a separate logger."""
    os.environ["POWERTOOLS_SERVICE_NAME"] = function
    return importlib.import_module(f"{function}.handler").handler


def refuses(message: PipelineMessage) -> Iterator[FieldError]:
    """Refuse, as a rule may, a message that names the code to refuse it with."""
    if code := (message.model_extra or {}).get("refused"):
        yield FieldError(field="refused", code=code, message="is refused")


def patient_table(name: str) -> DynamoDBTable:
    """Make the storer's table for MiniStack, which takes a second for an item that DynamoDB stores immediately."""
    config = dynamodb_client().meta.config.merge(Config(read_timeout=300, retries={"total_max_attempts": 1}))
    return DynamoDBTable(boto3.client("dynamodb", config=config), name)


class Whole:
    """Runs batches of bodies to their outcomes."""

    def __init__(self, table: str) -> None:
        self.key_of: Callable[[str], Any] = key_of
        """Returns the key of a body that has one."""
        self._table = table
        patient = Config(read_timeout=300)
        self._dynamodb = boto3.client("dynamodb", config=patient)
        self._sqs = boto3.client("sqs", config=patient)
        self._dynamodb.create_table(
            TableName=table,
            KeySchema=[{"AttributeName": "execution_id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "execution_id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        self._invalid = self._sqs.create_queue(QueueName="invalid")["QueueUrl"]

    def __enter__(self) -> Self:
        self._runner = DurableFunctionTestRunner(handler=handler_of("orchestrator"), poll_interval=0.01)
        for name in SERVICES:
            self._runner.register_function(name, handler_of(name))
        rules = importlib.import_module("validator.rules").RULES
        rules[TYPE] = (*rules.get(TYPE, ()), refuses)
        importlib.import_module("storer.handler").table = patient_table(self._table)  # type: ignore[attr-defined]
        return self

    def __exit__(self, *_: object) -> None:
        self._runner.close()  # type: ignore[no-untyped-call]

    def run(self, *bodies: str, deliveries: int = 1) -> list[Ended]:
        """Run a batch and return the outcome of each message; an extra or missing outcome is an AssertionError.

        Failed messages are redelivered, as often as `deliveries` allows, with the same message ids.
        """
        ids = [uuid.uuid4().hex for _ in bodies]
        waiting = dict(zip(ids, bodies, strict=True))
        ended: dict[str, Ended] = {}
        for delivery in range(1, deliveries + 1):
            ended |= self._deliver(waiting, delivery)
            waiting = {one: body for one, body in waiting.items() if ended[one].outcome == "failed"}
            if not waiting:
                break
        return [ended[message_id] for message_id in ids]

    def _deliver(self, bodies: Mapping[str, str], delivery: int) -> dict[str, Ended]:
        event = {"Records": [_record(message_id, body, delivery) for message_id, body in bodies.items()]}
        result = self._runner.run(input=json.dumps(event), execution_timeout=EXECUTION_TIMEOUT_SECONDS)
        assert result.status.value == "SUCCEEDED", result.error
        failed = {failure["itemIdentifier"] for failure in json.loads(result.result or "null")["batchItemFailures"]}
        rejected = self._rejected()
        assert rejected.keys() | failed <= bodies.keys(), "there is something that nobody sent"
        return {
            message_id: replace(self._ended(message_id, body, rejected, failed), delivery=delivery)
            for message_id, body in bodies.items()
        }

    def _ended(self, message_id: str, body: str, rejected: Mapping[str, Ended], failed: set[str]) -> Ended:
        found = [rejected[message_id]] if message_id in rejected else []
        if message_id in failed:
            found.append(Ended("failed"))
        item = self._item(f"fuzz-esm-{message_id}")
        if item is None and not found and (key := self.key_of(body)):
            item = self._item(f"fuzz-key-{key}")  # it may belong to another message, with the same key and data
        if item is not None:
            found.append(Ended("stored", item))
        assert len(found) == 1, f"{message_id} has the outcomes {[one.outcome for one in found]}"
        return found[0]

    def _item(self, execution_id: str) -> dict[str, Any] | None:
        key = {"execution_id": {"S": execution_id}}
        item = self._dynamodb.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item")
        read = ExactDeserializer().deserialize
        return {name: read(value) for name, value in item.items()} if item else None

    def _rejected(self) -> dict[str, Ended]:
        found: dict[str, Ended] = {}
        while messages := self._sqs.receive_message(
            QueueUrl=self._invalid, MaxNumberOfMessages=10, MessageAttributeNames=["All"], WaitTimeSeconds=0
        ).get("Messages"):
            for message in messages:
                said = json.loads(message["MessageAttributes"]["durable_pipeline"]["StringValue"])
                assert said["message_id"] not in found, "a message was rejected twice"
                why = {name: said.get(name, "") for name in ("code", "field", "reason")}
                found[said["message_id"]] = Ended("rejected", body=message["Body"], **why)
                self._sqs.delete_message(QueueUrl=self._invalid, ReceiptHandle=message["ReceiptHandle"])
        return found


def _record(message_id: str, body: str, delivery: int) -> dict[str, Any]:
    return {
        "messageId": message_id,
        "receiptHandle": f"handle-{message_id}",
        "body": body,
        "attributes": {"ApproximateReceiveCount": str(delivery), "SentTimestamp": "1700000000000"},
        "messageAttributes": {},
        "md5OfBody": "0" * 32,
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-west-2:000000000000:queue",
        "awsRegion": "us-west-2",
    }
