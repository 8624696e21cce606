"""A separate environment for each test, with functions and an event source mapping, on MiniStack."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from aws_environment import AwsEnvironment
from botocore.exceptions import ClientError
from lambda_functions import publish
from local_aws.aws import REGION
from pipeline_cli.target import Target

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

SERVICES = ("validator", "orchestrator")

_names = (f"t{number}" for number in count(1))


@dataclass
class Environment(AwsEnvironment):
    """An environment with functions; fakes replace some services."""

    fakes: dict[str, Any] = field(default_factory=dict)

    @property
    def target(self) -> Target:
        return Target(self.name, lambda service: self.fakes.get(service) or self.client(service))

    def depth(self, queue: str) -> int:
        attributes = self.sqs.get_queue_attributes(QueueUrl=self.url(queue), AttributeNames=["All"])["Attributes"]
        return int(attributes["ApproximateNumberOfMessages"])

    def log(self, *lines: dict[str, Any], at: datetime | None = None) -> None:
        """Write lines to the orchestrator's log, now or at another time."""
        self.log_lines([json.dumps(line) for line in lines], at)

    def deploy(self) -> None:
        super().deploy()
        functions = self.client("lambda")
        for service in SERVICES:
            publish(functions, f"{self.prefix}-{service}")
        functions.create_event_source_mapping(
            FunctionName=f"{self.prefix}-orchestrator:live",
            EventSourceArn=f"arn:aws:sqs:{REGION}:000000000000:{self.prefix}-source",
            Enabled=False,  # only the test receives messages
        )


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


@pytest.fixture
def environment(new_client: Callable[[str], Any], client: Callable[[str], Any]) -> Environment:
    environment = Environment(new_client, client, next(_names))
    environment.deploy()
    return environment


@pytest.fixture
def refusing() -> type[Refusing]:
    return Refusing
