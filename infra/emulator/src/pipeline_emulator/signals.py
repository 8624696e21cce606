"""Ending in order when the user or the system asks for it."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Terminated(KeyboardInterrupt):
    """SIGTERM or SIGHUP arrived; like Ctrl-C it passes every ``except Exception``."""

    def __init__(self, number: int) -> None:
        """Remember which signal it was."""
        super().__init__(signal.Signals(number).name)
        self.number = number


@contextmanager
def ending_signals_raise() -> Iterator[None]:
    """Turn the first request to end into an exception, and ignore further ones while it unwinds.

    A second Ctrl-C, or the SIGTERM that a session runner sends after it, would otherwise interrupt the cleaning up
    and leave processes behind. Outside the main thread, which alone may set handlers, it does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def on_signal(number: int, _frame: FrameType | None) -> None:
        for ending in _ENDING:
            signal.signal(ending, signal.SIG_IGN)
        if number == signal.SIGINT:
            raise KeyboardInterrupt
        raise Terminated(number)

    before = {ending: signal.signal(ending, on_signal) for ending in _ENDING}
    try:
        yield
    finally:
        for ending, handler in before.items():
            signal.signal(ending, handler)
