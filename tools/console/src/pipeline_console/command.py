"""The command `console`."""

from __future__ import annotations

from typing import Annotated

import typer
from pipeline_cli.options import Env, Local, target


def console(
    env: Env = None,
    *,
    local: Local = False,
    port: Annotated[int, typer.Option(min=0, max=65_535, help="The port; 0 chooses a free one.")] = 0,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open it in a browser.")] = True,
) -> None:
    """Show the environment in a browser, and operate it there, until Ctrl-C.

    It is reachable from this machine only.

    Example: ./nox -s pipeline -- console --env dev
    """
    # The import takes a second, which the other commands should not wait for.
    from pipeline_console.server import serve

    serve(lambda: target(env, local=local), port, opens=browser)
