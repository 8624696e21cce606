"""What a command waits for: in one line on a terminal, else a line for each change."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from local_aws.terminal import shown

from pipeline_cli.printing import console

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """Give a function that shows what is waited for now."""
    out = console()
    if out.is_terminal:
        with out.status("") as status:
            yield lambda text: status.update(shown(text))
        return
    told: list[str] = []

    def show(text: str) -> None:
        if told[-1:] != [text]:
            told.append(text)
            print(text, flush=True)

    yield show
