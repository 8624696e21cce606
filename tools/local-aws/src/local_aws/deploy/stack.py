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


def create_stack(
    client: CloudFormationClient, name: str, template_url: str, parameters: Mapping[str, str], *, seconds: float
) -> None:
    """Create the stack and wait for it; raises EmulatorError with the reason if it fails."""
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
        raise EmulatorError(f"the stack {name} could not be created: {error}{failures(client, name)}") from error


def failures(client: CloudFormationClient, stack: str, status: str = "_FAILED") -> str:
    """List the failed resources of a stack and its nested stacks, with the reasons, one per line."""
    return "".join(
        f"\n    {event.get('LogicalResourceId')} ({event.get('ResourceType')}) {event.get('ResourceStatus')}: "
        f"{event.get('ResourceStatusReason', 'no reason given')}"
        for event in resource_events(client, stack, status)
    )


def resource_events(client: CloudFormationClient, stack: str, status: str) -> list[StackEventTypeDef]:
    """Return the events whose status ends like this, those of nested stacks first, otherwise oldest first."""
    pages = client.get_paginator("describe_stack_events").paginate(StackName=stack)
    events = [event for page in pages for event in page["StackEvents"]][::-1]
    nested = {
        event["PhysicalResourceId"]: None
        for event in events
        if event.get("ResourceType") == "AWS::CloudFormation::Stack"
        and event.get("PhysicalResourceId", "").startswith("arn:")
        and event["PhysicalResourceId"] != event["StackId"]
    }
    return [
        *(event for child in nested for event in resource_events(client, child, status)),
        *(event for event in events if event.get("ResourceStatus", "").endswith(status)),
    ]
