"""Reloading functions whenever their source changes, or once."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import watchfiles

from local_aws.reload.source_files import SourceFilter
from local_aws.terminal import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import Console

    from local_aws.reload.functions import ReloadableFunction
    from local_aws.reload.reloader import Reloaded, Reloader

_LOOK_MILLISECONDS = 500
# Files saved within this time of each other are one change.
_STEP_MILLISECONDS = 100


def watch(reloader: Reloader, console: Console) -> Iterator[list[Reloaded]]:
    """Reload what changes, and yield the results; an empty list twice a second while nothing changes.

    Changes since the last build are reloaded first.
    """
    folders = list(dict.fromkeys([*(function.source for function in reloader.functions), *reloader.shared]))
    for function in reloader.functions:
        line = f"watching {function.label}: version {reloader.live_version(function)}"
        _print(console, _described(reloader, function, line))
    saved = watchfiles.watch(
        *folders,
        watch_filter=SourceFilter(folders),
        step=_STEP_MILLISECONDS,
        rust_timeout=_LOOK_MILLISECONDS,
        yield_on_timeout=True,
    )
    changes = next(saved)  # from now on, no change is missed
    before = reloader.outdated()
    while True:
        changed = reloader.made_from([Path(path) for _, path in changes])
        functions = [function for function in reloader.functions if function in changed or function in before]
        yield reload_and_print(reloader, functions, console) if functions else []
        before, changes = [], next(saved)


def reload_and_print(reloader: Reloader, functions: Sequence[ReloadableFunction], console: Console) -> list[Reloaded]:
    """Reload functions once, and print the result for each."""
    started = time.monotonic()
    with console.status(f"reloading {', '.join(function.label for function in functions)} …"):
        outcome = reloader.reload(functions)
    seconds = time.monotonic() - started
    for reloaded in outcome:
        _print(console, f"{_described(reloader, reloaded.function, str(reloaded))} ({seconds:.1f} s)")
    for problem in dict.fromkeys(reloaded.problem for reloaded in outcome if reloaded.problem):
        _print(console, problem)
    return outcome


def _described(reloader: Reloader, function: ReloadableFunction, line: str) -> str:
    description = reloader.describe(function)
    return f"{line}, {description}" if description else line


def _print(console: Console, text: str) -> None:
    # The error may quote source and the log of a build.
    console.print(shown(text, keep="\n"), soft_wrap=True)
