"""The history of an execution: its events, grouped into operations.

https://docs.aws.amazon.com/lambda/latest/api/API_GetDurableExecutionHistory.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pipeline_cli.executions.exchanges import entries_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from pipeline_cli.executions.exchanges import Entries

_PAGE = 1_000
_EVENT = re.compile(
    "(Execution|Context|Wait|Step|ChainedInvoke|Callback)"
    "(Started|Succeeded|Failed|TimedOut|Stopped|Cancelled|Paused|Resumed)"
)
_STATUSES = {
    "Started": "STARTED",
    "Resumed": "STARTED",
    "Paused": "PAUSED",
    "Succeeded": "SUCCEEDED",
    "Failed": "FAILED",
    "TimedOut": "TIMED_OUT",
    "Stopped": "STOPPED",
    "Cancelled": "CANCELLED",
}
UNFINISHED = ("STARTED", "PAUSED")
"""The statuses of an operation that has not ended."""

INVOKE, CONTEXT, STEP, WAIT = "ChainedInvoke", "Context", "Step", "Wait"


@dataclass(frozen=True)
class OperationError:
    """An error as the durable service reports it: both texts may be empty."""

    type: str = ""
    message: str = ""

    @classmethod
    def of(cls, error: Mapping[str, Any] | None) -> OperationError | None:
        """Read an ErrorObject."""
        if not error:
            return None
        return cls(error.get("ErrorType") or "", error.get("ErrorMessage") or "")

    def __str__(self) -> str:
        """Format it in one line."""
        return ": ".join(filter(None, (self.type, self.message))) or "an error without a message"


@dataclass(frozen=True)
class Operation:
    """One operation of an execution, combined from its events."""

    id: str
    kind: str
    """``ChainedInvoke``, ``Context``, ``Step``, ``Wait`` and so on."""
    name: str
    parent: str | None
    sub_type: str = ""
    status: str = "STARTED"
    started: datetime | None = None
    ended: datetime | None = None
    attempts: int = 0
    error: OperationError | None = None
    input: str | None = None
    result: str | None = None
    truncated: bool = False
    """Whether the service omitted a part of the input or the result."""
    function: str = ""
    """For an invoke: the invoked ARN."""
    version: str = ""
    """For an invoke: the version that ran, if the service reports it."""

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self.status in UNFINISHED

    @cached_property
    def requested(self) -> Entries:
        """The entries of its request, if it is an invoke of a stage."""
        return entries_of(self.input) if self.kind == INVOKE else {}

    @cached_property
    def answered(self) -> Entries:
        """The entries of its response."""
        return entries_of(self.result) if self.kind == INVOKE else {}


@dataclass(frozen=True)
class History:
    """An execution, and its operations in the order in which they began."""

    execution: Operation
    operations: tuple[Operation, ...]
    invocations: int = 0
    """How often the function was invoked, if the service reports it."""
    by_id: Mapping[str, Operation] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, events: Iterable[Mapping[str, Any]]) -> History:
        """Group events, in their order."""
        operations: dict[str, Operation] = {}
        execution = Operation("", "Execution", "", None)
        invocations = 0
        for event in events:
            matched = _EVENT.fullmatch(event["EventType"])
            if not matched:
                invocations += event["EventType"] == "InvocationCompleted"
                continue
            kind, change = matched.groups()
            if kind == "Execution":
                execution = _changed(execution, event, change)
            else:
                key = event["Id"]
                known = operations.get(key) or Operation(key, kind, event.get("Name") or "", event.get("ParentId"))
                operations[key] = _changed(known, event, change)
        return cls(execution, tuple(operations.values()), invocations, operations)

    def ancestors(self, operation: Operation) -> Iterator[Operation]:
        """Yield the contexts that contain an operation, the nearest first."""
        while operation.parent and (parent := self.by_id.get(operation.parent)):
            yield parent
            operation = parent

    @property
    def truncated(self) -> bool:
        """Whether the service omitted data."""
        return self.execution.truncated or any(operation.truncated for operation in self.operations)


def read_history(client: Any, execution: str) -> History:
    """Read the complete history of an execution, with its data."""
    return History.of(events_of(client, execution))


def events_of(client: Any, execution: str) -> Iterator[Mapping[str, Any]]:
    """Yield the events of an execution, with their data."""
    request: dict[str, Any] = {"DurableExecutionArn": execution, "IncludeExecutionData": True, "MaxItems": _PAGE}
    while True:
        answer = client.get_durable_execution_history(**request)
        yield from answer["Events"]
        if not answer.get("NextMarker"):
            return
        request["Marker"] = answer["NextMarker"]


def _changed(known: Operation, event: Mapping[str, Any], change: str) -> Operation:
    at = event["EventTimestamp"]
    details = event.get(f"{event['EventType']}Details") or {}
    changes: dict[str, Any] = {"status": _STATUSES[change], "sub_type": known.sub_type or event.get("SubType") or ""}
    if change == "Started":
        changes |= {"started": known.started or at, "ended": None, "attempts": known.attempts + 1}
        changes |= {"function": details.get("FunctionName") or "", "version": details.get("ExecutedVersion") or ""}
        changes |= _payload("input", details.get("Input"), known)
    elif change not in ("Paused", "Resumed"):
        error = details.get("Error") or {}
        changes |= {"ended": at, "error": OperationError.of(error.get("Payload"))}
        changes |= _payload("result", details.get("Result"), known)
        # A service that does not report each start of a step reports the number of its attempts.
        attempt = (details.get("RetryDetails") or {}).get("CurrentAttempt") or 0
        changes["attempts"] = max(known.attempts, attempt)
    return replace(known, **changes)


def _payload(name: str, given: Mapping[str, Any] | None, known: Operation) -> dict[str, Any]:
    if given is None:
        return {}
    return {name: given.get("Payload"), "truncated": known.truncated or bool(given.get("Truncated"))}
