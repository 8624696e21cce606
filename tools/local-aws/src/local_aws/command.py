"""``local-aws up TEMPLATE``: build a SAM application, deploy it to the emulated AWS, and stay until Ctrl-C."""

from __future__ import annotations

import argparse
import shlex
import time
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from local_aws.address import add_port_option
from local_aws.emulator import Emulator
from local_aws.errors import EmulatorError
from local_aws.signals import Terminated, ignore_ending_signals
from local_aws.steps import ConsoleSteps
from local_aws.terminal import shown

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager

_SIGNALLED = 128
_PLAIN_WIDTH = 140
_CHECK_SECONDS = 0.5


def main(arguments: list[str] | None = None) -> int:
    """Run the command; the exit status is 0 after Ctrl-C, 1 after a failure."""
    options = _parser().parse_args(arguments)
    console = console_of_this_process()
    try:
        return up(options.template.absolute(), dict(options.parameter), options.port, console)
    except EmulatorError as error:
        # It may quote a log, which may quote a message.
        Console(stderr=True).print(shown(f"error: {error}", keep="\n"), soft_wrap=True)
        return 1
    except KeyboardInterrupt as interrupt:
        return interrupted(interrupt, console)


def up(template: Path, parameters: dict[str, str], port: int, console: Console) -> int:
    """Build, deploy, print the outputs and the lines for a shell, and stay until Ctrl-C."""
    steps = ConsoleSteps(console)
    with Emulator.start(Path.cwd(), template=template, parameters=parameters, steps=steps, port=port) as aws:
        console.print()
        for name, value in sorted(aws.outputs.items()):
            console.print(f"{name} = {value}", markup=False, highlight=False, soft_wrap=True)
        stay(aws, {}, console)
    return 0


def stay(
    aws: Emulator,
    variables: Mapping[str, str],
    console: Console,
    beside: AbstractContextManager[object] = nullcontext(),  # noqa: B008 - it has no state
) -> None:
    """Print the lines for a shell, and stay until Ctrl-C; raises PartFailedError when a part ends before.

    ``variables`` are set there beside those of AWS. What is ``beside`` it is entered when the lines are in the file.
    """
    all_variables = {**aws.one_endpoint().variables(), **variables}
    lines = "\n".join(f"export {name}={shlex.quote(value)}" for name, value in all_variables.items())
    try:
        console.print(f"\n{lines}\n", markup=False, highlight=False, soft_wrap=True)
        console.print(f"The same lines are in .emulator/env. Logs: {aws.logs}. Ctrl-C stops it.", soft_wrap=True)
        with aws.run_folder.published(lines), beside:
            while True:
                aws.check()
                time.sleep(_CHECK_SECONDS)
    except KeyboardInterrupt:
        console.print("stopping")


def console_of_this_process() -> Console:
    """Give the console to print on; lines are wide where there is no terminal."""
    console = Console()
    return console if console.is_terminal else Console(width=_PLAIN_WIDTH)


def interrupted(interrupt: KeyboardInterrupt, console: Console) -> int:
    """Give the exit status after a request to end, by a signal's number as a shell has it."""
    ignore_ending_signals()
    console.print("stopped")
    return _SIGNALLED + (interrupt.number if isinstance(interrupt, Terminated) else 2)


def add_parameter_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--parameter NAME=VALUE``, which gives pairs."""
    told = "deploy with this parameter of the template; may be repeated"
    parser.add_argument("--parameter", action="append", default=[], type=_pair, metavar="NAME=VALUE", help=told)


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"expected NAME=VALUE, got {text!r}")
    return name, value


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="local-aws", description="AWS on this machine, for a SAM application")
    command = parser.add_subparsers(title="commands", required=True).add_parser("up", help=up.__doc__)
    command.add_argument("template", type=Path, metavar="TEMPLATE", help="the root template of the application")
    add_parameter_option(command)
    add_port_option(command)
    return parser
