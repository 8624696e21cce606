"""The latest snapshot of the environment, shared by all open pages."""

from __future__ import annotations

import time

from pipeline_cli.snapshot import Snapshot, take

from pipeline_console.environment import Environment, Trouble

SECONDS = 3.0
"""Between two snapshots. On AWS, each reads 7 metrics: https://aws.amazon.com/cloudwatch/pricing/ has the price."""
_SLOW_SECONDS = 2 * SECONDS


class Live:
    """Takes snapshots as long as a page asks for them."""

    def __init__(self, environment: Environment) -> None:
        """Take snapshots of an environment."""
        self._environment = environment
        self._asked: float | None = None
        self._looked = 0.0
        self._trouble = ""
        self.snapshot: Snapshot | None = None
        """The last successful snapshot."""

    @property
    def trouble(self) -> str:
        """Why the displayed state may be out of date; empty if it is current."""
        if self._asked is not None and (waited := time.monotonic() - self._asked) > _SLOW_SECONDS:
            return f"{self._environment.name} has not answered for {waited:.0f} s"
        return self._trouble

    async def look(self) -> None:
        """Take a snapshot, unless another page is doing so, or has just done so."""
        now = time.monotonic()
        if self._asked is not None or now - self._looked < SECONDS / 2:
            return
        self._asked = now
        try:
            seen = await self._environment.ask(take, self._environment.services)
        finally:
            self._asked, self._looked = None, time.monotonic()
        if isinstance(seen, Trouble):
            self._trouble = seen.why
        else:
            self.snapshot, self._trouble = seen, ""
