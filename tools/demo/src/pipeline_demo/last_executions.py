"""The last execution of each message, from the lines that the orchestrator logs at the start of a batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline_cli.executions.log_search import RECEIVED

from pipeline_demo.data import object_of

if TYPE_CHECKING:
    from datetime import datetime


def last_executions(logs: Any, log_group: str, since: datetime) -> dict[str, str]:
    """Return the ARN of the execution by message id, for batches that began after a given time."""
    pages = logs.get_paginator("filter_log_events").paginate(
        logGroupName=log_group, filterPattern=f'"{RECEIVED}"', startTime=int(since.timestamp() * 1_000)
    )
    found: dict[str, str] = {}
    try:
        for event in (event for page in pages for event in page["events"]):
            line = object_of(event["message"])
            if line.get("message") == RECEIVED:
                found |= dict.fromkeys(line["message_ids"], line["executionArn"])
    except logs.exceptions.ResourceNotFoundException:
        pass  # the function has never run
    return found
