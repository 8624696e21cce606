"""A real DynamoDB protocol on a socket: MiniStack, in a separate process and environment."""

from __future__ import annotations

import os
import socket
import subprocess
import time
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def ministack(folder: Path) -> Iterator[str]:
    """Run MiniStack on a free port; all its files are in the folder. Yields its address."""
    port = free_port()
    endpoint = f"http://127.0.0.1:{port}"
    own = {
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "IOT_MTLS_ENABLED": "0",
        "TMPDIR": str(folder),
        "STATE_DIR": str(folder),
    }
    log = folder / "log"
    command = [os.environ["MINISTACK_PYTHON"], "-m", "ministack"]
    with (
        log.open("wb") as output,
        subprocess.Popen(command, env=os.environ | own, stdout=output, stderr=output) as process,
    ):
        try:
            _wait_until_ready(endpoint, process, log)
            yield endpoint
        finally:
            process.terminate()


def reset(endpoint: str) -> None:
    """Empty it."""
    request = urllib.request.Request(f"{endpoint}/_ministack/reset", method="POST")
    urllib.request.urlopen(request, timeout=10).close()


def _wait_until_ready(endpoint: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(300):
        try:
            urllib.request.urlopen(f"{endpoint}/_ministack/ready", timeout=1).close()
        except OSError:
            if process.poll() is not None:
                break
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"MiniStack did not start: {log.read_text()}")
