"""Live progress: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from pipeline_demo.outcome import Outcome

if TYPE_CHECKING:
    from rich.console import Console

    from pipeline_demo.audit import Audit

_PLAIN_SECONDS = 2.0


class ProgressView:
    """Shows how many messages are sent, stored, rejected and failed, and how many have an outcome per second."""

    def __init__(self, console: Console, total: int) -> None:
        """Show the progress towards ``total`` messages."""
        columns = SpinnerColumn(), BarColumn(bar_width=24), TextColumn("{task.fields[counts]}"), TimeElapsedColumn()
        self._progress = Progress(*columns, console=console, disable=not console.is_terminal)
        self._task = self._progress.add_task("", total=total, counts="")
        self._console = console
        self._began = self._printed = time.monotonic()

    def __enter__(self) -> ProgressView:
        """Begin."""
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End, also after an error."""
        self._progress.stop()

    def update(self, audit: Audit, *, last: bool = False) -> None:
        """Show what the audit has found; ``last`` says that it does not change any more."""
        counts, now = audit.counts(), time.monotonic()
        done, seconds = counts.total() - counts[Outcome.LOST], now - self._began
        text = (
            f"sent {counts.total()}  stored {counts[Outcome.STORED]}  rejected {counts[Outcome.REJECTED]}  "
            f"failed {counts[Outcome.FAILED]}  {done / max(seconds, 0.001):.1f} messages/s"
        )
        self._progress.update(self._task, completed=done, counts=text)
        if self._progress.disable and (last or now - self._printed >= _PLAIN_SECONDS):
            self._printed = now
            self._console.print(f"{seconds:6.1f} s  {text}", markup=False, highlight=False, soft_wrap=True)
