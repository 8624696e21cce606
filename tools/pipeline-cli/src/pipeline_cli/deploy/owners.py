"""The stacks of the account that already own a resource.

A name belongs to one resource per account and region. Creating a stack with the name of another stack's resource
fails and is rolled back, and the rollback may delete resources of the other stack.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from pipeline_cli.deploy import emulated

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline_cli.deploy.stacks import Named

_STACK = "AWS::CloudFormation::Stack"
_QUEUE = "AWS::SQS::Queue"


@dataclass(frozen=True)
class Owner:
    """A stack (the outermost one if it is nested), and one of its resources."""

    stack: str
    resource: Named


def owner_of(resources: tuple[Named, ...], environment: str, client: Callable[[str], Any]) -> Owner | None:
    """Find a stack that has one of the resources of an environment; None if no stack has any of them."""
    cloudformation = client("cloudformation")
    # The emulated CloudFormation cannot look up a stack by the id of a resource.
    found = _scanned(cloudformation) if emulated.is_emulated(cloudformation) else None
    for resource in resources:
        name = resource.name_in(environment)
        if found is not None:
            stack = found.get((resource.kind, name))
        else:
            stack = _asked(cloudformation, _physical_id(resource.kind, name, client))
        if stack:
            return Owner(stack, resource)
    return None


def _physical_id(kind: str, name: str, client: Callable[[str], Any]) -> str | None:
    if kind != _QUEUE:
        return name
    try:
        url: str = client("sqs").get_queue_url(QueueName=name)["QueueUrl"]
    except ClientError as error:
        if "NonExistentQueue" in error.response["Error"]["Code"] or "QueueDoesNotExist" in str(error):
            return None
        raise
    return url


def _asked(cloudformation: Any, physical_id: str | None) -> str | None:
    """Ask CloudFormation for the stack of a resource."""
    if physical_id is None:
        return None
    try:
        resources = cloudformation.describe_stack_resources(PhysicalResourceId=physical_id)["StackResources"]
        stack = cloudformation.describe_stacks(StackName=resources[0]["StackId"])["Stacks"][0]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    return _stack_name(stack.get("RootId") or stack["StackId"])


def _scanned(cloudformation: Any) -> dict[tuple[str, str], str]:
    """Return the outermost stack of every resource in the account, by the resource's type and name."""
    found: dict[tuple[str, str], str] = {}
    parents: dict[str, str] = {}
    pages = cloudformation.get_paginator("describe_stacks").paginate()
    for stack in (stack for page in pages for stack in page["Stacks"]):
        for resource in cloudformation.describe_stack_resources(StackName=stack["StackId"])["StackResources"]:
            physical_id = resource.get("PhysicalResourceId", "")
            # The id of a queue is its URL.
            name = physical_id.rpartition("/")[2] if resource["ResourceType"] == _QUEUE else physical_id
            found[resource["ResourceType"], name] = stack["StackName"]
            if resource["ResourceType"] == _STACK:
                parents[_stack_name(physical_id)] = stack["StackName"]
    return {resource: _outermost(stack, parents) for resource, stack in found.items()}


def _stack_name(stack_id: str) -> str:
    return stack_id.partition(":stack/")[2].partition("/")[0]


def _outermost(stack: str, parents: dict[str, str]) -> str:
    while stack in parents:
        stack = parents[stack]
    return stack
