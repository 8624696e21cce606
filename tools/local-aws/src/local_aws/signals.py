"""Ending in order at the request of the user or the system."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from local_aws.parent import ends_with_parent

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Terminated(KeyboardInterrupt):
    """SIGTERM or SIGHUP arrived; like Ctrl-C, it is not caught by ``except Exception``."""

    def __init__(self, number: int) -> None:
        """Remember the signal."""
        super().__init__(signal.Signals(number).name)
        self.number = number


@contextmanager
def ending_signals_raise() -> Iterator[None]:
    """Turn the first request to end into an exception, and ignore further ones while it propagates.

    A second Ctrl-C, or the SIGTERM that a session runner sends after it, would otherwise interrupt the cleanup and
    leave processes behind. The end of the process that LOCAL_AWS_ENDS_WITH names is a request to end, too. Outside
    the main thread, which alone may set handlers, it does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {ending: signal.signal(ending, _on_signal) for ending in _ENDING}
    try:
        with ends_with_parent():
            yield
    finally:
        for ending, handler in before.items():
            signal.signal(ending, handler)


def ignore_ending_signals() -> None:
    """Ignore requests to end from now on, because the process is ending."""
    for ending in _ENDING:
        signal.signal(ending, signal.SIG_IGN)


def _on_signal(number: int, _frame: FrameType | None) -> None:
    ignore_ending_signals()
    raise KeyboardInterrupt if number == signal.SIGINT else Terminated(number)
