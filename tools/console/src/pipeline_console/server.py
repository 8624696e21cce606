"""Serving the pages, to this machine only."""

from __future__ import annotations

import socket
import webbrowser
from contextlib import closing
from typing import TYPE_CHECKING

import uvicorn
from fastapi import FastAPI
from local_aws.ports import LOOPBACK
from nicegui import app as server
from nicegui import ui
from pipeline_cli.errors import CommandError
from pipeline_cli.repository import find_repository

from pipeline_console import executions, letters, messages, overview
from pipeline_console.environment import Environment
from pipeline_console.guard import Guard
from pipeline_console.layout import Console
from pipeline_console.live import Live

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline_cli.target import Target

_CLOSING_SECONDS = 1
_RECONNECTING_SECONDS = 30
"""A page that does not answer for longer is loaded again, without the edit of its user. A busy machine or a suspended
tab may need some seconds."""


def serve(find: Callable[[], Target], port: int, *, opens: bool) -> None:
    """Serve until Ctrl-C.

    Raises:
        CommandError: The port is taken, or the environment does not exist.
    """
    environment = Environment(find, find_repository())
    try:
        listener = socket.create_server((LOOPBACK, port))
    except OSError as error:
        raise CommandError(
            f"port {port} of {LOOPBACK} is not available: {error.strerror}; --port 0 chooses a free one"
        ) from None
    with listener, closing(environment):
        app = FastAPI(openapi_url=None)
        guard = Guard(app, listener.getsockname()[1])
        console = Console(environment, Live(environment))
        for page in (overview, executions, messages, letters):
            page.add(console)
        ui.run_with(
            app, title="console", dark=None, reconnect_timeout=_RECONNECTING_SECONDS, show_welcome_message=False
        )
        config = uvicorn.Config(guard, log_level="error", timeout_graceful_shutdown=_CLOSING_SECONDS)

        def tell() -> None:
            print(f"The console of {environment.name} in {environment.region}: {guard.address}", flush=True)
            if opens:
                webbrowser.open(guard.address_for_once())

        server.on_startup(tell)
        try:
            uvicorn.Server(config).run(sockets=[listener])
        except KeyboardInterrupt:
            print("stopping")
