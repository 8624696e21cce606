"""Creating a CloudFormation stack, with errors that name the resource that failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError, WaiterError

from local_aws.errors import EmulatorError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.type_defs import StackEventTypeDef

_POLL_SECONDS = 0.1
_STACK = "AWS::CloudFormation::Stack"


def create_stack(
    client: CloudFormationClient, name: str, template_url: str, parameters: Mapping[str, str], *, seconds: float
) -> None:
    """Create the stack and wait for it; raises EmulatorError with the reason when it fails."""
    try:
        client.create_stack(
            StackName=name,
            TemplateURL=template_url,
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
        )
    except ClientError as error:
        raise EmulatorError(f"CloudFormation refuses the stack {name}: {error}") from error
    poll: Any = {"Delay": _POLL_SECONDS, "MaxAttempts": round(seconds / _POLL_SECONDS)}
    try:
        client.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig=poll)
    except WaiterError as error:
        reasons = "".join(f"\n    {reason}" for reason in failures(client, name))
        raise EmulatorError(f"the stack {name} could not be created: {error}{reasons}") from error


def outputs_of(client: CloudFormationClient, stack: str) -> dict[str, str]:
    """Give the outputs of a stack by their names in the template."""
    described = client.describe_stacks(StackName=stack)["Stacks"][0].get("Outputs", [])
    return {output["OutputKey"]: output["OutputValue"] for output in described}


def failures(client: CloudFormationClient, stack: str) -> list[str]:
    """Say which resources of a stack and of its nested stacks failed, the first one first."""
    found = []
    for event in reversed(client.describe_stack_events(StackName=stack)["StackEvents"]):
        if not event.get("ResourceStatus", "").endswith("_FAILED"):
            continue
        nested = _nested_stack(event)
        below = failures(client, nested) if nested else []
        found += [f"{event.get('LogicalResourceId', stack)}/{reason}" for reason in below] or [_described(event)]
    return found


def _nested_stack(event: StackEventTypeDef) -> str | None:
    physical_id = event.get("PhysicalResourceId")
    if event.get("ResourceType") == _STACK and physical_id and physical_id != event["StackId"]:
        return physical_id if physical_id.startswith("arn:") else None
    return None


def _described(event: StackEventTypeDef) -> str:
    resource = f"{event.get('LogicalResourceId')} ({event.get('ResourceType')})"
    return f"{resource} {event.get('ResourceStatus')}: {event.get('ResourceStatusReason', 'no reason given')}"
