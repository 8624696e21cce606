"""Telling the user what is being done while it takes seconds."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from rich.console import Console


class Steps(Protocol):
    """Whoever wants to know how the start proceeds."""

    def step(self, text: str) -> AbstractContextManager[None]:
        """Something is being done inside the context."""

    def note(self, text: str) -> None:
        """Something else is worth knowing."""


class SilentSteps:
    """Tells nobody."""

    @contextmanager
    def step(self, text: str) -> Iterator[None]:  # noqa: ARG002 - nobody reads it
        """Do nothing."""
        yield

    def note(self, text: str) -> None:
        """Do nothing."""


class ConsoleSteps:
    """Prints a line for each step with the seconds that it took, and a spinner meanwhile on a terminal."""

    def __init__(self, console: Console) -> None:
        """Print to the console."""
        self._console = console

    @contextmanager
    def step(self, text: str) -> Iterator[None]:
        """Print the step when it is done, or that it failed."""
        started = time.monotonic()
        mark, style = "failed", "red"
        try:
            with self._console.status(f"{text} …") if self._console.is_terminal else _nothing():
                yield
            mark, style = "done", "green"
        finally:
            seconds = time.monotonic() - started
            self._console.print(f"{text:<44} [{style}]{mark}[/] {seconds:5.1f} s", highlight=False)

    def note(self, text: str) -> None:
        """Print it."""
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)


@contextmanager
def _nothing() -> Iterator[None]:
    yield
