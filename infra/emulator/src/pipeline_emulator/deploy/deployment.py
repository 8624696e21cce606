"""From what the SAM CLI has built to a stack that is there."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline_emulator.deploy.functions import DeployedFunction, deployed_functions, parameters_of
from pipeline_emulator.deploy.sam import BUCKET, SamCli
from pipeline_emulator.deploy.stack import create_stack
from pipeline_emulator.deploy.transform import Transformer, parse_template
from pipeline_emulator.errors import EmulatorError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from pipeline_emulator.aws import AwsEndpoint
    from pipeline_emulator.executables import Executables

STACK_NAME = "durable-pipeline"

_PACKAGE_SECONDS = 300.0
_STACK_SECONDS = 120.0


@dataclass(frozen=True)
class StackOutputs:
    """The outputs of the root stack."""

    queue_url: str
    dead_letter_queue_url: str
    invalid_message_queue_url: str
    table_name: str
    durable_function_arn: str

    @classmethod
    def of(cls, outputs: Mapping[str, str]) -> StackOutputs:
        """Take them by their names in the template; raises EmulatorError when one is missing."""
        try:
            return cls(
                queue_url=outputs["DataProcessingQueueUrl"],
                dead_letter_queue_url=outputs["DataProcessingDeadLetterQueueUrl"],
                invalid_message_queue_url=outputs["InvalidMessageQueueUrl"],
                table_name=outputs["ProcessedDataTable"],
                durable_function_arn=outputs["DurableFunctionArn"],
            )
        except KeyError as error:
            raise EmulatorError(f"the root stack has no output {error}, only {sorted(outputs)}") from None


@dataclass(frozen=True)
class Deployment:
    """The deployed stack: its parameters with their values, its outputs, and all its functions."""

    parameters: Mapping[str, str]
    outputs: StackOutputs
    functions: tuple[DeployedFunction, ...]

    def durable_function(self) -> DeployedFunction:
        """Give the function that the event source mapping invokes."""
        name = self.outputs.durable_function_arn.partition(":function:")[2].partition(":")[0]
        for function in self.functions:
            if function.name == name and function.durable is not None:
                return function
        raise EmulatorError(f"the output DurableFunctionArn names {name}, which has no DurableConfig in the templates")


def deploy(sam: SamCli, endpoint: AwsEndpoint, parameters: Mapping[str, str]) -> Deployment:
    """Package what is built, transform the templates and create the stack."""
    package, packaged = sam.package()
    package.start()
    try:
        package.wait_for_success(seconds=_PACKAGE_SECONDS)
    finally:
        package.kill()
    text = packaged.read_text(encoding="utf-8")
    transformer = Transformer(endpoint.s3(), BUCKET, endpoint.url)
    template = transformer.transform(text, parameters, name=sam.template.name)
    client = endpoint.cloudformation()
    create_stack(client, STACK_NAME, transformer.upload(template), parameters, seconds=_STACK_SECONDS)
    return deployed(endpoint, [STACK_NAME])


def deployed(endpoint: AwsEndpoint, stacks: Sequence[str]) -> Deployment:
    """Describe what was deployed: as the root stack, or in parts, of which one is the orchestrator's."""
    client = endpoint.cloudformation()
    parameters: dict[str, str] = {}
    outputs: dict[str, str] = {}
    functions: list[DeployedFunction] = []
    for stack in stacks:
        parameters |= parameters_of(client, stack)
        described = client.describe_stacks(StackName=stack)["Stacks"][0].get("Outputs", [])
        own = {output["OutputKey"]: output["OutputValue"] for output in described}
        those = deployed_functions(client, stack)
        if any(function.durable for function in those) and "FunctionArn" in own:
            own["DurableFunctionArn"] = own["FunctionArn"]
        outputs |= own
        functions += those
    return Deployment(parameters, StackOutputs.of(outputs), tuple(functions))


def parameters_for(template: Path, executables: Executables, overrides: Mapping[str, str]) -> dict[str, str]:
    """Give the parameters to deploy a root template with; raises EmulatorError if it lacks one of ``overrides``."""
    declared = parse_template(template.read_text(encoding="utf-8")).get("Parameters", {})
    unknown = sorted(set(overrides) - set(declared))
    if unknown:
        raise EmulatorError(f"the root template has no parameter {', '.join(unknown)}, only {sorted(declared)}")
    own = {
        "EnvironmentName": "local",
        "PythonRuntime": executables.python_runtime,
        "Architecture": executables.architecture,
        # More executions side by side than this machine can run would only slow each other down.
        "MaximumConcurrency": str(max(2, min(10, 2 * (os.cpu_count() or 1)))),
        # Else MiniStack polls the queue itself, and invokes the function without a durable execution.
        "EventSourceEnabled": "false",
    }
    return {name: value for name, value in own.items() if name in declared} | dict(overrides)
