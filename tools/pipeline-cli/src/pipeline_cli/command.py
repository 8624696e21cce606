"""The command line."""

from __future__ import annotations

import argparse
import re
import sys
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from local_aws.command import add_parameter_option

from pipeline_cli.deploy.deletion import delete
from pipeline_cli.deploy.deployment import deploy
from pipeline_cli.errors import DeployError
from pipeline_cli.repository import find_repository

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and give its exit status."""
    options = _parser().parse_args(arguments)
    try:
        if options.command == "deploy":
            given, how = dict(options.parameter), {"dry_run": options.dry_run, "yes": options.yes}
            deploy(find_repository(), options.stack, options.env, given, _client, **how)
        else:
            _delete(options.stack, options.env, yes=options.yes)
    except (DeployError, ClientError, BotoCoreError) as error:
        print(f"{options.command}: {error}", file=sys.stderr)
        return 1
    return 0


def _client(service: str) -> Any:
    client: Any = boto3.client  # its types know services by literal names
    return client(service)


def _delete(stack: str | None, environment: str, *, yes: bool) -> None:
    what = f"the {stack}" if stack else "everything"
    if not yes and not _agreed(f"Delete {what} in {environment}, with the data that it holds?"):
        raise DeployError("nothing was deleted; to do it without being asked, add --yes")
    retained = delete(find_repository(), stack, environment, _client)
    print(f"Deleted {what} in {environment}.")
    if retained:
        print("Retained, with the data that they hold:")
        for resource in retained:
            print(f"    {resource.kind:24} {resource.physical_id}")
        print("To deploy again, delete the queues or import them first: docs/operations.md, Deleting, says how.")


def _agreed(question: str) -> bool:
    return sys.stdin.isatty() and input(f"{question} [y/N] ").strip().lower() in {"y", "yes"}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="./nox -s", description="Deploy the pipeline to AWS, or delete it.")
    commands = parser.add_subparsers(dest="command", required=True)
    deploying = commands.add_parser("deploy", help="deploy a stack", prog="./nox -s deploy --")
    deleting = commands.add_parser("delete", help="delete a stack", prog="./nox -s delete --")
    for command in (deploying, deleting):
        command.add_argument("stack", nargs="?", help="one part, such as shared or validator; everything without it")
        command.add_argument("--env", required=True, type=_environment, help="the environment, such as dev or prod")
        command.add_argument("--yes", action="store_true", help="do it without asking")
    deploying.add_argument("--dry-run", action="store_true", help="show the change set, and change nothing")
    add_parameter_option(deploying)
    return parser


def _environment(text: str) -> str:
    if not re.fullmatch("[a-z][a-z0-9-]{0,15}", text):
        raise argparse.ArgumentTypeError("expected 1 to 16 lower-case letters, digits and hyphens, the first a letter")
    return text
