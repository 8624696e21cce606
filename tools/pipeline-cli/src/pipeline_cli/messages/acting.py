"""Showing a plan, asking for confirmation, carrying it out, and reporting what was not done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline_cli.errors import CommandError
from pipeline_cli.messages import plan_report
from pipeline_cli.messages.carrying_out import Carrier
from pipeline_cli.messages.plan import LEAVES
from pipeline_cli.operations_log import OperationsLog
from pipeline_cli.printing import agreed, print_json, print_note, progress_bar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline_cli.messages.plan import Planned
    from pipeline_cli.messages.reading import Kind, OpenQueue
    from pipeline_cli.target import Target


@dataclass(frozen=True)
class Manner:
    """How to carry out a plan, from the options of the command."""

    command: str
    """The command line, for the operations log."""
    dry_run: bool
    yes: bool
    each: bool
    as_json: bool
    rate: float


def act(
    target: Target, kind: Kind, queue: OpenQueue, planned: Sequence[Planned], manner: Manner, *, missing: int
) -> None:
    """Show a plan and carry it out, unless it is a dry run or the operator declines.

    Raises:
        CommandError: Not everything was done; the message says what was not, and why.
    """
    shown: dict[str, Any] = {"plan": plan_report.plan_to_json(planned), "missing": missing, "notes": queue.notes}
    if not manner.as_json:
        _print(kind, queue, planned, manner)
    leaving = sum(one.decision in LEAVES for one in planned)
    done = None
    if leaving and not manner.dry_run:
        if not manner.yes and not agreed(plan_report.question(planned, kind.queue_name)):
            raise CommandError("nothing was sent or deleted; to skip the question, add --yes")
        log = OperationsLog(target, manner.command)
        sqs, source_url = target.client("sqs"), target.resources.queue_url
        carrier = Carrier(sqs, source_url, queue.reader, log, kind, rate=manner.rate)
        with progress_bar("messages", leaving) as progress:
            done = carrier.run(planned, progress)
        shown["done"] = plan_report.done_to_json(done)
    if manner.as_json:
        print_json(shown)
    elif done:
        print(plan_report.summary(done))
    if not manner.dry_run and (short := plan_report.shortfall(planned, done, missing)):
        raise CommandError(short)


def _print(kind: Kind, queue: OpenQueue, planned: Sequence[Planned], manner: Manner) -> None:
    for note in queue.notes:
        print_note(note)
    if planned:
        plan_report.print_plan(planned, each=manner.each)
    else:
        print(f"There is nothing to do in the {kind.queue_name}: it has no messages, or none that match.")
