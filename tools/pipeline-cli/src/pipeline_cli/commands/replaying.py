"""`replay`."""

from __future__ import annotations

from typing import Annotated

import typer

from pipeline_cli.errors import CommandError
from pipeline_cli.options import Env, Local, target
from pipeline_cli.replay import replay as replay_execution
from pipeline_cli.repository import find_repository


def replay(
    source: Annotated[str, typer.Argument(metavar="EXECUTION", help="An execution's ARN, or a file with its history.")],
    env: Env = None,
    *,
    local: Local = False,
    save: Annotated[
        str | None, typer.Option(metavar="NAME", help="Keep it in the golden set of the orchestrator's tests.")
    ] = None,
) -> None:
    """Run the history of an execution against the orchestrator of this checkout.

    It names the operation where this code would break executions in flight.

    Example: pipeline replay arn:aws:lambda:... --env prod
    """
    verdict = replay_execution(source, lambda: target(env, local=local).client("lambda"), find_repository(), save)
    if not verdict.passes:
        raise CommandError(verdict.text)
    print(verdict.text)
