"""Creating and deleting a CloudFormation stack, with errors that name the resource that failed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from pipeline_emulator.errors import EmulatorError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.type_defs import StackEventTypeDef

_POLL_SECONDS = 0.05
_STACK = "AWS::CloudFormation::Stack"


def create_stack(
    client: CloudFormationClient, name: str, template_url: str, parameters: Mapping[str, str], *, seconds: float
) -> dict[str, str]:
    """Create the stack, wait for it and give its outputs; raises EmulatorError with the reason when it fails."""
    try:
        client.create_stack(
            StackName=name,
            TemplateURL=template_url,
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
        )
    except ClientError as error:
        raise EmulatorError(f"CloudFormation refuses the stack {name}: {error}") from error
    status = _settled(client, name, seconds)
    if status != "CREATE_COMPLETE":
        reasons = "\n".join(f"    {reason}" for reason in failures(client, name))
        raise EmulatorError(f"the stack {name} could not be created, it is {status}:\n{reasons}")
    outputs = client.describe_stacks(StackName=name)["Stacks"][0].get("Outputs", [])
    return {output["OutputKey"]: output["OutputValue"] for output in outputs}


def delete_stack(client: CloudFormationClient, name: str, *, seconds: float) -> None:
    """Delete the stack and wait until it is gone; raises EmulatorError with the reason when it fails."""
    stack_id = client.describe_stacks(StackName=name)["Stacks"][0]["StackId"]
    client.delete_stack(StackName=name)
    status = _settled(client, stack_id, seconds)
    if status != "DELETE_COMPLETE":
        reasons = "\n".join(f"    {reason}" for reason in failures(client, stack_id))
        raise EmulatorError(f"the stack {name} could not be deleted, it is {status}:\n{reasons}")


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


def _settled(client: CloudFormationClient, stack: str, seconds: float) -> str:
    deadline = time.monotonic() + seconds
    while True:
        try:
            status = client.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"]
        except ClientError as error:
            # A deleted stack is still found by its id on AWS, not everywhere.
            if "does not exist" in str(error):
                return "DELETE_COMPLETE"
            raise
        if not status.endswith("_IN_PROGRESS"):
            return status
        if time.monotonic() > deadline:
            return f"{status} after {seconds:.0f} s"
        time.sleep(_POLL_SECONDS)
