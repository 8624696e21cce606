"""An environment without functions: its queues, its table and its logs, on a real MiniStack."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.types import TypeSerializer
from pipeline_cli.app import main
from pipeline_cli.declared_stages import stages
from pipeline_cli.queue_reader import QueueReader
from pipeline_cli.repository import find_repository
from pipeline_contracts import PipelineMessage, data_digest, execution_id, parse_body, parse_message
from pipeline_contracts.message import EXAMPLES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from mypy_boto3_sqs.type_defs import MessageTypeDef

SERVICES = tuple(stage.service for stage in stages(find_repository()))
FAST = ("--yes", "--rate", "100000")
INVALID = "{}"
"""A body that is rejected."""
MISSING = next(name for name, field in PipelineMessage.model_fields.items() if field.is_required())
"""The first field that it lacks."""


def body(number: object = 0, **fields: object) -> str:
    return json.dumps({**EXAMPLES[0], "number": number, **fields})


def digest(text: str) -> str:
    return data_digest(parse_body(text))


def rejected(stage: str = "validate", code: str = "blank_field", **told: str) -> dict[str, Any]:
    """Return the attributes of a message in the invalid message queue."""
    return own({"stage": stage, "code": code, "field": "columns", "reason": "columns: must not be empty"} | told)


def own(told: object) -> dict[str, Any]:
    return {"durable_pipeline": {"DataType": "String", "StringValue": json.dumps(told)}}


@dataclass
class AwsEnvironment:
    new_client: Callable[[str], Any]
    """Makes clients for the commands."""
    client: Callable[[str], Any]
    """Returns the tests' own client of a service."""
    name: str
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    """All calls of the commands, with their arguments."""
    _urls: dict[str, str] = field(default_factory=dict)

    @property
    def prefix(self) -> str:
        return f"{self.name}-durable-pipeline"

    @property
    def operations_group(self) -> str:
        return f"/durable-pipeline/{self.name}/operations"

    @property
    def log_group(self) -> str:
        return f"/aws/lambda/{self.prefix}-orchestrator"

    def deploy(self) -> None:
        for queue in ("source", "dead", "invalid"):
            self._urls[queue] = self.sqs.create_queue(QueueName=f"{self.prefix}-{queue}")["QueueUrl"]
        self.dynamodb.create_table(
            TableName=f"{self.prefix}-table",
            KeySchema=[{"AttributeName": "execution_id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "execution_id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        arn = f"arn:aws:lambda:eu-central-2:000000000000:function:{self.prefix}"
        parameters = {
            "data-processing-queue/url": self.url("source"),
            "data-processing-dead-letter-queue/url": self.url("dead"),
            "invalid-message-queue/url": self.url("invalid"),
            "processed-data-table/name": f"{self.prefix}-table",
            **{f"{name}/function-arn": f"{arn}-{name}:live" for name in ("orchestrator", *SERVICES)},
        }
        ssm = self.client("ssm")
        for path, value in parameters.items():
            ssm.put_parameter(Name=f"/durable-pipeline/{self.name}/{path}", Value=value, Type="String")
        for group in (self.log_group, self.operations_group):
            self.logs.create_log_group(logGroupName=group)
        self.logs.create_log_stream(logGroupName=self.log_group, logStreamName="all")

    @property
    def sqs(self) -> Any:
        return self.client("sqs")

    @property
    def dynamodb(self) -> Any:
        return self.client("dynamodb")

    @property
    def logs(self) -> Any:
        return self.client("logs")

    def make_client(self, service: str) -> Any:
        """Make a client for the commands. It waits for no message, as this SQS knows at once that it has none."""
        client = self.new_client(service)

        def note(params: dict[str, Any], model: Any, **_: Any) -> None:
            if model.name == "ReceiveMessage":
                params["WaitTimeSeconds"] = 0
            self.calls.append((model.name, dict(params)))

        client.meta.events.register("provide-client-params", note)
        return client

    def url(self, queue: str) -> str:
        return self._urls[queue]

    def show(self, queue: str, handles: Sequence[str]) -> None:
        """Make messages visible that somebody has received; expired receipts are ignored."""
        for start in range(0, len(handles), 10):
            entries = [
                {"Id": str(index), "ReceiptHandle": handle, "VisibilityTimeout": 0}
                for index, handle in enumerate(handles[start : start + 10])
            ]
            self.sqs.change_message_visibility_batch(QueueUrl=self.url(queue), Entries=entries)

    def send(self, queue: str, bodies: Sequence[str], attributes: dict[str, Any] | None = None) -> list[str]:
        """Send to a queue, and return the message ids."""
        ids = []
        for start in range(0, len(bodies), 10):
            entries = [
                {"Id": str(index), "MessageBody": text, "MessageAttributes": attributes or {}}
                for index, text in enumerate(bodies[start : start + 10])
            ]
            answer = self.sqs.send_message_batch(QueueUrl=self.url(queue), Entries=entries)
            assert not answer.get("Failed")
            ids += [one["MessageId"] for one in sorted(answer["Successful"], key=lambda one: int(one["Id"]))]
        return ids

    def messages(self, queue: str) -> dict[str, MessageTypeDef]:
        """Look at the messages of a queue, by id."""
        reader = QueueReader(self.sqs, self.url(queue))
        found = {message["MessageId"]: message for message in reader.new_messages()}
        reader.put_back()
        return found

    def sent_identities(self) -> Counter[str]:
        """Count how often each original message id was sent to the source queue."""
        return Counter(
            json.loads(message["MessageAttributes"]["durable_pipeline"]["StringValue"])["message_id"]
            for message in self.messages("source").values()
        )

    def identity_of(self, message_id: str, text: str) -> str:
        return execution_id(self.name, message_id, parse_message(text))

    def store(self, key: str, text: str, *, digest: bool = True) -> None:
        """Store the data of a body as the storer does, or as it did before it wrote digests."""
        self.put_items([_item(key, text, digest=digest)])

    def store_all(self, bodies: Mapping[str, str]) -> None:
        """Store the data of bodies by their keys."""
        self.put_items([_item(key, text) for key, text in bodies.items()])

    def put_items(self, items: Sequence[dict[str, Any]]) -> None:
        requests = [
            {"PutRequest": {"Item": {name: TypeSerializer().serialize(value) for name, value in item.items()}}}
            for item in items
        ]
        for start in range(0, len(requests), 25):
            self.dynamodb.batch_write_item(RequestItems={f"{self.prefix}-table": requests[start : start + 25]})

    def log_failures(
        self, ids: Iterable[str], code: str = "throttled", at: datetime | None = None, **told: str
    ) -> None:
        """Log that messages failed, as the orchestrator does."""
        line = {
            "level": "WARNING",
            "message": "message failed",
            "stage": "store",
            "code": code,
            "reason": "busy",
        } | told
        self.log_lines([json.dumps(line | {"message_id": one}) for one in ids], at)

    def log_lines(self, lines: Sequence[str], at: datetime | None = None) -> None:
        timestamp = int((at or datetime.now(UTC)).timestamp() * 1000)
        self.logs.put_log_events(
            logGroupName=self.log_group,
            logStreamName="all",
            logEvents=[{"timestamp": timestamp, "message": line} for line in lines],
        )

    def operations(self) -> list[dict[str, Any]]:
        """Return the lines of the operations log."""
        events = self.logs.filter_log_events(logGroupName=self.operations_group)["events"]
        return [json.loads(event["message"]) for event in events]

    def called(self, operation: str) -> list[dict[str, Any]]:
        return [params for name, params in self.calls if name == operation]

    def run(self, *arguments: str) -> int:
        """Run a command."""
        return main([*arguments, "--env", self.name])


def _item(key: str, text: str, *, digest: bool = True) -> dict[str, Any]:
    data = parse_body(text)
    item = {"execution_id": key, "message_id": "any", "original_data": data, "stored_at": "2026-01-31T12:00:00Z"}
    return item | ({"data_digest": data_digest(data)} if digest else {})
