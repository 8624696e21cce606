"""The help of the command lines, as they print it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer.main
from pipeline_cli.app import PROGRAM, app
from typer.core import TyperGroup

from docs_site import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Iterator

_COLUMNS = 100
_MODULE = (sys.executable, "-m")


def pipeline() -> Iterator[str]:
    """Yield each command of the operator's command line."""
    root = typer.main.get_command(app)
    context = root.make_context(
        PROGRAM, [], resilient_parsing=True, max_content_width=_COLUMNS, terminal_width=_COLUMNS
    )
    yield from _typer(root, context)


def demo() -> Iterator[str]:
    """Yield the sessions of tools/demo."""
    for command in ("demo", "local", "reload"):
        yield from _argparse(f"./nox -s {command} --", *_MODULE, "pipeline_demo", command)


def local_aws() -> Iterator[str]:
    """Yield the commands of tools/local-aws."""
    for command in ("up", "reload"):
        yield from _argparse(f"local-aws {command}", str(Path(sys.executable).with_name("local-aws")), command)


def new_stage() -> Iterator[str]:
    """Yield the session of tools/new-stage."""
    yield from _argparse("./nox -s new-stage --", *_MODULE, "new_stage")


def _typer(command: Any, context: Any) -> Iterator[str]:
    # The types of click are private to Typer.
    yield from _section(context.command_path, command.get_help(context))
    if isinstance(command, TyperGroup):
        for name, inner in command.commands.items():
            below = inner.make_context(name, [], parent=context, resilient_parsing=True, terminal_width=_COLUMNS)
            yield from _typer(inner, below)


def _argparse(shown: str, *command: str) -> Iterator[str]:
    env = {"COLUMNS": str(_COLUMNS), "NO_COLOR": "1", "PATH": os.environ["PATH"]}
    words = [*command, "--help"]
    asked = subprocess.run(words, cwd=REPOSITORY, env=env, capture_output=True, text=True, check=True)  # noqa: S603
    usage, _, rest = asked.stdout.partition("\n\n")
    synopsis = " ".join(usage.split())
    program = synopsis[len("usage: ") : synopsis.index(" [-h]")]
    yield from _section(shown, f"{synopsis.replace(program, shown, 1)}\n\n{rest}")


def _section(title: str, text: str) -> Iterator[str]:
    lines = [line.rstrip() for line in text.strip().splitlines()]
    yield from (f"### {title.removeprefix('./nox -s ').replace(' -- ', ' ').removesuffix(' --')}", "")
    yield from ("```text", *lines, "```", "")
