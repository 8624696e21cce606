"""A flow of messages while something else happens."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Self

from pipeline_testing.bodies import body

if TYPE_CHECKING:
    from pipeline_e2e.stack import Stack

_PAUSE_SECONDS = 0.2


class Flow:
    """Sends a message repeatedly inside the context; ``sent`` are the message ids."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.sent: list[str] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(_PAUSE_SECONDS):
            self.sent += self._stack.send(body(n=len(self.sent)))
