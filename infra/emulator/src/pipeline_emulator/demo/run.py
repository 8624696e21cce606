"""Sending the messages and waiting until each has an outcome."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline_emulator.demo.audit import Audit
from pipeline_emulator.demo.failures import failure_reasons
from pipeline_emulator.demo.lines import NotSent
from pipeline_emulator.demo.outcome import Outcome
from pipeline_emulator.demo.sending import send
from pipeline_emulator.demo.view import ProgressView

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_sqs import SQSClient
    from rich.console import Console

    from pipeline_emulator.demo.lines import Line
    from pipeline_emulator.emulator import Emulator

_LOOK_SECONDS = 0.3
_SPARE_SECONDS = 15.0


@dataclass(frozen=True)
class Finished:
    """All that is known in the end; ``seconds`` from the first message sent to the last look."""

    audit: Audit
    not_sent: Sequence[NotSent]
    seconds: float
    given_up: str | None
    """What was where when nothing had changed for too long; None when the queue is empty."""


def run_messages(aws: Emulator, lines: Sequence[Line], console: Console) -> Finished:
    """Send the lines and follow them to their outcomes, or until nothing can be expected any more."""
    sqs = aws.endpoint.sqs()
    audit = Audit.of(aws)
    not_sent: list[NotSent] = []
    began = looked = time.monotonic()
    with ProgressView(console, len(lines)) as view:
        for result in send(sqs, aws.outputs.queue_url, lines):
            if isinstance(result, NotSent):
                not_sent.append(result)
            else:
                audit.add(result)
            if time.monotonic() - looked > _LOOK_SECONDS:
                audit.look()
                view.update(audit)
                looked = time.monotonic()
        given_up = _wait(aws, sqs, audit, view)
        audit.finish()
        if audit.counts()[Outcome.FAILED]:
            audit.explain(failure_reasons(aws))
        view.update(audit, last=True)
    return Finished(audit, not_sent, time.monotonic() - began, given_up)


def patience_seconds(sqs: SQSClient, queue_url: str) -> float:
    """Give the time within which, by the queue's settings, some message must come to its outcome.

    A message that keeps failing is in the dead letter queue when it was received as often as the redrive policy allows,
    each time hidden for the visibility timeout at most.
    """
    attributes = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["All"])["Attributes"]
    deliveries = int(json.loads(attributes["RedrivePolicy"])["maxReceiveCount"])
    return int(attributes["VisibilityTimeout"]) * deliveries + _SPARE_SECONDS


def _wait(aws: Emulator, sqs: SQSClient, audit: Audit, view: ProgressView) -> str | None:
    patience = patience_seconds(sqs, aws.outputs.queue_url)
    pending, changed = audit.pending, time.monotonic()
    while True:
        aws.check()
        started = time.monotonic()
        audit.look()
        view.update(audit)
        if not audit.pending or not _depth(sqs, aws.outputs.queue_url):
            # A message leaves the queue after it has its outcome: what is not found now is lost.
            return None
        if audit.pending != pending:
            pending, changed = audit.pending, time.monotonic()
        if time.monotonic() - changed > patience:
            return f"nothing has changed for {patience:.0f} s; {_whereabouts(aws, sqs, pending)}"
        time.sleep(max(_LOOK_SECONDS, time.monotonic() - started))


def _whereabouts(aws: Emulator, sqs: SQSClient, pending: int) -> str:
    queues = {
        "the queue": aws.outputs.queue_url,
        "the dead letter queue": aws.outputs.dead_letter_queue_url,
        "the invalid message queue": aws.outputs.invalid_message_queue_url,
    }
    depths = ", ".join(f"{_depth(sqs, url)} in {name}" for name, url in queues.items())
    return f"{pending} messages are without an outcome, while there are {depths}"


def _depth(sqs: SQSClient, url: str) -> int:
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    visible, hidden = attributes["ApproximateNumberOfMessages"], attributes["ApproximateNumberOfMessagesNotVisible"]
    return int(visible) + int(hidden)
