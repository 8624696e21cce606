"""Live progress: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from pipeline_demo.outcome import Outcome

if TYPE_CHECKING:
    from types import TracebackType

    from rich.console import Console

    from pipeline_demo.audit import Audit

_PLAIN_SECONDS = 2.0


class ProgressView:
    """Shows how many messages are sent, stored, rejected and failed, and how many have an outcome per second."""

    def __init__(self, console: Console, total: int) -> None:
        """Show the progress towards ``total`` messages."""
        self._console = console
        self._total = total
        self._began = time.monotonic()
        self._printed = 0.0
        self._progress: Progress | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> ProgressView:
        """Begin; the rate counts from here."""
        self._began = self._printed = time.monotonic()
        if self._console.is_terminal:
            self._progress = Progress(
                SpinnerColumn(),
                BarColumn(bar_width=24),
                TextColumn("{task.fields[counts]}"),
                TimeElapsedColumn(),
                console=self._console,
            )
            self._task = self._progress.add_task("", total=self._total, counts="")
            self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End, also after an error."""
        if self._progress is not None:
            self._progress.stop()

    def update(self, audit: Audit, *, last: bool = False) -> None:
        """Show what the audit has found; ``last`` says that it does not change any more."""
        counts = audit.counts()
        done = counts.total() - counts[Outcome.LOST]
        seconds = time.monotonic() - self._began
        text = (
            f"sent {counts.total()}  stored {counts[Outcome.STORED]}  rejected {counts[Outcome.REJECTED]}  "
            f"failed {counts[Outcome.FAILED]}  {done / max(seconds, 0.001):.1f} messages/s"
        )
        if self._progress is not None and self._task is not None:
            self._progress.update(self._task, completed=done, counts=text)
        elif last or time.monotonic() - self._printed >= _PLAIN_SECONDS:
            self._printed = time.monotonic()
            self._console.print(f"{seconds:6.1f} s  {text}", markup=False, highlight=False, soft_wrap=True)
