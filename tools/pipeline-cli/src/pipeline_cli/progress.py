"""The progress of a waiting command, on standard error: one line on a terminal, otherwise a line per change."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from local_aws.terminal import printable, shown
from rich.console import Console

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """Yield a function that shows the current wait."""
    err = Console(stderr=True)
    if err.is_terminal:
        with err.status("") as status:
            yield lambda text: status.update(shown(text))
        return
    told: list[str] = []

    def show(text: str) -> None:
        if told[-1:] != [text]:
            told.append(text)
            print(printable(text), file=sys.stderr, flush=True)

    yield show
