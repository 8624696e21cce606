"""Showing the user steps that take seconds."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import Progress, ProgressColumn, SpinnerColumn, TextColumn
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.progress import Task


class SecondsColumn(ProgressColumn):
    """The seconds since a task began."""

    def render(self, task: Task) -> Text:
        """Format them as whole seconds."""
        return Text(f"{task.elapsed or 0:.0f} s")


class ConsoleSteps:
    """Prints a line for each step with its duration; meanwhile, on a terminal, the elapsed seconds."""

    def __init__(self, console: Console | None = None) -> None:
        """Print to the console; without one, print nothing."""
        self._console = console or Console(quiet=True, force_terminal=False)

    @contextmanager
    def step(self, text: str) -> Iterator[None]:
        """Print the step when it is done, or has failed."""
        started = time.monotonic()
        end = "[red]failed[/]"
        try:
            with self._running(text):
                yield
            end = "[green]done[/]"
        finally:
            self._console.print(f"{text:<44} {end} {time.monotonic() - started:5.1f} s", highlight=False)

    def _running(self, text: str) -> Progress:
        columns = SpinnerColumn(), TextColumn("{task.description}", markup=False), SecondsColumn()
        shown = Progress(*columns, console=self._console, transient=True, disable=not self._console.is_terminal)
        shown.add_task(f"{text} …", total=None)
        return shown

    def note(self, text: str) -> None:
        """Print additional information."""
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)
