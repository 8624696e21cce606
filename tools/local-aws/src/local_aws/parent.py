"""Ending when the process that the environment names has ended: killing it does not reach its children."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Iterator

_PID = "LOCAL_AWS_ENDS_WITH"
"""The id of a process, such as a task runner's. Without it, nothing is watched: whoever starts a command ends it."""
_LOOK_SECONDS = 0.2


@contextmanager
def ends_with_parent() -> Iterator[None]:
    """Send SIGTERM to the main thread once that process has ended, for whatever reason."""
    if not os.environ.get(_PID, "").isdecimal():
        yield
        return
    done = threading.Event()
    threading.Thread(target=_watch, args=(int(os.environ[_PID]), done), name="watch the parent", daemon=True).start()
    try:
        yield
    finally:
        done.set()


def _watch(pid: int, done: threading.Event) -> None:
    try:
        parent = psutil.Process(pid)
        while _lives(parent):
            if done.wait(_LOOK_SECONDS):
                return
    except psutil.NoSuchProcess:
        pass
    main = threading.main_thread().ident
    if main is not None and not done.is_set():
        signal.pthread_kill(main, signal.SIGTERM)


def _lives(process: psutil.Process) -> bool:
    # A killed process remains a zombie until its own parent reads its exit status.
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
