"""`check`."""

from __future__ import annotations

import json as json_text
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer
from local_aws.terminal import shown
from pipeline_contracts.envelopes import Envelope
from rich.table import Table

from pipeline_cli.errors import CommandError
from pipeline_cli.json_lines import body_lines
from pipeline_cli.message_check import CheckedLine, MessageCheck
from pipeline_cli.options import Json
from pipeline_cli.printing import console, print_json, print_note
from pipeline_cli.repository import find_repository
from pipeline_cli.rules import UnknownType

if TYPE_CHECKING:
    from collections.abc import Sequence


def check(
    file: Annotated[str, typer.Argument(metavar="FILE", help="JSON Lines, one body per line; - is standard input.")],
    *,
    envelope: Annotated[
        Envelope, typer.Option(help="The envelope of the messages: the parameter Envelope of the deployment.")
    ] = Envelope.NONE,
    unknown_processing_type: Annotated[
        UnknownType, typer.Option(help="How to treat unknown processing types: the parameter of the deployment.")
    ] = UnknownType.ACCEPT,
    json: Json = False,
) -> None:
    """Predict the outcome of messages, without AWS.

    Uses the contract, the rules and the transformations of this checkout. The bytes that the parameters StoreBody and
    StoreAttributes add to an item are not counted.

    Exits with 1 if any would be rejected.

    Example: ./nox -s pipeline -- check messages.jsonl
    """
    started = MessageCheck(find_repository(), envelope, unknown_type=unknown_processing_type)
    with _open(file) as given, started as checking:
        lines = list(body_lines(given))
        checked = list(checking.check(lines))
    if json:
        print_json([asdict(line) for line in checked])
    else:
        _print(checked, checking.skipped)
    if any(line.problem for line in checked):
        if all(_is_exported(line.body) for line in lines):
            print_note(
                f"these are exported messages, not bodies: check them with invalid resend {file} --dry-run --rules"
            )
        raise typer.Exit(1)


def _is_exported(text: str) -> bool:
    try:
        value = json_text.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) and {"message_id", "first_message_id", "receive_count", "body"} <= value.keys()


def _open(name: str) -> BinaryIO:
    if name == "-":
        return sys.stdin.buffer
    try:
        return Path(name).open("rb")
    except OSError as error:
        raise CommandError(f"{name} cannot be read: {error.strerror}") from error


def _print(checked: Sequence[CheckedLine], skipped: Sequence[str]) -> None:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("line", justify="right", no_wrap=True)
    table.add_column("bytes", justify="right", no_wrap=True)
    table.add_column("outcome", no_wrap=True)
    table.add_column("identity or reason", overflow="fold")
    for line in checked:
        outcome, told = _outcome(line)
        style = {"accepted": "green", "rejected": "bold red"}.get(outcome, "")
        table.add_row(str(line.number), f"{line.bytes:,}", shown(outcome, style), shown(told))
    out = console()
    out.print(table)
    rejected = sum(line.problem is not None for line in checked)
    out.print(f"{len(checked) - rejected} accepted, {rejected} rejected", highlight=False)
    if skipped:
        out.print(shown(f"Not asked, because they may depend on more than the message: {', '.join(skipped)}"))


def _outcome(line: CheckedLine) -> tuple[str, str]:
    if problem := line.problem:
        return "rejected", f"{problem.stage}, {problem.code}: {problem.reason}"
    if line.duplicate_of is not None:
        return "accepted", f"{line.identity}, a duplicate of line {line.duplicate_of}"
    return "accepted", line.identity
