"""Deploying one stack: build, package, deploy; or only showing what would change."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deploy import emulated, settings
from deploy.checks import check_deploy, status
from deploy.errors import DeployError
from deploy.sam import Sam
from deploy.stacks import Catalogue

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def deploy(
    repository: Path,
    name: str | None,
    environment: str,
    given: Mapping[str, str],
    client: Callable[[str], Any],
    *,
    dry_run: bool,
    yes: bool,
) -> None:
    """Deploy a stack of the repository, or the root without a name; raises DeployError when it cannot."""
    catalogue = Catalogue(repository)
    stack = catalogue.get(name)
    url = emulated.endpoint()
    configuration = repository / "infra" / "samconfig.toml"
    own = emulated.parameters() if url else {}
    chosen = settings.parameters(stack, environment, configuration, own, given)
    cloudformation = client("cloudformation")
    check_deploy(catalogue, stack, environment, client, given)
    executable = os.environ.get("SAM_EXECUTABLE")
    if not executable:
        raise DeployError("SAM_EXECUTABLE is not set; run this through ./nox -s deploy, which sets it")
    sam = Sam(executable, configuration, settings.section(configuration, environment), emulated.BUCKET if url else None)
    if url:
        emulated.make_bucket(client("s3"))
    with tempfile.TemporaryDirectory(prefix="durable-pipeline-") as folder:
        target = "host" if url else settings.build_target(chosen)
        template = sam.package(sam.build(stack.template, Path(folder), target))
        if url:
            template = emulated.translate(template, chosen, client("s3"))
        stack_name = stack.stack_name(environment)
        before = _change_sets(stack_name, cloudformation) if dry_run else set()
        sam.deploy(template, stack_name, chosen, dry_run=dry_run, yes=yes)
        if dry_run:
            _forget(stack_name, before, cloudformation)


def _change_sets(stack_name: str, cloudformation: Any) -> set[str]:
    if status(stack_name, cloudformation) == "DELETE_COMPLETE":
        return set()
    pages = cloudformation.get_paginator("list_change_sets").paginate(StackName=stack_name)
    return {entry["ChangeSetId"] for page in pages for entry in page["Summaries"]}


def _forget(stack_name: str, before: set[str], cloudformation: Any) -> None:
    """Delete the change set that was only to be looked at, and the empty stack that a first one leaves."""
    for change_set in _change_sets(stack_name, cloudformation) - before:
        cloudformation.delete_change_set(ChangeSetName=change_set, StackName=stack_name)
    if status(stack_name, cloudformation) == "REVIEW_IN_PROGRESS":
        cloudformation.delete_stack(StackName=stack_name)
