"""The toy application, in which the bodies decide whether messages are stored, rejected or fail."""

from __future__ import annotations

import json
import os
import sysconfig
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from local_aws.address import check_ports
from local_aws.errors import EmulatorError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from local_aws.emulator import Emulator

TOY = Path(__file__).parent / "toy"

# Redeliveries are quick, and a message that keeps failing becomes a dead letter after two.
QUICK = {"ExecutionTimeoutSeconds": "10", "VisibilityTimeoutSeconds": "6", "MaxReceiveCount": "2"}

_OF_THE_USER = {
    "AWS_PROFILE": "a-profile-that-is-not-there",
    "AWS_DEFAULT_REGION": "eu-central-1",
    **dict.fromkeys(("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SQS", "AWS_ENDPOINT_URL_LAMBDA"), "http://127.0.0.1:9"),
    "AWS_SESSION_TOKEN": "of real AWS",
    **dict.fromkeys(("HTTP_PROXY", "http_proxy"), "http://127.0.0.1:9"),
    "AUTH": "true",
    "SERVICES": "ses",
    "LOG_LEVEL": "CRITICAL",
}


@pytest.fixture(scope="session", autouse=True)
def hostile_environment() -> Iterator[None]:
    """Set variables that a user may have set for real AWS, and that would break the emulated one if they were used."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOY_SITE_PACKAGES", sysconfig.get_paths()["purelib"])
        for name, value in _OF_THE_USER.items():
            patch.setenv(name, value)
        yield


def free_address() -> int:
    """Find a port for a run that stays up, different from those of a user's own run or of concurrent tests."""
    first = 21_000 + os.getpid() % 5_000 * 2
    for port in range(first, first + 100, 2):
        try:
            check_ports(port)
        except EmulatorError:
            continue
        return port
    raise RuntimeError(f"no port from {first} on is free")


def body(outcome: str) -> str:
    """Return a body that makes the toy decide on that outcome."""
    return json.dumps({"outcome": outcome, "data_source": uuid.uuid4().hex})


def until(condition: Callable[[], bool], seconds: float = 30) -> None:
    """Wait until the condition holds; raises AssertionError if it does not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"it did not happen in {seconds} s"
        time.sleep(0.1)


def executions_of(aws: Emulator, message_id: str) -> set[str]:
    """Return the executions that had a message in their batch."""
    service = aws.durable_endpoint.lambda_()
    (function,) = aws.deployment.durable_functions
    listed = service.list_durable_executions_by_function(FunctionName=function.name, ReverseOrder=True)
    arns = [execution["DurableExecutionArn"] for execution in listed["DurableExecutions"]]
    inputs = {arn: service.get_durable_execution(DurableExecutionArn=arn)["InputPayload"] for arn in arns}
    return {arn for arn, event in inputs.items() if message_id in event}


class Toy:
    """The deployed toy, which records ``stored``, ``rejected`` and ``failed`` messages by id."""

    def __init__(self, aws: Emulator) -> None:
        self.aws = aws
        self._sqs = aws.endpoint.sqs()
        dynamodb = aws.endpoint.session().resource("dynamodb", endpoint_url=aws.endpoint.url)
        self._table = dynamodb.Table(aws.outputs["ProcessedDataTable"])
        self._ended: dict[str, str] = {}

    def send(self, *bodies: str) -> list[str]:
        """Send the bodies and return the message ids."""
        url = self.aws.outputs["DataProcessingQueueUrl"]
        return [self._sqs.send_message(QueueUrl=url, MessageBody=text)["MessageId"] for text in bodies]

    def item(self, message_id: str) -> dict[str, Any] | None:
        """Read the item of a message."""
        key = {"execution_id": f"toy-esm-{message_id}"}
        return self._table.get_item(Key=key, ConsistentRead=True).get("Item")

    def ends(self, messages: Sequence[str]) -> list[str | None]:
        """Return where each message is found: stored, rejected, failed, or None."""
        for message in self._received("InvalidMessageQueueUrl"):
            told = json.loads(message["MessageAttributes"]["durable_pipeline"]["StringValue"])
            self._ended[told["message_id"]] = "rejected"
        for message in self._received("DataProcessingDeadLetterQueueUrl"):
            self._ended[message["MessageId"]] = "failed"
        for message_id in messages:
            if message_id not in self._ended and self.item(message_id):
                self._ended[message_id] = "stored"
        return [self._ended.get(message_id) for message_id in messages]

    def settled(self, messages: Sequence[str]) -> bool:
        """Return whether each message has an outcome."""
        return None not in self.ends(messages)

    def depth(self, kind: str = "", *, queue: str = "DataProcessingQueueUrl") -> int:
        """Count the visible messages in a queue, or those of another kind, such as NotVisible."""
        url = self.aws.outputs[queue]
        attributes: Any = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        return int(attributes[f"ApproximateNumberOfMessages{kind}"])

    def _received(self, output: str) -> list[Any]:
        """Receive and delete all messages of a queue."""
        url, found = self.aws.outputs[output], []
        while messages := self._sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        ).get("Messages", []):
            found += messages
            for message in messages:
                self._sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return found
