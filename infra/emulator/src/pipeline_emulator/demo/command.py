"""The commands ``demo`` and ``local``: the whole way from nothing to accounted messages."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from pipeline_emulator.demo import report
from pipeline_emulator.demo.lines import Line, NotSent, generated_lines, read_lines
from pipeline_emulator.demo.outcome import Outcome
from pipeline_emulator.demo.run import Finished, run_messages
from pipeline_emulator.demo.table import Table
from pipeline_emulator.emulator import Emulator
from pipeline_emulator.shell_variables import ShellVariables
from pipeline_emulator.steps import ConsoleSteps

if TYPE_CHECKING:
    from argparse import Namespace
    from pathlib import Path

    from rich.console import Console

SAMPLES = "infra/emulator/samples/messages.jsonl"

# Short, so that a message that fails is tried again while one watches. The smallest that the templates allow would
# leave an execution no time for its own retries.
DEMO_PARAMETERS = {"ExecutionTimeoutSeconds": "60", "VisibilityTimeoutSeconds": "75", "MaxReceiveCount": "3"}

_CHECK_SECONDS = 0.5
_EXAMPLE = "test.csv"


def demo(options: Namespace, repository: Path, console: Console) -> int:
    """Start, deploy, send, account, stop; 0 when every message sent has exactly one outcome."""
    lines, unreadable = _input(options, repository)
    with Emulator.start(repository, parameters=DEMO_PARAMETERS | options.parameter, steps=ConsoleSteps(console)) as aws:
        status = _send_and_account(aws, options, lines, unreadable, console)
        aws.keep_logs = status != 0
    return status


def local(options: Namespace, repository: Path, console: Console) -> int:
    """Do as the demo does, then stay until Ctrl-C."""
    lines, unreadable = _input(options, repository)
    steps = ConsoleSteps(console)
    with Emulator.start(repository, parameters=DEMO_PARAMETERS | options.parameter, steps=steps) as aws:
        if lines or unreadable:
            _send_and_account(aws, options, lines, unreadable, console)
        with ShellVariables.of(aws).written_to(repository / ".emulator" / "env") as variables:
            console.print(f"\n{variables}\n", markup=False, highlight=False, soft_wrap=True)
            console.print(f"The same lines are in .emulator/env. Logs: {aws.logs}. Ctrl-C stops it.", soft_wrap=True)
            try:
                while True:
                    aws.check()
                    time.sleep(_CHECK_SECONDS)
            except KeyboardInterrupt:
                console.print("stopping")
    return 0


def _input(options: Namespace, repository: Path) -> tuple[list[Line], list[NotSent]]:
    if options.count is not None:
        return list(generated_lines(options.count)), []
    return read_lines(options.input or repository / SAMPLES)


def _send_and_account(
    aws: Emulator, options: Namespace, lines: list[Line], unreadable: list[NotSent], console: Console
) -> int:
    finished = run_messages(aws, lines, console)
    not_sent = [*unreadable, *finished.not_sent]
    fates = finished.audit.fates
    console.print()
    report.print_messages(console, fates, not_sent)
    _print_example(aws, finished, console)
    if options.report is not None:
        report.write_report(options.report, fates, not_sent)
    return report.print_sums(console, finished, not_sent)


def _print_example(aws: Emulator, finished: Finished, console: Console) -> None:
    stored = [fate for fate in finished.audit.fates if fate.outcome is Outcome.STORED]
    if not stored:
        return
    chosen = next((fate for fate in stored if f'"{_EXAMPLE}"' in fate.message.line.body), stored[0])
    item = Table(aws.endpoint.dynamodb(), aws.outputs.table_name).item(chosen.execution_id)
    report.print_item(console, f"\nWhat became of {chosen.message.line.body[:80]}, read back with GetItem:", item)
