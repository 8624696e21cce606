"""Which stack of the account has a resource already.

A name belongs to one resource of an account and region. A stack that is created with the name of a resource of another
stack fails and is rolled back, and the rollback may delete what the other stack runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from pipeline_cli import emulated

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pipeline_cli.stacks import Named


def owner_of(resources: Iterable[Named], environment: str, client: Callable[[str], Any]) -> tuple[str, Named] | None:
    """Find a stack, the outermost one if it is nested, that has one of the resources; None if no stack has any.

    The emulated CloudFormation finds no stack by the id of a resource, so that nothing is found there.
    """
    if emulated.endpoint():
        return None
    for resource in resources:
        physical_id = _physical_id(resource.kind, resource.name_in(environment), client)
        if physical_id and (stack := _stack_of(physical_id, client("cloudformation"))):
            return stack, resource
    return None


def _physical_id(kind: str, name: str, client: Callable[[str], Any]) -> str | None:
    """Give a resource's id, which is the URL of a queue; None if the queue is not there."""
    try:
        return client("sqs").get_queue_url(QueueName=name)["QueueUrl"] if kind == "AWS::SQS::Queue" else name
    except ClientError as error:
        if "NonExistentQueue" in error.response["Error"]["Code"] or "QueueDoesNotExist" in str(error):
            return None
        raise


def _stack_of(physical_id: str, cloudformation: Any) -> str | None:
    try:
        resources = cloudformation.describe_stack_resources(PhysicalResourceId=physical_id)["StackResources"]
        stack = cloudformation.describe_stacks(StackName=resources[0]["StackId"])["Stacks"][0]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    stack_id: str = stack.get("RootId") or stack["StackId"]
    return stack_id.partition(":stack/")[2].partition("/")[0]
