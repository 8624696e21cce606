"""The options that several commands share."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from pipeline_cli.repository import find_repository
from pipeline_cli.target import Target, choose

ENVIRONMENT_NAME = "(?!.*-durable-pipeline)[a-z][a-z0-9-]{0,15}"
"""The pattern of EnvironmentName in the templates."""
_EXPECTED = "1 to 16 lower-case letters, digits and hyphens, the first a letter, without -durable-pipeline"


def _checked(environment: str | None) -> str | None:
    if environment is not None and not re.fullmatch(ENVIRONMENT_NAME, environment):
        raise typer.BadParameter(f"expected {_EXPECTED}")
    return environment


Env = Annotated[
    str | None,
    typer.Option(
        "--env", metavar="NAME", callback=_checked, help="The environment on AWS. Default: the one on this machine."
    ),
]
NamedEnv = Annotated[
    str, typer.Option("--env", metavar="NAME", callback=_checked, help="The environment, such as dev or prod.")
]
Local = Annotated[bool, typer.Option("--local", help="The environment on this machine, started by ./nox -s local.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
Bodies = Annotated[bool, typer.Option("--bodies", help="Show the bodies of messages.")]


def target(env: str | None, *, local: bool) -> Target:
    """Choose the environment that the options name."""
    return choose(env, local=local, folder=find_repository())
