"""The executions of the orchestrator that have not ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipeline_cli.target import Target

RUNNING = "RUNNING"
HELD = ("PAUSING", "PAUSED")
"""Paused by somebody (PauseDurableExecution): they do not end by themselves."""

_MOST = 100
_PAGE, _PAGES = 1_000, 20


@dataclass(frozen=True)
class Unfinished:
    """Some executions, and whether there are more."""

    arns: tuple[str, ...]
    more: bool = False

    def __str__(self) -> str:
        """Format their number."""
        return f"{len(self.arns)}{'+' if self.more else ''}"


def unfinished(target: Target, *statuses: str) -> Unfinished:
    """List a limited number of executions with one of the statuses.

    They are also filtered here: the emulated AWS lists executions of every status.
    """
    found: list[str] = []
    request: dict[str, Any] = {
        "FunctionName": target.resources.function_name,
        "Statuses": list(statuses),
        "MaxItems": _PAGE,
    }
    for _ in range(_PAGES):
        answer = target.client("lambda").list_durable_executions_by_function(**request)
        listed = answer.get("DurableExecutions", [])
        found += [execution["DurableExecutionArn"] for execution in listed if execution["Status"] in statuses]
        if "NextMarker" not in answer or len(found) > _MOST:
            break
        request["Marker"] = answer["NextMarker"]
    return Unfinished(tuple(found[:_MOST]), more=len(found) > _MOST or "NextMarker" in answer)
