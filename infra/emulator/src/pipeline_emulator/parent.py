"""Ending when ./nox has ended: what kills nox does not reach what nox started."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Iterator

_NOX = "PIPELINE_NOX_PID"
"""Set by ./nox. Without it nothing is watched: whoever starts a command without nox ends it, too."""
_LOOK_SECONDS = 0.2


@contextmanager
def ends_with_nox() -> Iterator[None]:
    """Send SIGTERM to the main thread once the process of nox has ended, however that came about."""
    if not os.environ.get(_NOX, "").isdecimal():
        yield
        return
    done = threading.Event()
    threading.Thread(target=_watch, args=(int(os.environ[_NOX]), done), name="watch nox", daemon=True).start()
    try:
        yield
    finally:
        done.set()


def _watch(pid: int, done: threading.Event) -> None:
    try:
        nox = psutil.Process(pid)
        while _lives(nox):
            if done.wait(_LOOK_SECONDS):
                return
    except psutil.NoSuchProcess:
        pass
    main = threading.main_thread().ident
    if main is not None and not done.is_set():
        signal.pthread_kill(main, signal.SIGTERM)


def _lives(process: psutil.Process) -> bool:
    # A killed process stays as a zombie until its own parent asks how it ended.
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
