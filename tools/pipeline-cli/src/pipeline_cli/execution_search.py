"""Finding the executions that had a message in the orchestrator's log."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from pipeline_cli.target import Target

_PAGES = 1_000

_PLAIN = re.compile(r"[A-Za-z0-9_.:-]+")
"""The ids that a filter pattern can contain without escapes. For any other id, all lines with an id are read."""


@dataclass
class Found:
    """The executions whose log lines contain one of the ids."""

    arns: list[str] = field(default_factory=list)
    complete: bool = True
    """False if only a part of the log was searched."""


def find_executions(target: Target, ids: Iterable[str], since: datetime) -> Found:
    """Search the log since a time for message ids or execution ids."""
    found = Found()
    for one in ids:
        written = json.dumps(one)[1:-1]  # as it is written in a JSON line
        request: dict[str, Any] = {
            "logGroupName": target.resources.log_group,
            "startTime": int(since.timestamp() * 1_000),
            "filterPattern": f'"{one if _PLAIN.fullmatch(one) else "execution_id"}"',
        }
        for _ in range(_PAGES):
            answer = target.client("logs").filter_log_events(**request)
            found.arns += [_arn(event["message"]) for event in answer["events"] if written in event["message"]]
            if "nextToken" not in answer:
                break
            request["nextToken"] = answer["nextToken"]
        else:
            found.complete = False
    found.arns = sorted({arn for arn in found.arns if arn})
    return found


def messages_of(target: Target, arn: str) -> list[dict[str, Any]]:
    """Return the messages that started an execution, in Lambda's format; empty if the execution is deleted."""
    try:
        execution = target.client("lambda").get_durable_execution(DurableExecutionArn=arn, IncludeExecutionData=True)
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceNotFoundException":
            return []
        raise
    event: dict[str, Any] = json.loads(execution.get("InputPayload") or "{}")
    records: list[dict[str, Any]] = event.get("Records", [])
    return records


def _arn(line: str) -> str:
    try:
        return str(json.loads(line[line.index("{") :]).get("executionArn", ""))
    except ValueError:
        return ""
