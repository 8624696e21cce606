"""The Lambda functions of a deployed stack, with what the emulated Lambda forgets of them.

MiniStack drops a function's DurableConfig, so it is taken from the template and the parameters of the deployed stack.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local_aws.deploy.transform import parse_template
from local_aws.errors import EmulatorError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_cloudformation import CloudFormationClient

_RETENTION_DAYS = 14  # unless the template says how long


@dataclass(frozen=True)
class DeployedFunction:
    """A deployed function, with its DurableConfig as Lambda describes it; a plain one has an empty one."""

    name: str
    durable_config: Mapping[str, int]


def deployed_functions(client: CloudFormationClient, stack: str) -> list[DeployedFunction]:
    """List the functions of a stack and of its nested stacks."""
    body: Any = client.get_template(StackName=stack)["TemplateBody"]
    template = parse_template(body) if isinstance(body, str) else body
    parameters = parameters_of(client, stack)
    functions = []
    for entry in client.describe_stack_resources(StackName=stack)["StackResources"]:
        name, physical_id = entry["LogicalResourceId"], entry.get("PhysicalResourceId", "")
        if entry["ResourceType"] == "AWS::Lambda::Function":
            if configured := template["Resources"][name]["Properties"].get("DurableConfig"):
                configured = {"RetentionPeriodInDays": _RETENTION_DAYS} | configured
            values = {setting: _number(value, parameters, name) for setting, value in (configured or {}).items()}
            functions.append(DeployedFunction(physical_id, values))
        if entry["ResourceType"] == "AWS::CloudFormation::Stack":
            functions += deployed_functions(client, physical_id)
    return functions


def parameters_of(client: CloudFormationClient, stack: str) -> dict[str, str]:
    """Give the parameters of a stack with their values."""
    deployed = client.describe_stacks(StackName=stack)["Stacks"][0].get("Parameters", [])
    return {entry["ParameterKey"]: entry["ParameterValue"] for entry in deployed}


def _number(value: Any, parameters: dict[str, str], function: str) -> int:
    match value:
        case {"Ref": reference} if reference in parameters:
            return int(parameters[reference])
        case int() | str():
            return int(value)
    raise EmulatorError(f"DurableConfig of {function} is {value!r}; only a number or a parameter is understood")
