"""The events of an execution's history, as Lambda returns them, and the operations that they belong to.

https://docs.aws.amazon.com/lambda/latest/api/API_Event.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from aws_durable_execution_sdk_python.concurrency.models import CompletionRecord

EXECUTION = "execution"
"""The id of the operation that stands for the execution itself."""

_TYPE = re.compile("(Execution|Context|Step|Wait|ChainedInvoke)(Started|Succeeded|Failed|TimedOut|Stopped|Cancelled)")
_OF_NO_OPERATION = {"InvocationCompleted", "ExecutionPaused", "ExecutionResumed"}
_WORD = re.compile("(?<=[a-z])(?=[A-Z])")


class UnusableError(Exception):
    """There is no history that can be replayed; the message gives the reason and the remedy."""


@dataclass(frozen=True)
class Event:
    """One event."""

    type: str
    kind: str
    """Of its operation: Execution, Context, Step, Wait or ChainedInvoke; empty without an operation."""
    change: str
    """The change of its operation: Started, Succeeded, Failed, TimedOut, Stopped or Cancelled."""
    fields: dict[str, Any]

    @classmethod
    def read(cls, fields: dict[str, Any]) -> Event:
        """Read an event of the history; raises UnusableError if no orchestrator produces such an event."""
        match = _TYPE.fullmatch(fields["EventType"])
        if match is None and fields["EventType"] not in _OF_NO_OPERATION:
            raise UnusableError(f"it has an event {fields['EventType']}, which no execution of the orchestrator has")
        kind, change = match.groups() if match else ("", "")
        return cls(fields["EventType"], kind, change, fields)

    @property
    def is_by_code(self) -> bool:
        """Whether the code caused it, rather than a service that the code waits for."""
        if self.kind == "Execution":
            return self.change in {"Succeeded", "Failed"}
        return self.kind in {"Context", "Step"} or (self.kind != "" and self.change == "Started")

    @property
    def operation_id(self) -> str:
        return EXECUTION if self.kind == "Execution" else self.fields["Id"]

    def begun(self) -> dict[str, Any]:
        """Return the operation that has started, with the keys of Lambda's API."""
        names = () if self.kind == "Execution" else ("Name", "SubType", "ParentId")
        kept = {name: self.fields[name] for name in names if self.fields.get(name)}
        return {"Id": self.operation_id, "Type": _upper(self.kind), "Status": "STARTED"} | kept

    def ended(self) -> dict[str, Any]:
        """Return the changes at the end of an operation."""
        return {"Status": _upper(self.change)} | self._details()

    def payload(self, part: str) -> Any:
        """Return its Input, its Result or its Error; raises UnusableError if that is missing or incomplete."""
        held = self.fields.get(f"{self.type}Details", {}).get(part, {})
        if held.get("Payload") is None:
            raise UnusableError(
                f"{self._named()} has no {part}: the history was downloaded without its data, "
                "which --include-execution-data adds"
            )
        if held.get("Truncated") and part != "Error":
            raise UnusableError(f"the {part} of {self._named()} was cut off by Lambda, so it cannot be replayed")
        return held["Payload"]

    def _details(self) -> dict[str, Any]:
        if self.kind in {"Execution", "Wait"}:
            return {}
        details: dict[str, Any] = {}
        if self.change == "Succeeded":
            details["Result"] = self.payload("Result")
        else:
            # A stack trace is long, contains paths, and nobody reads it.
            details["Error"] = {key: value for key, value in self.payload("Error").items() if key != "StackTrace"}
        if self.kind == "Context" and CompletionRecord.from_summary_payload(details.get("Result")):
            details["ReplayChildren"] = True  # a result of more than 256 KB: the event has the SDK's summary of it
        return {f"{self.kind}Details": details}

    def _named(self) -> str:
        return " ".join(filter(None, (self.type, self.fields.get("Name"))))


def _upper(words: str) -> str:
    return _WORD.sub("_", words).upper()
