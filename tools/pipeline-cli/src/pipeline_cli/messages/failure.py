"""The reason why a message is in its queue: from its attribute, or from the orchestrator's log."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from pipeline_cli.messages.content import why
from pipeline_cli.messages.queued_message import sent_at
from pipeline_cli.rejected_message import NO_REASON, told_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from mypy_boto3_sqs.type_defs import MessageTypeDef

DIED = "execution_died"
UNKNOWN = "unknown"

_LINE = "message failed"
# Rejected again unless the data or the code changes, except for a conflict, which depends on the table.
_REPEATED_FAILURES = frozenset({"invoke_failed", "broken_contract", "model_error"})
_NOT_REPEATED_REJECTIONS = frozenset({"idempotency_conflict", UNKNOWN})


@dataclass(frozen=True)
class Failure:
    """Why a message was rejected, or why it last failed."""

    stage: str
    code: str
    field: str = ""
    reason: str = ""
    execution_arn: str = ""
    at: datetime | None = None
    repeats: bool = False
    """Whether the same body fails again until a function changes."""

    @property
    def why(self) -> str:
        """The field and the reason."""
        return why(self.field, self.reason)


@dataclass(frozen=True)
class LoggedFailures:
    """The last failure of each message, by message id, as far as the log was searched."""

    last: Mapping[str, Failure]
    incomplete: str = ""
    """Why the search is incomplete; empty if it is complete."""

    def of(self, message_id: str) -> Failure:
        """Return the last failure of a dead letter."""
        if message_id in self.last:
            return self.last[message_id]
        if self.incomplete:
            return Failure("", UNKNOWN, reason="the search of the log is incomplete")
        return Failure("", DIED, reason="no failure is logged: its executions died")


def rejection_of(message: MessageTypeDef) -> Failure:
    """Read the failure from the attribute of a message in the invalid message queue."""
    told = {name: str(value) for name, value in told_of(message).items() if value}
    code = told.get("code", UNKNOWN)
    return Failure(
        stage=told.get("stage", ""),
        code=code,
        field=told.get("field", ""),
        reason=told.get("reason", "" if told else NO_REASON),
        execution_arn=told.get("execution_arn", ""),
        at=sent_at(message),
        repeats=code not in _NOT_REPEATED_REJECTIONS,
    )


def search_log(
    logs: Any,
    log_group: str,
    message_ids: Collection[str],
    since: datetime,
    *,
    seconds: float,
    clock: Callable[[], float] = time.monotonic,
) -> LoggedFailures:
    """Search the orchestrator's log once for the failures of all messages, for at most ``seconds``.

    A search of many days takes minutes, page by page:
    https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
    """
    last: dict[str, Failure] = {}
    latest = clock() + seconds
    pages = logs.get_paginator("filter_log_events").paginate(
        logGroupName=log_group, filterPattern=f'"{_LINE}"', startTime=int(since.timestamp() * 1000)
    )
    try:
        for page in pages:
            for event in page["events"]:
                message_id, failure = _read(event)
                before = last.get(message_id)
                if message_id in message_ids and (before is None or failure.at >= before.at):  # type: ignore[operator]
                    last[message_id] = failure
            if page.get("nextToken") and clock() > latest:
                return LoggedFailures(last, f"the search of {log_group} took longer than {seconds:g} s")
    except (BotoCoreError, ClientError) as error:
        return LoggedFailures(last, f"{log_group} could not be searched: {error}")
    return LoggedFailures(last)


def _read(event: Mapping[str, Any]) -> tuple[str, Failure]:
    try:
        line = json.loads(event["message"])
    except (ValueError, RecursionError):
        line = None
    if not isinstance(line, dict) or line.get("message") != _LINE:
        line = {}
    told = {name: str(value) for name, value in line.items() if value is not None}
    code = told.get("code", UNKNOWN)
    return told.get("message_id", ""), Failure(
        stage=told.get("stage", ""),
        code=code,
        reason=told.get("reason", ""),
        execution_arn=told.get("executionArn", ""),
        at=datetime.fromtimestamp(event["timestamp"] / 1000, UTC),
        repeats=code in _REPEATED_FAILURES,
    )
