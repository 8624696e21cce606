"""Polling with a time limit."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass(frozen=True)
class Patience:
    """The time limit and the interval of polling."""

    seconds: float
    interval: float = 2.0
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def looks(self) -> Iterator[float]:
        """Yield the elapsed seconds, immediately and then after each interval, until the time limit."""
        started, passed = self.clock(), 0.0
        while passed <= self.seconds:
            yield passed
            self.sleep(self.interval)
            passed = self.clock() - started
