"""Sending the messages and waiting until each has an outcome."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pipeline_cli.executions.places import QueueSettings
from pipeline_cli.outputs import StackOutputs
from pipeline_cli.queue_reader import depth

from pipeline_demo.audit import Audit
from pipeline_demo.failures import Failures, log_group
from pipeline_demo.last_executions import last_executions
from pipeline_demo.lines import NotSent
from pipeline_demo.sending import send
from pipeline_demo.view import ProgressView
from pipeline_demo.waiting import Waiting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from local_aws.emulator import Emulator
    from mypy_boto3_sqs import SQSClient
    from rich.console import Console

    from pipeline_demo.lines import Line

_LOOK_SECONDS = 0.3
_SPARE_SECONDS = 15.0


@dataclass(frozen=True)
class Finished:
    """The results of a run; ``seconds`` run from the first message sent to the last look."""

    audit: Audit
    not_sent: Sequence[NotSent]
    seconds: float
    given_up: str | None
    """Where messages were when nothing had changed for too long; None if the queue is empty."""


def run_messages(aws: Emulator, lines: Sequence[Line], console: Console) -> Finished:
    """Send the lines and follow them to their outcomes, or until no more are to be expected.

    While messages wait for redelivery, the console reports it, with the reasons; the logs of such a run are kept.
    """
    sqs, outputs = aws.endpoint.sqs(), StackOutputs.of(aws.outputs)
    settings = QueueSettings.read(sqs, outputs.queue_url)
    since = datetime.now(UTC)
    audit, failures = Audit.of(aws), Failures(aws, since)
    not_sent: list[NotSent] = []
    began = looked = time.monotonic()
    with ProgressView(console, len(lines)) as view:
        waiting = Waiting(aws, audit, failures, view, redelivered_within=settings.visibility_seconds)
        for result in send(sqs, outputs.queue_url, lines):
            if isinstance(result, NotSent):
                not_sent.append(result)
            else:
                audit.add(result)
            if time.monotonic() - looked > _LOOK_SECONDS:
                audit.look()
                waiting.look()
                view.update(audit, waiting.count)
                looked = time.monotonic()
        given_up = _wait(aws, sqs, outputs, audit, view, waiting, patience_seconds(settings))
        audit.finish()
        failures.look(audit.message_ids)
        audit.explain(failures.last, last_executions(aws.endpoint.logs(), log_group(aws), since))
        aws.keep_logs |= bool(failures.last)
        view.update(audit, last=True)
    return Finished(audit, not_sent, time.monotonic() - began, given_up)


def patience_seconds(settings: QueueSettings) -> float:
    """Return the time within which the queue's settings guarantee that some message reaches its outcome.

    A message that keeps failing is in the dead-letter queue once it was received as often as the redrive policy allows,
    each time hidden for at most the visibility timeout.
    """
    return settings.visibility_seconds * (settings.max_receive_count or 1) + _SPARE_SECONDS


def _wait(
    aws: Emulator,
    sqs: SQSClient,
    outputs: StackOutputs,
    audit: Audit,
    view: ProgressView,
    waiting: Waiting,
    patience: float,
) -> str | None:
    pending, changed = audit.pending, time.monotonic()
    while True:
        aws.check()
        started = time.monotonic()
        audit.look()
        waiting.look()
        view.update(audit, waiting.count)
        if not audit.pending or not depth(sqs, outputs.queue_url):
            # A message leaves the queue after it has its outcome: a message that is not found now is lost.
            return None
        if audit.pending != pending:
            pending, changed = audit.pending, time.monotonic()
        if time.monotonic() - changed > patience:
            return f"nothing has changed for {patience:.0f} s; {_whereabouts(sqs, outputs, pending)}"
        time.sleep(max(_LOOK_SECONDS, time.monotonic() - started))


def _whereabouts(sqs: SQSClient, outputs: StackOutputs, pending: int) -> str:
    queues = {
        "the queue": outputs.queue_url,
        "the dead-letter queue": outputs.dead_letter_queue_url,
        "the invalid message queue": outputs.invalid_message_queue_url,
    }
    depths = ", ".join(f"{depth(sqs, url)} in {name}" for name, url in queues.items())
    return f"messages without an outcome: {pending}; SQS counts {depths}"
