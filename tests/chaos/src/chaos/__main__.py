"""``python -m chaos``: one run of chaos, from nothing to the audit."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

from local_aws.errors import EmulatorError
from local_aws.signals import Terminated, ending_signals_raise, ignore_ending_signals
from local_aws.steps import ConsoleSteps
from pipeline_cli.errors import DeployError
from pipeline_cli.local import local_pipeline
from pipeline_testing.repository_copy import REPOSITORY
from rich.console import Console

from chaos.audit import audit
from chaos.drive import drive
from chaos.evidence import collect
from chaos.faults import deliveries_hit, plan_faults
from chaos.messages import plan_messages
from chaos.poison import poisoned_copy
from chaos.report import Report
from chaos.view import View

# A poison's loop ends after this time; the transformer takes milliseconds, up to a second for the largest body, and as
# long to start. The other services have no poison, and keep their own timeouts.
_TRANSFORMER_TIMEOUT_SECONDS = 4
_PLAIN_WIDTH = 140


def main(arguments: list[str] | None = None) -> int:
    """Run it; the exit status is 0 only if every message is accounted for."""
    options = _parser().parse_args(arguments)
    console = Console()
    if not console.is_terminal:
        console = Console(width=_PLAIN_WIDTH)
    try:
        with ending_signals_raise(), tempfile.TemporaryDirectory(prefix="pipeline-chaos-") as folder:
            report = _run(options, Path(folder), console)
    except (EmulatorError, DeployError) as error:
        Console(stderr=True).print(f"error: {error}", markup=False, highlight=False, soft_wrap=True)
        return 1
    except KeyboardInterrupt as interrupt:
        ignore_ending_signals()
        console.print("stopped")
        return 128 + (interrupt.number if isinstance(interrupt, Terminated) else 2)
    console.print()
    for line in report.shown():
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    return 0 if report.clean else 1


def _run(options: argparse.Namespace, folder: Path, console: Console) -> Report:
    began = time.monotonic()
    parameters = {
        "EnvironmentName": "chaos",
        "MaxReceiveCount": str(options.max_receive_count),
        "BatchSize": str(options.batch_size),
        "MaximumConcurrency": str(options.concurrency),
    }
    messages = plan_messages(options.messages, options.seed, poisons=options.poisons)
    faults = plan_faults(options.faults, options.messages, options.seed)
    template = poisoned_copy(
        folder, timeout_seconds=_TRANSFORMER_TIMEOUT_SECONDS, visibility_timeout=options.visibility_timeout
    )
    steps = ConsoleSteps(console)
    with local_pipeline(
        REPOSITORY, template=template, parameters=parameters, steps=steps, durable_store=options.durable_store
    ) as aws:
        with View(console, len(messages), len(faults)) as view:
            course = drive(aws, messages, faults, backlog=options.backlog, show=view.show)
        with steps.step("audit the table and the queues"):
            findings = audit(
                course.sent,
                collect(aws),
                environment=parameters["EnvironmentName"],
                max_receive_count=options.max_receive_count,
                faults=deliveries_hit([one.fault for one in course.injected]),
            )
        report = Report(options.seed, aws.deployment.parameters, course, findings, time.monotonic() - began)
        if options.report is not None:
            report.write(options.report)
        aws.keep_logs = options.keep_logs or not report.clean
        if aws.keep_logs:
            console.print(f"logs: {aws.logs}", markup=False, highlight=False, soft_wrap=True)
    return report


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="chaos", description=__doc__)
    parser.add_argument("--messages", type=_count, default=2000, metavar="N", help="to send (default: %(default)s)")
    parser.add_argument("--faults", type=_count, default=40, metavar="N", help="to inject (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of the plan of messages and faults (default: %(default)s)")
    parser.add_argument("--poisons", type=_count, metavar="N", help="of the messages (default: 1.5 in a thousand)")
    parser.add_argument("--report", type=Path, metavar="FOLDER", help="write report.json and report.txt there")
    parser.add_argument(
        "--durable-store",
        choices=["memory", "sqlite"],
        default="sqlite",
        help="where the durable service keeps executions (default: %(default)s)",
    )
    parser.add_argument("--keep-logs", action="store_true", help="also when all went well")
    # Shorter than an execution may take, which a real deployment must not do: now and then messages are delivered again
    # while they are being handled.
    parser.add_argument(
        "--visibility-timeout", type=_count, default=30, metavar="SECONDS", help="(default: %(default)s)"
    )
    parser.add_argument("--max-receive-count", type=_count, default=3, metavar="N", help="(default: %(default)s)")
    parser.add_argument("--batch-size", type=_count, default=25, metavar="N", help="(default: %(default)s)")
    # With more executions side by side than the machine can run, each takes longer than its messages stay invisible.
    concurrency = max(2, min(10, 2 * (os.cpu_count() or 1)))
    parser.add_argument("--concurrency", type=_count, default=concurrency, metavar="N", help="(default: %(default)s)")
    parser.add_argument(
        "--backlog", type=_count, default=1000, metavar="N", help="messages in the queue at most (default: %(default)s)"
    )
    return parser


def _count(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError("must not be negative")
    return number


if __name__ == "__main__":
    sys.exit(main())
