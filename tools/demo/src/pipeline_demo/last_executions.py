"""Which execution had a message in its batch last, by the lines with which the orchestrator begins a batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_cli.executions.log_search import RECEIVED

from pipeline_demo.data import object_of
from pipeline_demo.failures import function_name

if TYPE_CHECKING:
    from local_aws.emulator import Emulator


def last_executions(aws: Emulator) -> dict[str, str]:
    """Give the ARN of the execution by message id."""
    logs = aws.endpoint.logs()
    pages = logs.get_paginator("filter_log_events").paginate(
        logGroupName=f"/aws/lambda/{function_name(aws)}", filterPattern=f'"{RECEIVED}"'
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
