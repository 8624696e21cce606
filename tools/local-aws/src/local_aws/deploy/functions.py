"""The Lambda functions of a deployed stack, with what the emulated Lambda forgets of them.

MiniStack drops a function's DurableConfig, so it is taken from the template and the parameters of the deployed stack.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local_aws.deploy.transform import parse_template
from local_aws.errors import EmulatorError

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient


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


def deployed_functions(client: CloudFormationClient, stack: str) -> list[DeployedFunction]:
    """List the functions of a stack and of its nested stacks."""
    body: Any = client.get_template(StackName=stack)["TemplateBody"]
    template = parse_template(body) if isinstance(body, str) else body
    parameters = parameters_of(client, stack)
    functions = []
    for entry in client.describe_stack_resources(StackName=stack)["StackResources"]:
        name, physical_id = entry["LogicalResourceId"], entry.get("PhysicalResourceId", "")
        if entry["ResourceType"] == "AWS::Lambda::Function":
            configuration = template["Resources"][name]["Properties"].get("DurableConfig")
            functions.append(DeployedFunction(physical_id, _durable(configuration, parameters, name)))
        if entry["ResourceType"] == "AWS::CloudFormation::Stack":
            functions += deployed_functions(client, physical_id)
    return functions


def parameters_of(client: CloudFormationClient, stack: str) -> dict[str, str]:
    """Give the parameters of a stack with their values."""
    deployed = client.describe_stacks(StackName=stack)["Stacks"][0].get("Parameters", [])
    return {entry["ParameterKey"]: entry["ParameterValue"] for entry in deployed}


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
