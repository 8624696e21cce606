"""What executions did, counted in their history: operations, invocations, and bytes of state."""

from __future__ import annotations

import http.client
import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_API = "/2025-12-01"
_PAGE = 500
_TIMEOUT_SECONDS = 120


@dataclass
class Tally:
    """Counts over some executions."""

    executions: int = 0
    operations: int = 0
    """What is billed: the start of each execution, and each operation in it."""
    orchestrator_invocations: int = 0
    service_invocations: Counter[str] = field(default_factory=Counter)
    """By the name of the service."""
    input_bytes: int = 0
    """The events that started the executions."""
    state_bytes: Counter[str] = field(default_factory=Counter)
    """What operations wrote, by what it is: `store request`, `store response`, `chunks result`."""
    result_bytes: int = 0
    execution_seconds: float = 0.0
    """From the start of each execution to its end."""
    stored: dict[str, float] = field(default_factory=dict)
    """When each message was stored, by its id: when its storer had answered, the last one of the execution if a record
    has none of its own. In seconds since 1970."""

    def add(self, events: Sequence[Mapping[str, Any]]) -> None:
        """Count one execution's events."""
        self.executions += 1
        began = _seconds(events[0]["EventTimestamp"])
        invokes: dict[str, str] = {}
        own: dict[str, float] = {}
        last = 0.0
        for event in events:
            kind, name, now = event["EventType"], _plain(event.get("Name") or ""), _seconds(event["EventTimestamp"])
            match kind:
                case "ExecutionStarted":
                    self.operations += 1
                    self.input_bytes += _size(event, "ExecutionStartedDetails", "Input")
                case "ExecutionSucceeded":
                    self.execution_seconds += now - began
                    self.result_bytes += _size(event, "ExecutionSucceededDetails", "Result")
                case "InvocationCompleted":
                    self.orchestrator_invocations += 1
                case "ChainedInvokeStarted":
                    self.operations += 1
                    details = event["ChainedInvokeStartedDetails"]
                    invokes[event["Id"]] = event["Name"]
                    self.service_invocations[_service(details["FunctionName"])] += 1
                    self.state_bytes[f"{name} request"] += _size(event, "ChainedInvokeStartedDetails", "Input")
                case "ChainedInvokeSucceeded":
                    name = _plain(invokes[event["Id"]])
                    self.state_bytes[f"{name} response"] += _size(event, "ChainedInvokeSucceededDetails", "Result")
                    if name == "store":
                        own[invokes[event["Id"]].removeprefix("store-")] = last = now
                case "ContextSucceeded" | "StepSucceeded":
                    self.state_bytes[f"{name} result"] += _size(event, f"{kind}Details", "Result")
                case "ContextStarted" | "StepStarted" | "WaitStarted":
                    self.operations += 1
        for message in _messages(events[0]):
            self.stored[message] = own.get(message, last)


class Histories:
    """The executions of dex-local-runner, asked over its API."""

    def __init__(self, port: int) -> None:
        """Ask the runner at that port."""
        self._port = port

    def tally(self, function: str, counted: set[str], tally: Tally) -> None:
        """Add what a function's executions did, but for those that were counted before."""
        for execution in self._executions(function):
            if execution not in counted:
                counted.add(execution)
                tally.add(list(self._events(execution)))

    def _executions(self, function: str) -> Iterator[str]:
        path = f"{_API}/functions/{quote(function)}/durable-executions"
        for page in self._pages(path, {}):
            yield from (entry["DurableExecutionArn"] for entry in page["DurableExecutions"])

    def _events(self, execution: str) -> Iterator[Mapping[str, Any]]:
        path = f"{_API}/durable-executions/{quote(execution, safe='')}/history"
        for page in self._pages(path, {"IncludeExecutionData": "true"}):
            yield from page["Events"]

    def _pages(self, path: str, query: dict[str, str]) -> Iterator[Mapping[str, Any]]:
        marker: str | None = ""
        while marker is not None:
            words = {**query, "MaxItems": str(_PAGE), **({"Marker": marker} if marker else {})}
            page = self._get(f"{path}?{urlencode(words)}")
            yield page
            marker = page.get("NextMarker")

    def _get(self, path: str) -> dict[str, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=_TIMEOUT_SECONDS)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            answer: dict[str, Any] = json.loads(response.read())
        finally:
            connection.close()
        if response.status != http.HTTPStatus.OK:
            raise RuntimeError(f"{path}: {response.status} {answer}")
        return answer


def _size(event: Mapping[str, Any], details: str, member: str) -> int:
    payload = (event[details].get(member) or {}).get("Payload")
    return len(payload.encode()) if payload else 0


def _messages(started: Mapping[str, Any]) -> list[str]:
    event = json.loads(started["ExecutionStartedDetails"]["Input"]["Payload"])
    return [record["messageId"] for record in event["Records"]]


def _plain(name: str) -> str:
    """Leave the message id out that a baseline puts behind the name of a stage."""
    return name.partition("-")[0] if name.count("-") > 3 else name


def _service(function: str) -> str:
    """Give the last word of a function's name, of an ARN or not, with an alias or not."""
    return function.rpartition("function:")[2].partition(":")[0].rpartition("-")[2]


def _seconds(moment: float | str) -> float:
    return moment if isinstance(moment, int | float) else datetime.fromisoformat(moment).timestamp()
