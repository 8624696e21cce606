"""Deploying one stack: build, package, deploy; or only show the changes."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from local_aws.deploy.build import BUCKET
from local_aws.sam import VARIABLES, Sam

from pipeline_cli.deploy import emulated, settings
from pipeline_cli.deploy.checks import check_deploy, status
from pipeline_cli.deploy.durable_functions import check_durable_functions
from pipeline_cli.deploy.stacks import Catalogue
from pipeline_cli.errors import DeployError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


def deploy(
    repository: Path,
    name: str | None,
    environment: str,
    given: Mapping[str, str],
    client: Callable[[str], Any],
    *,
    dry_run: bool,
    yes: bool,
    out: TextIO,
) -> None:
    """Deploy a stack of the repository, or the root without a name; raises DeployError on failure.

    ``out`` receives the output of the SAM CLI.
    """
    catalogue = Catalogue(repository)
    stack = catalogue.get(name)
    url = emulated.endpoint()
    configuration = repository / "infra" / "samconfig.toml"
    own = emulated.parameters() if url else {}
    chosen = settings.parameters(stack, environment, configuration, own, given)
    cloudformation = client("cloudformation")
    if not url:
        check_durable_functions(catalogue, stack, environment, chosen, client)
    check_deploy(catalogue, stack, environment, client, given)
    executable = os.environ.get("SAM_EXECUTABLE")
    if not executable:
        raise DeployError("SAM_EXECUTABLE is not set; run this through ./nox -s deploy, which sets it")
    sam = Sam(executable, configuration, settings.section(configuration, environment), BUCKET if url else None)
    if url:
        emulated.make_bucket(client("s3"))
    with tempfile.TemporaryDirectory(prefix="durable-pipeline-") as folder:
        target = "host" if url else settings.build_target(chosen)
        built, template = Path(folder, "template.yaml"), Path(folder, "packaged.yaml")
        _run(sam.build(stack.template, Path(folder)), out, target=target)
        _run(sam.package(built, template), out)
        if url:
            template = emulated.translate(template, chosen, client("s3"))
        stack_name = stack.stack_name(environment)
        before = _change_sets(stack_name, cloudformation) if dry_run else set()
        # It may ask for confirmation, and shows the changes.
        _run(sam.deploy(template, stack_name, chosen, dry_run=dry_run, yes=yes), out, quiet=False)
        if dry_run:
            _forget(stack_name, before, cloudformation)


def _change_sets(stack_name: str, cloudformation: Any) -> set[str]:
    if status(stack_name, cloudformation) == "DELETE_COMPLETE":
        return set()
    pages = cloudformation.get_paginator("list_change_sets").paginate(StackName=stack_name)
    return {entry["ChangeSetId"] for page in pages for entry in page["Summaries"]}


def _forget(stack_name: str, before: set[str], cloudformation: Any) -> None:
    """Delete a change set that was only shown, and the empty stack that a first change set leaves."""
    for change_set in _change_sets(stack_name, cloudformation) - before:
        cloudformation.delete_change_set(ChangeSetName=change_set, StackName=stack_name)
    if status(stack_name, cloudformation) == "REVIEW_IN_PROGRESS":
        cloudformation.delete_stack(StackName=stack_name)


def _run(line: Sequence[str], out: TextIO, *, target: str | None = None, quiet: bool = True) -> None:
    """Run a command of the SAM CLI, with a target of tools/service-build; raises DeployError when it fails.

    The success messages of build and package are omitted, because they refer to commands of the SAM CLI.
    """
    # PYTHONPATH and the like are for this program, not for its child processes.
    environment = VARIABLES | {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    if target:
        environment.setdefault("BUILD_TARGET", target)
    command = f"sam {line[1]}"
    print(f"{command} …", file=out, flush=True)
    done = subprocess.run(  # noqa: S603 - words of local_aws.sam
        line,
        env=environment,
        check=False,
        text=True,
        stdout=subprocess.PIPE if quiet else None if out is sys.stdout else out,
        stderr=subprocess.STDOUT if quiet else None,
    )
    if done.returncode:
        raise DeployError(f"{command} failed:\n{done.stdout}" if quiet else f"{command} failed, see above")
