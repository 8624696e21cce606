"""The checks before the build: no dependency is missing, and nothing is deployed twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from pipeline_cli.deploy.owners import owner_of
from pipeline_cli.deploy.stacks import ssm_name
from pipeline_cli.errors import DeployError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from pipeline_cli.deploy.stacks import Catalogue, Stack

_MOST_NAMES = 10  # Per call, https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameters.html
_STANDARD_ONLY = "the pipeline works on standard queues only, see docs/decisions/0013-standard-queues.md"
_NOT_THERE = ("REVIEW_IN_PROGRESS", "DELETE_COMPLETE")


def check_deploy(
    catalogue: Catalogue, stack: Stack, environment: str, client: Callable[[str], Any], given: Mapping[str, str]
) -> None:
    """Raise DeployError if the stack would collide with another one, or if one of its dependencies is missing.

    ``client`` makes a client of a service; ``given`` may name SSM parameters of another environment for the stack to
    read.
    """
    _check_no_fifo(catalogue, stack)
    _check_stacks(catalogue, stack, environment, client("cloudformation"))
    _check_resources(catalogue, stack, environment, client)
    owners = missing(catalogue, stack, environment, client("ssm"), given)
    if owners:
        commands = "".join(f"\n    ./nox -s deploy -- {owner.name} --env {environment}" for owner in owners)
        them = "it" if len(owners) == 1 else "them"
        raise DeployError(f"{stack.title} needs {_listed(owners)} in {environment}: deploy {them} first{commands}")
    _check_taken_queues(stack, environment, client("ssm"), given)


def _check_no_fifo(catalogue: Catalogue, stack: Stack) -> None:
    parts = catalogue.parts.values() if stack is catalogue.root else [stack]
    if queues := [queue for part in parts for queue in part.fifo_queues]:
        raise DeployError(f"{queues[0]} has FifoQueue set: {_STANDARD_ONLY}")


def _check_taken_queues(stack: Stack, environment: str, ssm: Any, given: Mapping[str, str]) -> None:
    """Check the ARNs of queues that are passed to the stack: they may be of another environment, or not exist here."""
    names = [given.get(key, ssm_name(environment, path)) for key, path in stack.takes.items() if "QueueArn" in key]
    if not names:
        return
    for parameter in ssm.get_parameters(Names=names)["Parameters"]:
        if parameter["Value"].endswith(".fifo"):
            raise DeployError(f"{parameter['Name']} names {parameter['Value']}, a FIFO queue: {_STANDARD_ONLY}")


def _check_stacks(catalogue: Catalogue, stack: Stack, environment: str, cloudformation: Any) -> None:
    if stack is catalogue.root:
        parts = existing(catalogue.parts.values(), environment, cloudformation)
        if parts:
            raise DeployError(
                f"{environment} is deployed in parts ({_listed(parts)}), and the root stack would have the same "
                f"resources: deploy its parts, or delete them first"
            )
        return
    if existing([catalogue.root], environment, cloudformation):
        raise DeployError(
            f"{environment} is deployed as one stack, {catalogue.root.stack_name(environment)}, with {stack.title} in "
            f"it: update that with ./nox -s deploy -- --env {environment}"
        )


def _check_resources(catalogue: Catalogue, stack: Stack, environment: str, client: Callable[[str], Any]) -> None:
    """Look for another stack, of any name, that already has the resources that this one would create."""
    name = stack.stack_name(environment)
    if status(name, client("cloudformation")) not in _NOT_THERE:
        return
    owner = owner_of(catalogue.named(stack), environment, client)
    if owner:
        resource = f"{owner.resource.kind} {owner.resource.name_in(environment)}"
        raise DeployError(
            f"the stack {owner.stack} has resources that {name} would create, such as {resource}, and a rollback of "
            f"{name} could delete them: update {owner.stack}, delete it first, or deploy to another --env"
        )


def check_delete(catalogue: Catalogue, stack: Stack, environment: str, cloudformation: Any) -> None:
    """Raise DeployError if the stack does not exist, or if another deployed stack still needs it."""
    if not existing([stack], environment, cloudformation):
        raise DeployError(f"there is no stack {stack.stack_name(environment)}")
    dependents = existing(catalogue.dependents(stack), environment, cloudformation)
    if dependents:
        needs, them = ("needs", "it") if len(dependents) == 1 else ("need", "them")
        raise DeployError(f"{_listed(dependents)} in {environment} {needs} {stack.title}: delete {them} first")


def missing(catalogue: Catalogue, stack: Stack, environment: str, ssm: Any, given: Mapping[str, str]) -> list[Stack]:
    """Return the stacks that have not published the values that this stack reads."""
    paths = {given.get(key, ssm_name(environment, path)): path for key, path in stack.takes.items()}
    names = sorted(paths)
    absent: list[str] = []
    for start in range(0, len(names), _MOST_NAMES):
        absent += ssm.get_parameters(Names=names[start : start + _MOST_NAMES])["InvalidParameters"]
    owners = {catalogue.owner(paths[name]).name for name in absent}
    return [part for part in catalogue.parts.values() if part.name in owners]


def existing(stacks: Iterable[Stack], environment: str, cloudformation: Any) -> list[Stack]:
    """Return those stacks that exist; one that was only shown as a change set does not."""
    return [stack for stack in stacks if status(stack.stack_name(environment), cloudformation) not in _NOT_THERE]


def status(name: str, cloudformation: Any) -> str:
    """Return the status of a stack; DELETE_COMPLETE if there is no stack of that name."""
    try:
        found: str = cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]
    except ClientError as error:
        if "does not exist" in str(error):
            return "DELETE_COMPLETE"
        raise
    return found


def _listed(stacks: Sequence[Stack]) -> str:
    *others, last = [stack.title for stack in stacks]
    return f"{', '.join(others)} and {last}" if others else last
