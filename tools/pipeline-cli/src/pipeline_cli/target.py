"""The environment of a command, on AWS or on this machine, with clients for its services."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from local_aws.aws import AwsEndpoint
from pipeline_contracts.envelopes import Envelope

from pipeline_cli.errors import CommandError
from pipeline_cli.intake import Intake
from pipeline_cli.outputs import StackOutputs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

VARIABLES = Path(".emulator/env")
"""The variables for a shell, written by `./nox -s local` while it runs."""

ENVIRONMENT_VARIABLE = "PIPELINE_ENVIRONMENT"
_CONFIG = Config(retries={"mode": "standard", "total_max_attempts": 5}, max_pool_connections=32)
_PARAMETERS = {
    "queue_url": "data-processing-queue/url",
    "dead_letter_queue_url": "data-processing-dead-letter-queue/url",
    "invalid_message_queue_url": "invalid-message-queue/url",
    "table_name": "processed-data-table/name",
    "function_arn": "orchestrator/function-arn",
}
_ENVELOPE = "orchestrator/envelope"


@dataclass(frozen=True)
class Resources(StackOutputs):
    """The queues, the table, and the orchestrator."""

    function_arn: str
    """The ARN of its alias."""

    @property
    def function_name(self) -> str:
        """The name of the orchestrator, without a qualifier."""
        return self.function_arn.split(":")[6]

    @property
    def alias(self) -> str:
        """The alias, which is the same for the other functions."""
        return self.function_arn.split(":")[7]

    @property
    def log_group(self) -> str:
        """The orchestrator's log group."""
        return f"/aws/lambda/{self.function_name}"


@dataclass(frozen=True)
class Target:
    """One deployed environment."""

    environment: str
    """Its name: the parameter `EnvironmentName`, the prefix of its resources' names."""
    make_client: Callable[[str], Any]
    """Makes a boto3 client of a service."""

    @cached_property
    def resources(self) -> Resources:
        """Look up the names that the stacks published.

        Raises:
            CommandError: The environment does not exist, or is incomplete.
        """
        missing = [path for path in _PARAMETERS.values() if path not in self._published]
        if missing:
            raise CommandError(
                f"{self.environment} is not deployed, or only in part, in {self.region}: "
                f"no SSM parameter {', '.join(sorted(map(self._parameter, missing)))}"
            )
        return Resources(**{field: self._published[path] for field, path in _PARAMETERS.items()})

    @cached_property
    def intake(self) -> Intake:
        """Return how the orchestrator reads a body; an orchestrator that publishes no envelope has none.

        Raises:
            CommandError: It has an envelope that this release does not know.
        """
        name = self._published.get(_ENVELOPE, Envelope.NONE.value)
        try:
            return Intake(self.environment, Envelope(name))
        except ValueError:
            reason = f"{self.environment} has the Envelope {name!r}, which this release does not know"
            raise CommandError(reason) from None

    @cached_property
    def _published(self) -> Mapping[str, str]:
        names = {self._parameter(path): path for path in (*_PARAMETERS.values(), _ENVELOPE)}
        answer = self.client("ssm").get_parameters(Names=list(names))
        return {names[one["Name"]]: one["Value"] for one in answer["Parameters"]}

    def _parameter(self, path: str) -> str:
        return f"/durable-pipeline/{self.environment}/{path}"

    @cached_property
    def region(self) -> str:
        """The region of the clients."""
        region: str = self.client("ssm").meta.region_name
        return region

    @cached_property
    def _clients(self) -> dict[str, Any]:
        return {}

    def client(self, service: str) -> Any:
        """Return the client of a service; several threads may use it."""
        if service not in self._clients:
            self._clients[service] = self.make_client(service)
        return self._clients[service]


def choose(environment: str | None, *, local: bool, folder: Path) -> Target:
    """Return the environment of that name on AWS, or the one that runs on this machine from a folder.

    Raises:
        CommandError: No name was given, and none runs here.
    """
    if environment and not local:
        return Target(environment, aws_client)
    variables = _variables(folder)
    if variables is None:
        raise CommandError(
            "no environment runs on this machine: start one with ./nox -s local, or name one on AWS with --env"
        )
    certificates = variables.get("AWS_CA_BUNDLE")
    endpoint = AwsEndpoint(variables["AWS_ENDPOINT_URL"], Path(certificates) if certificates else None)
    return Target(environment or variables.get(ENVIRONMENT_VARIABLE, "local"), client_of(endpoint))


def aws_client(service: str) -> Any:
    """Make a client with the caller's own configuration: profile, region, and AWS_ENDPOINT_URL if set."""
    client: Any = boto3.client  # boto3's types know services only as literal names
    return client(service, config=_CONFIG)


def client_of(endpoint: AwsEndpoint) -> Callable[[str], Any]:
    """Return a function that makes clients for an emulated AWS."""
    session: Any = endpoint.session()
    return lambda service: session.client(service, endpoint_url=endpoint.url)


def _variables(folder: Path) -> Mapping[str, str] | None:
    try:
        lines = (folder / VARIABLES).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return None
    words = (shlex.split(line, comments=True) for line in lines)
    return dict(pair.split("=", 1) for _export, pair in filter(None, words))
