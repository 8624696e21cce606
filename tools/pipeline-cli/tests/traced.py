"""Traces of recorded data, at a time shortly after the recording."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline_cli.executions.log_search import LogSearch
from pipeline_cli.executions.places import Waits
from pipeline_cli.executions.trace import Tracer

if TYPE_CHECKING:
    from pipeline_cli.executions.queue_look import Look
    from pipeline_cli.executions.trace import Trace, TracedMessage
    from recorded_aws import RecordedAws

WAITS = Waits.read(Path(__file__).parents[3])
RECORDED = datetime(2026, 11, 26, 11, 0, tzinfo=UTC)
"""Shortly after all executions had ended, and long before SQS deletes anything."""


def trace(aws: RecordedAws, asked: str, now: datetime = RECORDED, look: Look | None = None) -> Trace:
    search = LogSearch(aws, "/aws/lambda/orchestrator", now - timedelta(days=4), 60)
    return Tracer(aws.target, search, WAITS, now, look).trace(asked)


def trace_one(aws: RecordedAws, name: str, now: datetime = RECORDED, look: Look | None = None) -> TracedMessage:
    (message,) = trace(aws, aws.ids[name], now, look).messages
    return message


def outcomes(message: TracedMessage) -> list[str]:
    return [delivery.outcome for delivery in message.deliveries]


def visits(message: TracedMessage, delivery: int = 0) -> list[tuple[str, int, bool, str]]:
    path = message.deliveries[delivery].path
    assert path
    return [(one.stage, one.attempt, one.isolated, one.verdict.outcome) for one in path.visits]


def now_in(message: TracedMessage) -> list[tuple[str, bool]]:
    return [(place.where, place.certain) for place in message.places]
