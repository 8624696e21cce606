"""``python -m pipeline_demo demo``, ``… local`` and ``… reload``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from local_aws.address import add_port_option
from local_aws.command import add_parameter_option, exit_status
from local_aws.errors import EmulatorError
from pipeline_cli.errors import DeployError
from pipeline_cli.repository import find_repository

from pipeline_demo.command import SAMPLES, demo, local, reload
from pipeline_demo.lines import MOST_MESSAGES

if TYPE_CHECKING:
    from collections.abc import Callable

_MOST_DIGITS = 10


def main(arguments: list[str] | None = None) -> int:
    """Run a command; the exit status is 1 after any failure, 130 after Ctrl-C."""
    options = _parser().parse_args(arguments)
    return exit_status(
        lambda console: options.command(options, find_repository(), console), (EmulatorError, DeployError)
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="pipeline_demo", description="Messages through the pipeline on this machine")
    commands = parser.add_subparsers(title="commands", required=True)
    _add_command(commands, demo, "send messages and account for each", f"default: {SAMPLES}")
    command, source = _add_command(commands, local, "stay up until Ctrl-C", "default: nothing is sent")
    source.add_argument("--samples", action="store_true", help=f"send the lines of {SAMPLES}")
    add_port_option(command)
    command.add_argument("--watch", action="store_true", help="reload a service when its source changes")
    command.add_argument("--console", action="store_true", help="open the console in a browser")
    summary = "reload services of the pipeline that `local` runs"
    command = commands.add_parser(reload.__name__, help=summary, description=reload.__doc__)
    command.set_defaults(command=reload)
    told = "the name of its folder; contracts means all services"
    command.add_argument("service", nargs="+", metavar="SERVICE", help=told)
    return parser


def _add_command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    command: Callable[..., int],
    summary: str,
    default: str,
) -> tuple[argparse.ArgumentParser, argparse._MutuallyExclusiveGroup]:
    """Add a command with the common options; return it and the group of options that select what is sent."""
    subparser = commands.add_parser(command.__name__, help=summary, description=command.__doc__)
    subparser.set_defaults(command=command)
    source = subparser.add_mutually_exclusive_group()
    told = f"send the bodies in a file, one per line, unchanged ({default})"
    source.add_argument("--input", type=Path, metavar="FILE", help=told)
    told = f"send N generated valid messages, {MOST_MESSAGES:,} at most"
    source.add_argument("--count", type=_count, metavar="N", help=told)
    told = "build the services with the contracts of contracts/src instead of those in their locks"
    subparser.add_argument("--unreleased", action="store_true", help=told)
    told = "do not count a dead letter as a failure"
    subparser.add_argument("--allow-dead-letters", action="store_true", help=told)
    told = "write the outcome of every message, and the totals, as JSON"
    subparser.add_argument("--report", type=Path, metavar="FILE", help=told)
    add_parameter_option(subparser)
    return subparser, source


def _count(text: str) -> int:
    if not text.isdecimal() or len(text) > _MOST_DIGITS or int(text) > MOST_MESSAGES:
        raise argparse.ArgumentTypeError(f"expected a number from 0 to {MOST_MESSAGES:,}, got {text[:40]!r}")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
