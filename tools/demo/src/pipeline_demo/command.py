"""The commands ``demo`` and ``local``, from an empty machine to accounted messages, and ``reload``."""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

from local_aws.command import reload_named, stay
from local_aws.reload.application import Application, running_application
from local_aws.steps import ConsoleSteps
from pipeline_cli.local import local_pipeline
from pipeline_cli.outputs import StackOutputs
from pipeline_cli.reloading import contracts_under_work, pipeline_reloader
from pipeline_cli.table import Table
from pipeline_cli.target import ENVIRONMENT_VARIABLE

from pipeline_demo import report, table_view
from pipeline_demo.contracts_in_use import contracts_in_use
from pipeline_demo.lines import Line, NotSent, generated_lines, read_lines
from pipeline_demo.outcome import Outcome
from pipeline_demo.run import Finished, run_messages
from pipeline_demo.verdict import Expected, print_verdict

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from local_aws.emulator import Emulator
    from rich.console import Console

SAMPLES = "tools/demo/samples/messages.jsonl"
EXPECTED = "tools/demo/samples/expected.txt"

# Few, so that a message that keeps failing becomes a dead letter while one watches.
DEMO_PARAMETERS = {"MaxReceiveCount": "2"}

_MOST_CHARACTERS = 80


@dataclass(frozen=True)
class _Input:
    lines: Sequence[Line]
    unreadable: Sequence[NotSent]
    expected: Expected

    @classmethod
    def of(cls, options: Namespace, repository: Path, *, samples: bool) -> _Input:
        """Read what to send, by default the samples or nothing; refuse early what the run could not do at the end."""
        if options.report is not None:
            report.check_report(options.report)
        allowed: bool = options.allow_dead_letters
        if options.count is not None:
            return cls(list(generated_lines(options.count)), (), Expected(dead_letters=allowed))
        if options.input is not None:
            return cls(*read_lines(options.input), Expected(dead_letters=allowed))
        if not samples:
            return cls((), (), Expected(dead_letters=allowed))
        lines, unreadable = read_lines(repository / SAMPLES)
        numbers = sorted([*(line.number for line in lines), *(refusal.line.number for refusal in unreadable)])
        return cls(lines, unreadable, Expected.read(repository / EXPECTED, numbers, dead_letters=allowed))


def demo(options: Namespace, repository: Path, console: Console) -> int:
    """Start, deploy, send, account, stop; exits with 0 if every message has its expected outcome."""
    given = _Input.of(options, repository, samples=True)
    parameters, steps = DEMO_PARAMETERS | dict(options.parameter), ConsoleSteps(console)
    variables = contracts_under_work(repository) if options.unreleased else {}
    with local_pipeline(repository, parameters=parameters, steps=steps, build_variables=variables) as aws:
        _print_contracts(Application.of_run(aws.run_folder.path), repository, console)
        return _send_and_account(aws, options, given, console)


def local(options: Namespace, repository: Path, console: Console) -> int:
    """Start, deploy, and stay up until Ctrl-C, at the same address each time; send messages if asked to."""
    given, status = _Input.of(options, repository, samples=options.samples), 0
    parameters, steps = DEMO_PARAMETERS | dict(options.parameter), ConsoleSteps(console)
    variables = contracts_under_work(repository) if options.watch or options.unreleased else {}
    with local_pipeline(
        repository, parameters=parameters, steps=steps, port=options.port, build_variables=variables
    ) as aws:
        application = Application.of_run(aws.run_folder.path)
        _print_contracts(application, repository, console)
        if given.lines or given.unreadable:
            status = _send_and_account(aws, options, given, console)
        reloader = pipeline_reloader(application, repository) if options.watch else None
        beside = _console(repository) if options.console else nullcontext()
        stay(aws, _shell_variables(aws), console, reloader=reloader, beside=beside)
    return status


def reload(options: Namespace, repository: Path, console: Console) -> int:
    """Build services of the pipeline that runs in this clone, and move their aliases; exits with 1 if a build fails."""
    return reload_named(pipeline_reloader(running_application(repository), repository), options.service, console)


def _print_contracts(application: Application, repository: Path, console: Console) -> None:
    for line in contracts_in_use(application, repository):
        console.print(line, markup=False, highlight=False, soft_wrap=True)


@contextmanager
def _console(repository: Path) -> Iterator[None]:
    """Run the console, which stops with the run, or by the same Ctrl-C."""
    with subprocess.Popen([sys.executable, "-m", "pipeline_cli", "console", "--local"], cwd=repository) as process:
        try:
            yield
        finally:
            process.terminate()


def _shell_variables(aws: Emulator) -> dict[str, str]:
    outputs = StackOutputs.of(aws.outputs)
    return {
        "QUEUE_URL": outputs.queue_url,
        "DEAD_LETTER_QUEUE_URL": outputs.dead_letter_queue_url,
        "INVALID_MESSAGE_QUEUE_URL": outputs.invalid_message_queue_url,
        "TABLE_NAME": outputs.table_name,
        ENVIRONMENT_VARIABLE: aws.deployment.parameters["EnvironmentName"],
    }


def _send_and_account(aws: Emulator, options: Namespace, given: _Input, console: Console) -> int:
    finished = run_messages(aws, given.lines, console)
    not_sent = [*given.unreadable, *finished.not_sent]
    rows = report.rows_of(finished.audit.messages, not_sent)
    console.print()
    table_view.print_rows(console, rows)
    table_view.print_totals(console, rows)
    _print_example(aws, finished, console)
    succeeded = print_verdict(console, finished, not_sent, given.expected)
    aws.keep_logs |= not succeeded
    if aws.keep_logs:
        console.print(f"The logs are kept in {aws.logs}", markup=False, highlight=False, soft_wrap=True)
    if options.report is not None:
        report.write_report(options.report, rows)
    return 0 if succeeded else 1


def _print_example(aws: Emulator, finished: Finished, console: Console) -> None:
    stored = [tracked for tracked in finished.audit.messages if tracked.outcome is Outcome.STORED]
    if not stored:
        return
    chosen = min(stored, key=lambda tracked: tracked.message.line.number)
    item = Table(aws.endpoint.dynamodb(), StackOutputs.of(aws.outputs).table_name).item(chosen.execution_id)
    body = chosen.message.line.body
    told = body if len(body) <= _MOST_CHARACTERS else f"{body[:_MOST_CHARACTERS]}…"
    table_view.print_item(console, f"The item stored for {told}, read with GetItem:", item)
