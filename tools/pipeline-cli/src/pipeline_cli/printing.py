"""The output of commands. Text that may come from a message is printed literally, without markup."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from local_aws.terminal import printable
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_PLAIN_WIDTH = 140


def console() -> Console:
    """Return the console; without a terminal, lines are wide."""
    one = Console()
    return one if one.is_terminal else Console(width=_PLAIN_WIDTH)


def print_json(value: Any) -> None:
    """Print a value as JSON; times are written as RFC 3339."""
    print(json.dumps(value, indent=2, default=plain_json))


def print_result(words: str, value: Any, *, as_json: bool) -> None:
    """Print the result, as text or as JSON."""
    if as_json:
        print_json(value)
    else:
        print(words)


def print_error(text: str) -> None:
    """Print an error. It may quote a message, or a log that quotes one."""
    print(f"error: {printable(text, keep=chr(10))}", file=sys.stderr)


def print_note(text: str) -> None:
    """Print a note for the operator, separate from the output."""
    print(f"note: {printable(text, keep=chr(10))}", file=sys.stderr)


@contextmanager
def progress_bar(what: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """Show the progress of an activity on a terminal, and yield the function that updates it."""
    err = Console(stderr=True)
    with Progress(
        *Progress.get_default_columns(), MofNCompleteColumn(), console=err, disable=not err.is_terminal
    ) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done: bar.update(task, completed=done)


def agreed(question: str) -> bool:
    """Ask for confirmation; without a terminal or an answer, it counts as refused."""
    return sys.stdin.isatty() and input(f"{question} [y/N] ").strip().lower() in {"y", "yes"}


def moment(value: datetime) -> str:
    """Format a time for people, in UTC."""
    return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def counted(number: int, noun: str) -> str:
    """Format a number with its noun."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def plain_json(value: Any) -> Any:
    """Convert values that JSON does not have: times to RFC 3339, all others to text."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return str(value)
