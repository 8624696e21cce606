"""From the build of the SAM CLI to a deployed stack, and the description of its content."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local_aws.deploy.build import BUCKET
from local_aws.deploy.parameters import problems
from local_aws.deploy.stack import create_stack
from local_aws.deploy.transform import Transformer, parse_template
from local_aws.errors import EmulatorError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.type_defs import StackTypeDef

    from local_aws.aws import AwsEndpoint
    from local_aws.deploy.build import Build

STACK_NAME = "local"

_PACKAGE_SECONDS = 300.0
_STACK_SECONDS = 120.0


@dataclass(frozen=True)
class DeployedFunction:
    """A deployed function; its execution timeout is in seconds, and None for a plain function."""

    name: str
    execution_timeout: int | None


@dataclass(frozen=True)
class Deployment:
    """A deployment: its parameters with their values, its outputs, and all its functions."""

    parameters: Mapping[str, str]
    outputs: Mapping[str, str]
    functions: tuple[DeployedFunction, ...]

    @property
    def durable_functions(self) -> list[DeployedFunction]:
        """The durable functions."""
        return [function for function in self.functions if function.execution_timeout]


def deploy(build: Build, endpoint: AwsEndpoint, parameters: Mapping[str, str]) -> Deployment:
    """Package the build, transform the templates and create the stack."""
    build.package.start()
    build.package.wait_for_success(seconds=_PACKAGE_SECONDS)
    transformer = Transformer(endpoint.s3(), BUCKET, endpoint.url, stack=STACK_NAME)
    template = transformer.transform(build.packaged.read_text(encoding="utf-8"), parameters, name=build.template.name)
    client = endpoint.cloudformation()
    create_stack(client, STACK_NAME, transformer.upload(template), parameters, seconds=_STACK_SECONDS)
    return deployed(endpoint, [STACK_NAME])


def deployed(endpoint: AwsEndpoint, stacks: Sequence[str]) -> Deployment:
    """Describe the combined content of some stacks; of two outputs with the same name, the last one wins."""
    client = endpoint.cloudformation()
    parameters: dict[str, str] = {}
    outputs: dict[str, str] = {}
    functions: list[DeployedFunction] = []
    for stack in stacks:
        described = client.describe_stacks(StackName=stack)["Stacks"][0]
        parameters |= _parameters(described)
        outputs |= {output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", [])}
        functions += _functions(client, stack)
    return Deployment(parameters, outputs, tuple(functions))


def all_functions(endpoint: AwsEndpoint) -> list[DeployedFunction]:
    """List the functions of all stacks; raises EmulatorError if a template is not understood."""
    client = endpoint.cloudformation()
    pages = client.get_paginator("describe_stacks").paginate()
    roots = [stack["StackName"] for page in pages for stack in page["Stacks"] if not stack.get("ParentId")]
    return [function for stack in roots for function in _functions(client, stack)]


def check_parameters(template: Path, parameters: Mapping[str, str]) -> None:
    """Raise EmulatorError if the template does not have or accept one of the parameters, or cannot be read."""
    try:
        declared = parse_template(template.read_text(encoding="utf-8")).get("Parameters", {})
    except OSError as error:
        raise EmulatorError(f"the template {template} cannot be read: {error.strerror}") from error
    unknown = sorted(set(parameters) - set(declared))
    if unknown:
        names = ", ".join(sorted(declared))
        raise EmulatorError(f"the root template has no parameter {', '.join(unknown)}, only {names}")
    for problem in problems(declared, parameters):
        raise EmulatorError(problem)


def _functions(client: CloudFormationClient, stack: str) -> Iterator[DeployedFunction]:
    """List the functions of a stack and of its nested stacks.

    MiniStack drops a function's DurableConfig, so it is taken from the template and the parameters of the stack.
    """
    body: Any = client.get_template(StackName=stack)["TemplateBody"]
    template = parse_template(body) if isinstance(body, str) else body
    parameters = _parameters(client.describe_stacks(StackName=stack)["Stacks"][0])
    for entry in client.describe_stack_resources(StackName=stack)["StackResources"]:
        name, physical_id = entry["LogicalResourceId"], entry.get("PhysicalResourceId", "")
        if entry["ResourceType"] == "AWS::Lambda::Function":
            durable = template["Resources"][name]["Properties"].get("DurableConfig", {})
            yield DeployedFunction(physical_id, _number(durable.get("ExecutionTimeout"), parameters, name))
        if entry["ResourceType"] == "AWS::CloudFormation::Stack":
            yield from _functions(client, physical_id)


def _parameters(stack: StackTypeDef) -> dict[str, str]:
    return {entry["ParameterKey"]: entry["ParameterValue"] for entry in stack.get("Parameters", [])}


def _number(value: Any, parameters: Mapping[str, str], function: str) -> int | None:
    match value:
        case None:
            return None
        case {"Ref": reference} if reference in parameters:
            return int(parameters[reference])
        case int() | str():
            return int(value)
    raise EmulatorError(f"ExecutionTimeout of {function} is {value!r}; only a number or a parameter is supported")
