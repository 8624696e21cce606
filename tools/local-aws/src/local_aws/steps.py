"""Telling the user what is being done while it takes seconds."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console

if TYPE_CHECKING:
    from collections.abc import Iterator


class ConsoleSteps:
    """Prints a line for each step with the seconds that it took, and a spinner meanwhile on a terminal."""

    def __init__(self, console: Console | None = None) -> None:
        """Print to the console; to none without one."""
        self._console = console or Console(quiet=True, force_terminal=False)

    @contextmanager
    def step(self, text: str) -> Iterator[None]:
        """Print the step when it is done, or that it failed."""
        started = time.monotonic()
        end = "[red]failed[/]"
        try:
            with self._console.status(f"{text} …"):
                yield
            end = "[green]done[/]"
        finally:
            self._console.print(f"{text:<44} {end} {time.monotonic() - started:5.1f} s", highlight=False)

    def note(self, text: str) -> None:
        """Print what else is worth knowing."""
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)
