"""`deploy` and `delete`."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import Annotated

import typer

from pipeline_cli.deploy.deletion import delete as delete_stack
from pipeline_cli.deploy.deployment import deploy as deploy_stack
from pipeline_cli.errors import DeployError
from pipeline_cli.options import Json, NamedEnv, Yes
from pipeline_cli.printing import agreed, print_json, print_result
from pipeline_cli.repository import find_repository
from pipeline_cli.target import aws_client

Stack = Annotated[str | None, typer.Argument(help="One part, such as shared or validator. Default: everything.")]


def deploy(
    env: NamedEnv,
    stack: Stack = None,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the change set, and change nothing.")] = False,
    yes: Yes = False,
    parameter: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="Set a parameter of the template; may be repeated."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Deploy everything, or one stack.

    Example: ./nox -s pipeline -- deploy --env dev --parameter BatchSize=200
    """
    given = dict(map(_pair, parameter or ()))
    out = sys.stderr if as_json else sys.stdout
    deploy_stack(find_repository(), stack, env, given, aws_client, dry_run=dry_run, yes=yes, out=out)
    if as_json:
        print_json({"environment": env, "stack": stack, "parameters": given, "dry_run": dry_run})


def delete(env: NamedEnv, stack: Stack = None, *, yes: Yes = False, as_json: Json = False) -> None:
    """Delete everything, or one stack.

    Example: ./nox -s pipeline -- delete validator --env dev
    """
    what = f"the {stack}" if stack else "everything"
    if not yes and not agreed(f"Delete {what} in {env}, with the data that it holds?"):
        raise DeployError("nothing was deleted; to skip the question, add --yes")
    retained = delete_stack(find_repository(), stack, env, aws_client)
    words = [f"Deleted {what} in {env}."]
    if retained:
        words.append("Retained, with the data that they hold:")
        words += (f"    {resource.kind:24} {resource.physical_id}" for resource in retained)
        words.append("To deploy again, delete the queues or import them first: docs/operations/deleting.md says how.")
    deleted = {"environment": env, "stack": stack, "retained": [asdict(resource) for resource in retained]}
    print_result("\n".join(words), deleted, as_json=as_json)


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise typer.BadParameter(f"expected NAME=VALUE, got {text!r}", param_hint="--parameter")
    return name, value
