"""Deleting one stack, and reporting its retained resources.

Uses DeleteStack rather than `sam delete`, which asks for more and fails on nested stacks in the emulated AWS. Uploaded
files stay in the SAM CLI's bucket, so that an older version can still be inspected.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import WaiterError
from local_aws.deploy.stack import failures, resource_events

from pipeline_cli.deploy import emulated
from pipeline_cli.deploy.checks import check_delete
from pipeline_cli.deploy.stacks import Catalogue
from pipeline_cli.errors import DeployError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# The policy of a version is for updates: it is deleted with its function anyway.
_NOT_KEPT = "AWS::Lambda::Version"


@dataclass(frozen=True)
class Retained:
    """A resource that outlives its stack."""

    kind: str
    physical_id: str


def delete(repository: Path, name: str | None, environment: str, client: Callable[[str], Any]) -> list[Retained]:
    """Delete a stack, or the root without a name, and return the retained resources; raises DeployError on failure."""
    catalogue = Catalogue(repository)
    stack = catalogue.get(name)
    cloudformation = client("cloudformation")
    check_delete(catalogue, stack, environment, cloudformation)
    stack_name = stack.stack_name(environment)
    stack_id = cloudformation.describe_stacks(StackName=stack_name)["Stacks"][0]["StackId"]
    cloudformation.delete_stack(StackName=stack_name)
    poll = {"Delay": 1 if emulated.endpoint() else 5, "MaxAttempts": 720}
    try:
        cloudformation.get_waiter("stack_delete_complete").wait(StackName=stack_id, WaiterConfig=poll)
    except WaiterError as error:
        reasons = failures(cloudformation, stack_id, "DELETE_FAILED")
        raise DeployError(f"{stack_name} could not be deleted: {error}{reasons}") from error
    skipped = resource_events(cloudformation, stack_id, "DELETE_SKIPPED")
    kept = dict.fromkeys(Retained(event["ResourceType"], event["PhysicalResourceId"]) for event in skipped)
    return [resource for resource in kept if resource.kind != _NOT_KEPT]
