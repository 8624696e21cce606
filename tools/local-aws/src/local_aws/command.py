"""``local-aws up TEMPLATE``: build a SAM application, deploy it to the emulated AWS, and stay up until Ctrl-C."""

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
from local_aws.reload.application import Application, running_application
from local_aws.reload.reloader import Reloader
from local_aws.reload.watch import reload_and_print, watch
from local_aws.signals import Terminated, ending_signals_raise, ignore_ending_signals
from local_aws.steps import ConsoleSteps
from local_aws.terminal import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

_SIGNALLED = 128
_PLAIN_WIDTH = 140
_CHECK_SECONDS = 0.5


def main(arguments: list[str] | None = None) -> int:
    """Run the command; the exit status is 0 after Ctrl-C, 1 after a failure."""
    options = _parser().parse_args(arguments)
    return exit_status(lambda console: options.command(options, console))


def exit_status(command: Callable[[Console], int], errors: tuple[type[Exception], ...] = (EmulatorError,)) -> int:
    """Run a command that prints on the console of this process, and return its exit status.

    One of the errors is printed, and the status is 1. After a request to end, the status has the number of the signal,
    as in a shell.
    """
    console = console_of_this_process()
    try:
        return command(console)
    except errors as error:
        # The error may quote a log, which may quote a message.
        Console(stderr=True).print(shown(f"error: {error}", keep="\n"), soft_wrap=True)
        return 1
    except KeyboardInterrupt as interrupt:
        ignore_ending_signals()
        console.print("stopped")
        return _SIGNALLED + (interrupt.number if isinstance(interrupt, Terminated) else 2)


def up(options: argparse.Namespace, console: Console) -> int:
    """Build, deploy, print the outputs and the lines for a shell, and stay up until Ctrl-C."""
    template, parameters, steps = options.template.absolute(), dict(options.parameter), ConsoleSteps(console)
    with Emulator.start(Path.cwd(), template=template, parameters=parameters, steps=steps, port=options.port) as aws:
        console.print()
        for name, value in sorted(aws.outputs.items()):
            console.print(f"{name} = {value}", markup=False, highlight=False, soft_wrap=True)
        reloader = Reloader(Application.of_run(aws.run_folder.path), shared=options.shared) if options.watch else None
        stay(aws, {}, console, reloader=reloader)
    return 0


def reload(options: argparse.Namespace, console: Console) -> int:
    """Build functions of the application that runs in this folder, and move their aliases; 1 if a build fails."""
    reloader = Reloader(running_application(Path.cwd()), shared=options.shared)
    return reload_named(reloader, options.function, console)


def reload_named(reloader: Reloader, names: Sequence[str], console: Console) -> int:
    """Reload the functions of these names once, and return the exit status."""
    with ending_signals_raise():
        outcome = reload_and_print(reloader, reloader.named(names), console)
    return 1 if any(reloaded.problem for reloaded in outcome) else 0


def stay(
    aws: Emulator,
    variables: Mapping[str, str],
    console: Console,
    *,
    reloader: Reloader | None = None,
    beside: AbstractContextManager[object] = nullcontext(),  # noqa: B008 - it has no state
) -> None:
    """Print the lines for a shell, and stay up until Ctrl-C; raises PartFailedError if a part ends before.

    ``variables`` are set there beside those of AWS. With a ``reloader``, functions are reloaded when their source
    changes. The context ``beside`` is entered once the lines are in the file.
    """
    all_variables = {**aws.one_endpoint().variables(), **variables}
    lines = "\n".join(f"export {name}={shlex.quote(value)}" for name, value in all_variables.items())
    try:
        console.print(f"\n{lines}\n", markup=False, highlight=False, soft_wrap=True)
        console.print(f"The same lines are in .emulator/env. Logs: {aws.logs}. Ctrl-C stops it.", soft_wrap=True)
        with aws.run_folder.published(lines), beside:
            for _ in watch(reloader, console) if reloader else _ticks():
                aws.check()
    except KeyboardInterrupt:
        console.print("stopping")


def _ticks() -> Iterator[None]:
    while True:
        yield
        time.sleep(_CHECK_SECONDS)


def console_of_this_process() -> Console:
    """Return the console to print on; lines are wide where there is no terminal."""
    console = Console()
    return console if console.is_terminal else Console(width=_PLAIN_WIDTH)


def add_parameter_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--parameter NAME=VALUE``, which is parsed into pairs."""
    told = "deploy with this parameter of the template; may be repeated"
    parser.add_argument("--parameter", action="append", default=[], type=_pair, metavar="NAME=VALUE", help=told)


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"expected NAME=VALUE, got {text!r}")
    return name, value


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="local-aws", description="AWS on this machine, for a SAM application")
    commands = parser.add_subparsers(title="commands", required=True)
    command = commands.add_parser("up", help=up.__doc__)
    command.add_argument("template", type=Path, metavar="TEMPLATE", help="the root template of the application")
    add_parameter_option(command)
    add_port_option(command)
    command.add_argument("--watch", action="store_true", help="reload a function when its source changes")
    again = commands.add_parser("reload", help=reload.__doc__)
    again.add_argument("function", nargs="+", metavar="FUNCTION", help="name of its source folder, or its logical id")
    for subparser, function in ((command, up), (again, reload)):
        subparser.set_defaults(command=function)
        told = "a folder of source that all functions are built with; may be repeated"
        subparser.add_argument("--shared", action="append", default=[], type=Path, metavar="FOLDER", help=told)
    return parser
