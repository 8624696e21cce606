"""Evidence about a run's messages from the environment: its log, executions, alarms and queues."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from pipeline_cli.alarms import alarm_states
from pipeline_cli.queue_reader import depth
from pipeline_cli.snapshot import Unknown, guarded

from pipeline_demo.last_executions import last_executions

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from pipeline_cli.target import Target

RUNNING = "RUNNING"
# AWS refuses calls from a clock that is further off: the log has AWS's own time.
_CLOCK_SKEW = timedelta(minutes=5)


@dataclass(frozen=True)
class Executions:
    """The last executions of the messages."""

    of_message: Mapping[str, str]
    """The ARN by message id, from the orchestrator's log."""
    statuses: Mapping[str, str] | Unknown
    """The status by ARN."""

    @property
    def have_ended(self) -> bool:
        """Whether no execution is known to be running."""
        return isinstance(self.statuses, Unknown) or RUNNING not in self.statuses.values()


@dataclass(frozen=True)
class Evidence:
    """The state of the environment after the run."""

    executions: Executions | Unknown
    alarms: Mapping[str, str] | Unknown
    in_queue: int
    """Messages in the source queue, by any sender, from SQS's approximate count."""
    dead_letters: int
    """Messages in the dead-letter queue, by any sender."""


def read_executions(target: Target, message_ids: Collection[str], began: datetime) -> Executions | Unknown:
    """Search the log for the executions of the messages, and read the status of each."""
    named = guarded(last_executions, target.client("logs"), target.resources.log_group, began - _CLOCK_SKEW)
    if isinstance(named, Unknown):
        return named
    own = {message_id: arn for message_id, arn in named.items() if message_id in message_ids}
    return Executions(own, guarded(_statuses, target, set(own.values())))


def read_evidence(target: Target, executions: Executions | Unknown) -> Evidence:
    """Read the remaining evidence."""
    sqs, resources = target.client("sqs"), target.resources
    return Evidence(
        executions,
        guarded(alarm_states, target),
        depth(sqs, resources.queue_url),
        depth(sqs, resources.dead_letter_queue_url),
    )


def _statuses(target: Target, arns: Collection[str]) -> dict[str, str]:
    client = target.client("lambda")
    return {
        arn: client.get_durable_execution(DurableExecutionArn=arn, IncludeExecutionData=False)["Status"] for arn in arns
    }
