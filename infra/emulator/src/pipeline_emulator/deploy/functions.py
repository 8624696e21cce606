"""The Lambda functions of a deployed stack, with what the emulated Lambda forgets of them.

MiniStack drops a function's DurableConfig, so it is taken from the template and the parameters of the deployed stack.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline_emulator.errors import EmulatorError

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient

    from pipeline_emulator.deploy.transform import Template


@dataclass(frozen=True)
class DurableSettings:
    """A function's DurableConfig."""

    execution_timeout_seconds: int
    retention_days: int


@dataclass(frozen=True)
class DeployedFunction:
    """A deployed function; a plain one has no durable settings."""

    name: str
    durable: DurableSettings | None

    def configuration(self) -> dict[str, dict[str, int]]:
        """Give the part of Lambda's function configuration that says whether the function is durable."""
        if self.durable is None:
            return {}
        return {
            "DurableConfig": {
                "ExecutionTimeout": self.durable.execution_timeout_seconds,
                "RetentionPeriodInDays": self.durable.retention_days,
            }
        }


def deployed_functions(client: CloudFormationClient, stack: str, template: Template) -> list[DeployedFunction]:
    """List the functions of a stack and of its nested stacks."""
    parameters = {
        entry["ParameterKey"]: entry["ParameterValue"]
        for entry in client.describe_stacks(StackName=stack)["Stacks"][0].get("Parameters", [])
    }
    physical_ids = {
        entry["LogicalResourceId"]: entry.get("PhysicalResourceId", "")
        for entry in client.describe_stack_resources(StackName=stack)["StackResources"]
    }
    functions = [
        DeployedFunction(physical_ids[name], _durable(resource["Properties"].get("DurableConfig"), parameters, name))
        for name, resource in template.resources("AWS::Lambda::Function").items()
        if name in physical_ids
    ]
    for name, child in template.nested.items():
        if name in physical_ids:
            functions += deployed_functions(client, physical_ids[name], child)
    return functions


def _durable(configuration: Any, parameters: dict[str, str], function: str) -> DurableSettings | None:
    if configuration is None:
        return None
    return DurableSettings(
        execution_timeout_seconds=_number(configuration["ExecutionTimeout"], parameters, function),
        retention_days=_number(configuration.get("RetentionPeriodInDays", 14), parameters, function),
    )


def _number(value: Any, parameters: dict[str, str], function: str) -> int:
    match value:
        case {"Ref": reference} if reference in parameters:
            return int(parameters[reference])
        case int() | str():
            return int(value)
    raise EmulatorError(f"DurableConfig of {function} is {value!r}; only a number or a parameter is understood")
