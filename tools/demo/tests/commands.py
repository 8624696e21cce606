"""The commands as a user runs them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from local_aws.run_folder import processes_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


PATIENCE = 120.0  # seconds until what hangs is taken to hang; a busy machine takes its time


def command(repository: Path, *words: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "pipeline_demo", *words],
        cwd=repository,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run_folders(repository: Path) -> list[Path]:
    runs = repository / ".emulator" / "runs"
    return sorted(runs.iterdir()) if runs.exists() else []


def wait_for_parts(repository: Path, process: subprocess.Popen[str]) -> str:
    """Wait until the run has started children, and give its id."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        assert process.poll() is None, process.communicate()
        folders = run_folders(repository)
        if folders and len(processes_of(folders[-1].name)) >= 2:
            return folders[-1].name
        time.sleep(0.05)
    raise AssertionError("nothing was started")


def until(condition: Callable[[], bool], may_go_on: Callable[[], bool] = lambda: True, *, seconds: float = 20) -> None:
    """Wait for something to happen, for as long as it still may."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert may_go_on(), "what was to do it has ended"
        assert time.monotonic() < deadline, f"it did not happen in {seconds} s"
        time.sleep(0.05)
