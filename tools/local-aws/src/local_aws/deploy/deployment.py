"""From what the SAM CLI has built to a stack that is there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from local_aws.deploy.build import BUCKET
from local_aws.deploy.functions import DeployedFunction, deployed_functions, parameters_of
from local_aws.deploy.stack import create_stack
from local_aws.deploy.transform import Transformer, parse_template
from local_aws.errors import EmulatorError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from local_aws.aws import AwsEndpoint
    from local_aws.deploy.build import Build

STACK_NAME = "local"

_PACKAGE_SECONDS = 300.0
_STACK_SECONDS = 120.0


@dataclass(frozen=True)
class Deployment:
    """What is deployed: its parameters with their values, its outputs, and all its functions."""

    parameters: Mapping[str, str]
    outputs: Mapping[str, str]
    functions: tuple[DeployedFunction, ...]

    @property
    def durable_functions(self) -> list[DeployedFunction]:
        """Those functions that are durable."""
        return [function for function in self.functions if function.durable_config]


def deploy(build: Build, endpoint: AwsEndpoint, parameters: Mapping[str, str]) -> Deployment:
    """Package what is built, transform the templates and create the stack."""
    build.package.start()
    build.package.wait_for_success(seconds=_PACKAGE_SECONDS)
    transformer = Transformer(endpoint.s3(), BUCKET, endpoint.url)
    template = transformer.transform(build.packaged.read_text(encoding="utf-8"), parameters, name=build.template.name)
    client = endpoint.cloudformation()
    create_stack(client, STACK_NAME, transformer.upload(template), parameters, seconds=_STACK_SECONDS)
    return deployed(endpoint, [STACK_NAME])


def deployed(endpoint: AwsEndpoint, stacks: Sequence[str]) -> Deployment:
    """Describe what some stacks have deployed together; of two outputs with one name, the last one counts."""
    client = endpoint.cloudformation()
    parameters: dict[str, str] = {}
    outputs: dict[str, str] = {}
    functions: list[DeployedFunction] = []
    for stack in stacks:
        parameters |= parameters_of(client, stack)
        described = client.describe_stacks(StackName=stack)["Stacks"][0].get("Outputs", [])
        outputs |= {output["OutputKey"]: output["OutputValue"] for output in described}
        functions += deployed_functions(client, stack)
    return Deployment(parameters, outputs, tuple(functions))


def check_parameters(template: Path, parameters: Mapping[str, str]) -> None:
    """Raise EmulatorError if the template lacks one of the parameters, or cannot be read."""
    try:
        declared = parse_template(template.read_text(encoding="utf-8")).get("Parameters", {})
    except OSError as error:
        raise EmulatorError(f"the template {template} cannot be read: {error.strerror}") from error
    unknown = sorted(set(parameters) - set(declared))
    if unknown:
        raise EmulatorError(f"the root template has no parameter {', '.join(unknown)}, only {sorted(declared)}")
