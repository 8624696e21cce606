"""`replay`."""

from __future__ import annotations

from typing import Annotated

import typer

from pipeline_cli.errors import CommandError
from pipeline_cli.executions.listing import arn_of
from pipeline_cli.options import Env, Json, Local, target
from pipeline_cli.printing import print_result
from pipeline_cli.replay import is_file
from pipeline_cli.replay import replay as replay_execution
from pipeline_cli.repository import find_repository


def replay(
    source: Annotated[
        str, typer.Argument(metavar="EXECUTION", help="An execution's ARN or name, or a file with its history.")
    ],
    env: Env = None,
    *,
    local: Local = False,
    save: Annotated[
        str | None, typer.Option(metavar="NAME", help="Keep it in the golden set of the orchestrator's tests.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Run the history of an execution against the orchestrator of this checkout.

    It names the operation where this code would break executions in flight.

    Example: ./nox -s pipeline -- replay arn:aws:lambda:... --env prod
    """
    if not is_file(source):
        source = arn_of(target(env, local=local), source)
    verdict = replay_execution(source, lambda: target(env, local=local).client("lambda"), find_repository(), save)
    if as_json or verdict.passes:
        print_result(verdict.text, {"passes": verdict.passes, "reason": verdict.text}, as_json=as_json)
    if not verdict.passes:
        raise CommandError(verdict.text)
