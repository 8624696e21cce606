"""Live progress: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from rich.progress import BarColumn, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

if TYPE_CHECKING:
    from types import TracebackType

    from rich.console import Console

    from chaos.drive import Progress

_PLAIN_SECONDS = 5.0


class View:
    """Shows how many messages are sent and settled, and the fault that was injected last."""

    def __init__(self, console: Console, messages: int, faults: int) -> None:
        """Show the progress towards so many messages and faults."""
        self._console = console
        self._messages = messages
        self._faults = faults
        self._printed = 0.0
        self._bar: Bar | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> View:
        """Begin."""
        if self._console.is_terminal:
            columns = (SpinnerColumn(), BarColumn(24), TextColumn("{task.fields[text]}"), TimeElapsedColumn())
            self._bar = Bar(*columns, console=self._console)
            self._task = self._bar.add_task("", total=self._messages, text="")
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End, also after an error."""
        if self._bar is not None:
            self._bar.stop()

    def show(self, progress: Progress) -> None:
        """Show how far it is."""
        last = f"  last: {progress.injected[-1].fault.kind}" if progress.injected else ""
        text = (
            f"sent {progress.sent}  settled {progress.settled}/{self._messages}  "
            f"faults {len(progress.injected)}/{self._faults}{last}"
        )
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=progress.settled, text=text)
        elif time.monotonic() - self._printed >= _PLAIN_SECONDS:
            self._printed = time.monotonic()
            self._console.print(f"{progress.seconds:6.1f} s  {text}", markup=False, highlight=False, soft_wrap=True)
