"""`status`."""

from __future__ import annotations

from dataclasses import asdict
from time import sleep
from typing import TYPE_CHECKING, Annotated

import typer
from rich.live import Live

from pipeline_cli.declared_stages import services
from pipeline_cli.options import Env, Json, Local, target
from pipeline_cli.printing import console, print_json
from pipeline_cli.repository import find_repository
from pipeline_cli.screen import draw
from pipeline_cli.snapshot import Snapshot, take

if TYPE_CHECKING:
    from collections.abc import Callable

_SECONDS = 5.0


def status(
    env: Env = None,
    seconds: Annotated[
        float | None, typer.Argument(min=1, metavar="SECONDS", help="With --watch: the time between updates.")
    ] = None,
    *,
    local: Local = False,
    watch: Annotated[bool, typer.Option("--watch", help="Update every 5 seconds, or SECONDS, until Ctrl-C.")] = False,
    json: Json = False,
) -> None:
    """Show the state of the environment on one screen.

    Shows queues, executions, outcomes of the last minutes, alarms and versions.
    Exits with 1 if a part could not be read.

    Example: ./nox -s pipeline -- status --env dev --watch 10
    """
    if seconds is not None and not watch:
        raise typer.BadParameter("it needs --watch", param_hint="SECONDS")
    if watch and json:
        raise typer.BadParameter("JSON is printed once, as a single document", param_hint="--watch with --json")
    chosen, names = target(env, local=local), services(find_repository())

    def look() -> Snapshot:
        return take(chosen, names)

    seen = look()
    if json:
        print_json(asdict(seen))
    elif watch:
        seen = _watched(seen, look, seconds or _SECONDS)
    else:
        console().print(draw(seen))
    if seen.unknown:
        raise typer.Exit(1)


def _watched(seen: Snapshot, look: Callable[[], Snapshot], seconds: float) -> Snapshot:
    """Draw each snapshot in place of the previous one, and return the last one."""
    try:
        with Live(draw(seen), console=console(), auto_refresh=False) as live:
            while True:
                sleep(seconds)
                seen = look()
                live.update(draw(seen), refresh=True)
    except KeyboardInterrupt:
        return seen
