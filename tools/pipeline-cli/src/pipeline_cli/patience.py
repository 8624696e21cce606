"""Looking again and again, but not for ever."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass(frozen=True)
class Patience:
    """How long to wait for something, and how often to look."""

    seconds: float
    interval: float = 2.0
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def looks(self) -> Iterator[float]:
        """Yield the seconds that have passed, at once and then once for each interval, until the time is over."""
        started, passed = self.clock(), 0.0
        while passed <= self.seconds:
            yield passed
            self.sleep(self.interval)
            passed = self.clock() - started
