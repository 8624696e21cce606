"""The commands as a user runs them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

from local_aws.run_folder import processes_of
from local_aws.testing.toy_application import free_address

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import psutil

PATIENCE = 180.0  # seconds after which a command counts as hanging; a busy machine is slow


def command(repository: Path, *words: str, **environment: str) -> subprocess.Popen[str]:
    if words[0] == "local" and "--port" not in words:
        words = (*words, "--port", str(free_address()))
    return subprocess.Popen(
        [sys.executable, "-m", "pipeline_demo", *words],
        cwd=repository,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def demo(repository: Path, *words: str, **environment: str) -> tuple[int, str, str]:
    """Run the demo to its end, and return its exit status, its output and its errors."""
    process = command(repository, "demo", *words, **environment)
    output, errors = process.communicate(timeout=PATIENCE)
    return process.returncode, output, errors


def run_folders(repository: Path) -> list[Path]:
    runs = repository / ".emulator" / "runs"
    return sorted(runs.iterdir()) if runs.exists() else []


def wait_for_parts(repository: Path, process: subprocess.Popen[str]) -> str:
    """Wait until the run has started children, and return its id."""
    until(lambda: len(_parts(repository)) >= 2, process)
    return run_folders(repository)[-1].name


def until(condition: Callable[[], bool], process: subprocess.Popen[Any]) -> None:
    """Wait for something that a running process does."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline, f"it did not happen in {PATIENCE} s"
        time.sleep(0.05)


def _parts(repository: Path) -> list[psutil.Process]:
    folders = run_folders(repository)
    return processes_of(folders[-1].name) if folders else []
