"""``python -m pipeline_demo demo`` and ``… local``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from local_aws.command import add_parameter_option, console_of_this_process, interrupted
from local_aws.errors import EmulatorError
from local_aws.terminal import shown
from pipeline_cli.errors import DeployError
from pipeline_cli.repository import find_repository
from rich.console import Console

from pipeline_demo.command import SAMPLES, demo, local
from pipeline_demo.lines import MOST_MESSAGES

_MOST_DIGITS = 10


def main(arguments: list[str] | None = None) -> int:
    """Run a command; the exit status is 1 after any failure, 130 after Ctrl-C."""
    options = _parser().parse_args(arguments)
    console = console_of_this_process()
    try:
        status: int = options.command(options, find_repository(), console)
    except (EmulatorError, DeployError) as error:
        # It may quote a log, which may quote a message.
        Console(stderr=True).print(shown(f"error: {error}", keep="\n"), soft_wrap=True)
        return 1
    except KeyboardInterrupt as interrupt:
        return interrupted(interrupt, console)
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="pipeline_demo", description="Messages through the pipeline on this machine")
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
        add_parameter_option(subparser)
    return parser


def _count(text: str) -> int:
    if not text.isdecimal() or len(text) > _MOST_DIGITS or int(text) > MOST_MESSAGES:
        raise argparse.ArgumentTypeError(f"expected a number from 0 to {MOST_MESSAGES:,}, got {text[:40]!r}")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
