"""Live progress: a bar on a terminal, otherwise a line now and then."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from local_aws.steps import SecondsColumn
from local_aws.terminal import shown
from rich.progress import BarColumn, Progress, ProgressColumn, SpinnerColumn, TextColumn

from pipeline_demo.outcome import Outcome

if TYPE_CHECKING:
    from rich.console import Console

    from pipeline_demo.audit import Audit

_PLAIN_SECONDS = 2.0
_UNCHANGED_SECONDS = 30.0
_WIDE = 110


class ProgressView:
    """Shows how many messages are sent, stored, rejected, failed and waiting, and how many have an outcome per second.

    ``note`` prints additional information, with the elapsed seconds.
    """

    def __init__(self, console: Console, total: int) -> None:
        """Show the progress towards ``total`` messages."""
        columns: list[ProgressColumn] = [SpinnerColumn(), TextColumn("{task.fields[counts]}"), SecondsColumn()]
        if console.width >= _WIDE:
            columns.insert(1, BarColumn(bar_width=24))
        self._progress = Progress(*columns, console=console, disable=not console.is_terminal)
        self._task = self._progress.add_task("", total=total, counts="")
        self._console = console
        self._began = self._printed = time.monotonic()
        self._counts = ""

    def __enter__(self) -> ProgressView:
        """Begin."""
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End, also after an error."""
        self._progress.stop()

    def update(self, audit: Audit, waiting: int = 0, *, last: bool = False) -> None:
        """Show what the audit has found, and how many messages wait; ``last`` marks the final state."""
        counts, now = audit.counts(), time.monotonic()
        done, seconds = counts.total() - counts[Outcome.LOST], now - self._began
        text = (
            f"sent {counts.total()}  stored {counts[Outcome.STORED]}  rejected {counts[Outcome.REJECTED]}  "
            f"failed {counts[Outcome.FAILED]}"
        )
        if waiting:
            text += f"  waiting {waiting}"
        speed = f"  {done / max(seconds, 0.001):.1f} messages/s"
        self._progress.update(self._task, completed=done, counts=text + speed)
        pause = _UNCHANGED_SECONDS if text == self._counts else _PLAIN_SECONDS
        if self._progress.disable and (last or now - self._printed >= pause):
            self._printed, self._counts = now, text
            self._print(text + speed)

    def note(self, text: str, *, unbroken: bool = False) -> None:
        """Print a line that stays; with ``unbroken``, it contains something to copy."""
        self._print(text, soft_wrap=unbroken or self._progress.disable)

    def _print(self, text: str, *, soft_wrap: bool = True) -> None:
        self._console.print(shown(f"{time.monotonic() - self._began:6.1f} s  {text}"), soft_wrap=soft_wrap)
