"""``python -m pipeline_emulator demo`` and ``… local``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from rich.console import Console

from pipeline_emulator.demo.command import SAMPLES, demo, local
from pipeline_emulator.demo.lines import MOST_MESSAGES
from pipeline_emulator.emulator import ROOT_TEMPLATE
from pipeline_emulator.errors import EmulatorError
from pipeline_emulator.signals import Terminated, ignore_ending_signals
from pipeline_emulator.terminal import shown

_SIGNALLED = 128
_PLAIN_WIDTH = 140
_MOST_DIGITS = 10


def main(arguments: list[str] | None = None) -> int:
    """Run a command; the exit status is 1 after any failure, 130 after Ctrl-C."""
    options = _parser().parse_args(arguments)
    console = Console()
    if not console.is_terminal:
        console = Console(width=_PLAIN_WIDTH)
    try:
        status: int = options.command(options, _repository(), console)
    except EmulatorError as error:
        # It may quote a log, which may quote a message.
        Console(stderr=True).print(shown(f"error: {error}", keep="\n"), soft_wrap=True)
        return 1
    except KeyboardInterrupt as interrupt:
        ignore_ending_signals()
        number = interrupt.number if isinstance(interrupt, Terminated) else 2
        console.print("stopped")
        return _SIGNALLED + number
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="pipeline_emulator", description="AWS on this machine")
    commands = parser.add_subparsers(title="commands", required=True)
    for command, summary in ((demo, "send messages and account for each"), (local, "the same, and stay up")):
        subparser = commands.add_parser(command.__name__, help=summary, description=command.__doc__)
        subparser.set_defaults(command=command)
        source = subparser.add_mutually_exclusive_group()
        source.add_argument(
            "--input", type=Path, metavar="FILE", help=f"one body a line, sent as it stands (default: {SAMPLES})"
        )
        source.add_argument(
            "--count",
            type=_count,
            metavar="N",
            help=f"send N generated valid messages instead, {MOST_MESSAGES:,} at most",
        )
        subparser.add_argument(
            "--allow-dead-letters", action="store_true", help="do not count a dead letter as a failure"
        )
        subparser.add_argument("--report", type=Path, metavar="FILE", help="write every message's outcome as JSON")
        subparser.add_argument(
            "--parameter",
            action=_KeyValue,
            default={},
            metavar="NAME=VALUE",
            help="deploy with this parameter of the root template; may be repeated",
        )
    return parser


class _KeyValue(argparse.Action):
    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: object, _option: str | None = None
    ) -> None:
        name, separator, value = str(values).partition("=")
        if not separator:
            parser.error(f"{values!r} is not NAME=VALUE")
        setattr(namespace, self.dest, {**getattr(namespace, self.dest), name: value})


def _count(text: str) -> int:
    if not text.isdecimal() or len(text) > _MOST_DIGITS or int(text) > MOST_MESSAGES:
        raise argparse.ArgumentTypeError(f"expected a number from 0 to {MOST_MESSAGES:,}, got {text[:40]!r}")
    return int(text)


def _repository() -> Path:
    """Find the repository of the working folder."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / ROOT_TEMPLATE).is_file():
            return folder
    raise EmulatorError(f"there is no {ROOT_TEMPLATE} in {here} or above; run this in the repository")


if __name__ == "__main__":
    sys.exit(main())
