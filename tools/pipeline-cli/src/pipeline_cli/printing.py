"""What commands print. Text that may come from a message is printed as text, whatever it contains."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from typing import Any

from local_aws.terminal import printable
from rich.console import Console

_PLAIN_WIDTH = 140


def console() -> Console:
    """Give the console; lines are wide where there is no terminal."""
    one = Console()
    return one if one.is_terminal else Console(width=_PLAIN_WIDTH)


def print_json(value: Any) -> None:
    """Print a value as JSON; moments are written as RFC 3339."""
    print(json.dumps(value, indent=2, default=_plain))


def print_error(text: str) -> None:
    """Print an error. It may quote a message, or a log that does."""
    print(f"error: {printable(text, keep=chr(10))}", file=sys.stderr)


def agreed(question: str) -> bool:
    """Ask; no terminal and no answer mean no."""
    return sys.stdin.isatty() and input(f"{question} [y/N] ").strip().lower() in {"y", "yes"}


def moment(value: datetime) -> str:
    """Write a moment for people, in UTC."""
    return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return str(value)
