"""`pause`, `resume` and `drain`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pipeline_cli import event_source
from pipeline_cli.errors import CommandError
from pipeline_cli.event_source import DISABLED, ENABLED
from pipeline_cli.halt import switch, wait_for_state, wait_until_empty, wait_until_nothing_runs
from pipeline_cli.options import Env, Json, Local, target
from pipeline_cli.patience import Patience
from pipeline_cli.printing import print_result
from pipeline_cli.progress import progress
from pipeline_cli.queue_depth import QueueDepth

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline_cli.target import Target

Timeout = Annotated[
    float, typer.Option(metavar="SECONDS", min=0, help="Maximum time to wait. An execution takes 840 s at most.")
]

_DEPLOYMENTS = (
    "A deployment that changes the event source mapping enables it again, unless it is given "
    "--parameter EventSourceEnabled=false."
)


def pause(
    env: Env = None,
    *,
    local: Local = False,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until no execution is running.")] = False,
    timeout: Timeout = 900,
    as_json: Json = False,
) -> None:
    """Stop receiving messages from the queue. Executions in flight continue to their end.

    Example: ./nox -s pipeline -- pause --env dev --wait
    """
    chosen, patience = target(env, local=local), Patience(timeout)
    with progress() as show:
        unrecorded = switch(chosen, patience, "pause", on=False)
        if wait:
            _wait_until_nothing_runs(chosen, patience, show)
    words = "Paused. Messages wait in the queue, for 4 days at most." if wait else "Pausing; --wait waits for the end."
    _print_off(chosen, words, as_json=as_json)
    _check_recorded(unrecorded)


def resume(env: Env = None, *, local: Local = False, timeout: Timeout = 900, as_json: Json = False) -> None:
    """Resume receiving messages from the queue.

    Example: ./nox -s pipeline -- resume --env dev
    """
    chosen, patience = target(env, local=local), Patience(timeout)
    with progress() as show:
        unrecorded = switch(chosen, patience, "resume", on=True)
        wait_for_state(chosen, ENABLED, patience, show)
    print_result("Resumed.", {"environment": chosen.environment, "state": ENABLED}, as_json=as_json)
    _check_recorded(unrecorded)


def drain(env: Env = None, *, local: Local = False, timeout: Timeout = 900, as_json: Json = False) -> None:
    """Wait until the queue is empty, then pause.

    At the end, no execution is running.

    Example: ./nox -s pipeline -- drain --env dev --timeout 3600
    """
    chosen, patience = target(env, local=local), Patience(timeout)
    if event_source.find(chosen).state == DISABLED:
        raise CommandError(f"{chosen.environment} is paused, so its queue does not become empty: resume it first")
    with progress() as show:
        wait_until_empty(chosen, patience, show)
        unrecorded = switch(chosen, patience, "drain", on=False)
        _wait_until_nothing_runs(chosen, patience, show)
    left = QueueDepth.read(chosen.client("sqs"), chosen.resources.queue_url)
    if left.total:
        raise CommandError(f"paused, but messages have arrived meanwhile: {left}. Stop the producers, resume and drain")
    _print_off(chosen, "Drained and paused: the queue is empty, and no execution is running.", as_json=as_json)
    _check_recorded(unrecorded)


def _print_off(chosen: Target, words: str, *, as_json: bool) -> None:
    state = {"environment": chosen.environment, "state": event_source.find(chosen).state}
    print_result(f"{words}\n{_DEPLOYMENTS}", state, as_json=as_json)


def _wait_until_nothing_runs(chosen: Target, patience: Patience, show: Callable[[str], None]) -> None:
    held = wait_until_nothing_runs(chosen, patience, show)
    if held.arns:
        listed = "".join(f"\n    {arn}" for arn in held.arns)
        raise CommandError(
            f"the mapping is off, but {held} executions are paused and do not end by themselves:{listed}"
        )


def _check_recorded(unrecorded: str) -> None:
    if unrecorded:
        raise CommandError(unrecorded)
