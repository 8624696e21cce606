"""Listing the executions of the orchestrator.

https://docs.aws.amazon.com/lambda/latest/api/API_ListDurableExecutionsByFunction.html
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from pipeline_cli.errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from datetime import datetime

    from pipeline_cli.target import Target

STATUSES = ("RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "STOPPED", "PAUSING", "PAUSED", "DELETING")
_PAGE = 100


@dataclass(frozen=True)
class Listed:
    """An execution, as it appears in a list."""

    arn: str
    name: str
    status: str
    version: str
    started: datetime
    ended: datetime | None

    @classmethod
    def of(cls, listed: Mapping[str, Any]) -> Listed:
        """Read an entry of a response."""
        return cls(
            listed["DurableExecutionArn"],
            listed["DurableExecutionName"],
            listed["Status"],
            "".join(listed["FunctionArn"].split(":")[7:8]),
            listed["StartTimestamp"],
            listed.get("EndTimestamp"),
        )


def newest(client: Any, function: str, statuses: Collection[str], since: datetime | None, limit: int) -> list[Listed]:
    """List the newest executions, newest first."""
    request: dict[str, Any] = {"FunctionName": function, "MaxItems": _PAGE}
    if statuses:
        request["Statuses"] = sorted(statuses)
    first = client.list_durable_executions_by_function(**request)
    # AWS lists the newest first; dex-local-runner lists the oldest first for the same request.
    started = [one["StartTimestamp"] for one in first["DurableExecutions"]]
    if started != sorted(started, reverse=True):
        request["ReverseOrder"] = True
        first = client.list_durable_executions_by_function(**request)
    return list(islice(_since(_pages(client, request, first), statuses, since), limit))


def arn_of(target: Target, execution: str) -> str:
    """Return the ARN of an execution, given its ARN or its name.

    Raises:
        CommandError: There is no execution of that name.
    """
    if "/" in execution:
        return execution
    answer = target.client("lambda").list_durable_executions_by_function(
        FunctionName=target.resources.function_name, DurableExecutionName=execution
    )
    found = [Listed.of(one) for one in answer["DurableExecutions"]]
    if not found:
        raise CommandError(f"there is no execution named {execution}; the command executions lists them")
    return found[0].arn


def _pages(client: Any, request: dict[str, Any], first: dict[str, Any]) -> Iterator[Listed]:
    answer = first
    while True:
        yield from map(Listed.of, answer["DurableExecutions"])
        if not answer.get("NextMarker"):
            return
        answer = client.list_durable_executions_by_function(**request, Marker=answer["NextMarker"])


def _since(executions: Iterator[Listed], statuses: Collection[str], since: datetime | None) -> Iterator[Listed]:
    for execution in executions:
        if since and execution.started < since:
            return
        # dex-local-runner ignores the filter and lists every status.
        if not statuses or execution.status in statuses:
            yield execution
