"""The console as a process, started as an operator does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pipeline_testing.repository_copy import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@contextmanager
def running(environment: str, variables: Mapping[str, str], *words: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Start it for an environment, and yield its printed address and the process."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    nobody = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "NO_PROXY": "127.0.0.1"}
    line = [sys.executable, "-m", "pipeline_cli", "console", "--env", environment, "--no-browser", *words]
    with subprocess.Popen(
        line,
        env=kept | nobody | dict(variables),
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout
        try:
            first = process.stdout.readline()
            assert "?token=" in first, first + process.stdout.read()
            yield first.rsplit(maxsplit=1)[-1], process
        finally:
            # Stopped immediately, it would leave the messages that it read hidden.
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=60)
