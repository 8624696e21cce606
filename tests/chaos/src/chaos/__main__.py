"""``python -m chaos``: one chaos run, from an empty machine to the audit."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from local_aws.command import exit_status
from local_aws.errors import EmulatorError
from local_aws.signals import ending_signals_raise
from local_aws.steps import ConsoleSteps
from pipeline_cli.errors import DeployError
from pipeline_cli.local import local_pipeline
from pipeline_testing.repository_copy import REPOSITORY

from chaos.audit import Audit
from chaos.drive import drive
from chaos.evidence import collect
from chaos.faults import deliveries_hit, plan_faults
from chaos.messages import plan_messages
from chaos.poison import poisoned_copy
from chaos.report import Report

if TYPE_CHECKING:
    from collections.abc import Sequence

# A looping poison ends after this time; the transformer takes milliseconds, up to a second for the largest body, and
# about as long to start. The other services have no poison, and keep their own timeouts.
_TRANSFORMER_TIMEOUT_SECONDS = 4
_SHOWN = 20


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it; the exit status is 0 only if every message is accounted for."""
    options = _parser().parse_args(arguments)
    return exit_status(lambda console: _run_and_report(options, ConsoleSteps(console)), (EmulatorError, DeployError))


def _run_and_report(options: argparse.Namespace, steps: ConsoleSteps) -> int:
    with ending_signals_raise(), tempfile.TemporaryDirectory(prefix="pipeline-chaos-") as folder:
        report = _run(options, Path(folder), steps)
    steps.note("\n" + "\n".join(report.lines(_SHOWN)))
    return 0 if report.clean else 1


def _run(options: argparse.Namespace, folder: Path, steps: ConsoleSteps) -> Report:
    began = time.monotonic()
    parameters = {
        "EnvironmentName": "chaos",
        "MaxReceiveCount": str(options.max_receive_count),
        "BatchSize": str(options.batch_size),
    }
    deployed = parameters | {"VisibilityTimeout": str(options.visibility_timeout)}
    messages = plan_messages(options.messages, options.seed, poisons=options.poisons)
    faults = plan_faults(options.faults, options.messages, options.seed)
    template = poisoned_copy(
        folder, timeout_seconds=_TRANSFORMER_TIMEOUT_SECONDS, visibility_timeout=options.visibility_timeout
    )
    with local_pipeline(
        REPOSITORY, template=template, parameters=parameters, steps=steps, durable_store="sqlite"
    ) as aws:
        course = drive(aws, messages, faults, backlog=options.backlog, say=steps.note)
        with steps.step("audit the table and the queues"):
            findings = Audit(
                course.sent,
                collect(aws),
                environment=parameters["EnvironmentName"],
                max_receive_count=options.max_receive_count,
                faults=deliveries_hit([one.fault for one in course.injected]),
            ).run()
        report = Report(options.seed, deployed, course, findings, time.monotonic() - began)
        if options.report:
            options.report.write_text("\n".join(report.lines()) + "\n", encoding="utf-8")
        aws.keep_logs = not report.clean
        if aws.keep_logs:
            steps.note(f"logs: {aws.logs}")
    return report


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="chaos", description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=1, help="of the plan of messages and faults")
    parser.add_argument("--report", type=Path, metavar="FILE", help="write the whole report there")
    # The visibility timeout is shorter than an execution may take, which a real deployment must avoid: now and then,
    # messages are redelivered while they are being processed.
    for name, default, text in (
        ("messages", 2000, "to send"),
        ("faults", 40, "to inject"),
        ("poisons", None, "among the messages; 1.5 in a thousand unless given"),
        ("visibility-timeout", 30, "of the queue, in seconds"),
        ("max-receive-count", 3, "deliveries, after which a message is a dead letter"),
        ("batch-size", 25, "messages of a batch at most"),
        ("backlog", 1000, "messages in the queue at most"),
    ):
        parser.add_argument(f"--{name}", type=_count, default=default, metavar="N", help=text)
    return parser


def _count(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError("must not be negative")
    return number


if __name__ == "__main__":
    sys.exit(main())
