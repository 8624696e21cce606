"""A separate environment for each test, with the resources of the pipeline, on MiniStack."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from local_aws.aws import REGION
from local_aws.ministack import ministack_alone
from pipeline_cli.target import Target, client_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from local_aws.aws import AwsEndpoint

ACCOUNT = "000000000000"
SERVICES = ("validator", "orchestrator")

_names = (f"t{number}" for number in count(1))


@dataclass
class Environment:
    """The resources of the templates, as far as the commands use them; fakes replace some services."""

    name: str
    make_client: Callable[[str], Any]
    fakes: dict[str, Any] = field(default_factory=dict)

    @property
    def target(self) -> Target:
        return Target(self.name, lambda service: self.fakes.get(service) or self.make_client(service))

    def client(self, service: str) -> Any:
        return self.make_client(service)

    def queue_url(self, name: str) -> str:
        url: str = self.client("sqs").get_queue_url(QueueName=f"{self.name}-durable-pipeline-{name}")["QueueUrl"]
        return url

    def depth(self, name: str) -> int:
        attributes = self.client("sqs").get_queue_attributes(QueueUrl=self.queue_url(name), AttributeNames=["All"])
        return int(attributes["Attributes"]["ApproximateNumberOfMessages"])

    def log(self, *lines: dict[str, Any], service: str = "orchestrator", at: int) -> None:
        """Write lines to the log of a service at a time in milliseconds."""
        logs, group = self.client("logs"), f"/aws/lambda/{self.name}-durable-pipeline-{service}"
        stream = f"s{next(_names)}"
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
        events = [{"timestamp": at, "message": json.dumps(line)} for line in lines]
        logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)

    def operations(self) -> list[dict[str, Any]]:
        """Return the content of the operations log."""
        group = f"/durable-pipeline/{self.name}/operations"
        events = self.client("logs").filter_log_events(logGroupName=group)["events"]
        return [json.loads(event["message"]) for event in events]

    def deploy(self) -> Environment:
        sqs, ssm, logs, functions = (self.client(each) for each in ("sqs", "ssm", "logs", "lambda"))
        prefix, parameters = f"{self.name}-durable-pipeline-", {}
        for queue in ("data-processing", "data-processing-dead-letter", "invalid-message"):
            parameters[f"{queue}-queue/url"] = sqs.create_queue(QueueName=f"{prefix}{queue}")["QueueUrl"]
        parameters["processed-data-table/name"] = f"{prefix}table"
        self.client("dynamodb").create_table(
            TableName=f"{prefix}table",
            KeySchema=[{"AttributeName": "execution_id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "execution_id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        for service in SERVICES:
            functions.create_function(
                FunctionName=f"{prefix}{service}",
                Runtime="python3.11",
                Handler="code.handler",
                Code={"ZipFile": _package()},
                Role=f"arn:aws:iam::{ACCOUNT}:role/test",
            )
            version = functions.publish_version(FunctionName=f"{prefix}{service}", Description=f"the {service}")
            alias = functions.create_alias(
                FunctionName=f"{prefix}{service}", Name="live", FunctionVersion=version["Version"]
            )
            parameters[f"{service}/function-arn"] = alias["AliasArn"]
            logs.create_log_group(logGroupName=f"/aws/lambda/{prefix}{service}")
        functions.create_event_source_mapping(
            FunctionName=parameters["orchestrator/function-arn"],
            EventSourceArn=f"arn:aws:sqs:{REGION}:{ACCOUNT}:{prefix}data-processing",
            Enabled=False,  # only the test receives messages
        )
        for name, value in parameters.items():
            ssm.put_parameter(Name=f"/durable-pipeline/{self.name}/{name}", Value=value, Type="String")
        logs.create_log_group(logGroupName=f"/durable-pipeline/{self.name}/operations")
        return self


class Refusing:
    """A real client of which some calls are refused with an error code."""

    def __init__(self, real: Any, code: str, *methods: str) -> None:
        self._real = real
        self._code = code
        self._methods = methods

    def __getattr__(self, name: str) -> Any:
        return self._refuse(name) if name in self._methods else getattr(self._real, name)

    def get_paginator(self, name: str) -> Any:
        if name in self._methods:
            self._refuse(name)()
        return self._real.get_paginator(name)

    def _refuse(self, method: str) -> Callable[..., Any]:
        def refused(**_: Any) -> Any:
            operation = "".join(word.capitalize() for word in method.split("_"))
            message = f"User: me is not authorized to perform: test:{operation} on resource: *"
            raise ClientError({"Error": {"Code": self._code, "Message": message}}, operation)

        return refused


@pytest.fixture(scope="session")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AwsEndpoint]:
    with ministack_alone(tmp_path_factory.mktemp("aws")) as endpoint:
        yield endpoint


@pytest.fixture(scope="session")
def make_client(endpoint: AwsEndpoint) -> Callable[[str], Any]:
    return cache(client_of(endpoint))


@pytest.fixture
def environment(make_client: Callable[[str], Any]) -> Environment:
    return Environment(next(_names), make_client).deploy()


@pytest.fixture
def refusing() -> type[Refusing]:
    return Refusing


def _package() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as package:
        package.writestr("code.py", "def handler(event, context): return {}")
    return file.getvalue()
