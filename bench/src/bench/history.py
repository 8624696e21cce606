"""Counts from the history of executions: operations, invocations, and bytes of state."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from local_aws.aws import AwsEndpoint
from local_aws.ports import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass
class Tally:
    """Counts over some executions."""

    executions: int = 0
    operations: int = 0
    """The billed operations: the start of each execution, and each operation in it."""
    orchestrator_invocations: int = 0
    service_invocations: Counter[str] = field(default_factory=Counter)
    """By the name of the service."""
    input_bytes: int = 0
    """The size of the events that started the executions."""
    state_bytes: Counter[str] = field(default_factory=Counter)
    """The bytes written by operations, by kind: `store request`, `store response`, `chunks result`."""
    result_bytes: int = 0
    execution_seconds: float = 0.0
    """From start to end of each execution."""
    stored: dict[str, float] = field(default_factory=dict)
    """When each message was stored, by its id: when its storer had answered, the last one of the execution if a record
    has none of its own. In seconds since 1970."""

    def add(self, events: Sequence[Mapping[str, Any]]) -> None:
        """Count one execution's events."""
        self.executions += 1
        began = events[0]["EventTimestamp"].timestamp()
        invokes: dict[str, str] = {}
        own: dict[str, float] = {}
        last = 0.0
        for event in events:
            kind, name, now = event["EventType"], _plain(event.get("Name") or ""), event["EventTimestamp"].timestamp()
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
                    invokes[event["Id"]] = event["Name"]
                    self.service_invocations[_service(event["ChainedInvokeStartedDetails"]["FunctionName"])] += 1
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
        started = json.loads(events[0]["ExecutionStartedDetails"]["Input"]["Payload"])
        for message in (record["messageId"] for record in started["Records"]):
            self.stored[message] = own.get(message, last)


class Histories:
    """The executions of the durable execution service."""

    def __init__(self, port: int) -> None:
        """Use the service at that port."""
        self._client = AwsEndpoint(f"http://{LOOPBACK}:{port}").lambda_()
        self._counted: set[str] = set()

    def add_new(self, function: str, tally: Tally) -> None:
        """Add the executions of a function that were not counted before."""
        listing = self._client.get_paginator("list_durable_executions_by_function")
        history = self._client.get_paginator("get_durable_execution_history")
        executions = [
            execution["DurableExecutionArn"]
            for page in listing.paginate(FunctionName=function)
            for execution in page["DurableExecutions"]
        ]
        for arn in executions:
            if arn not in self._counted:
                self._counted.add(arn)
                pages = history.paginate(DurableExecutionArn=arn, IncludeExecutionData=True)
                tally.add([event for page in pages for event in page["Events"]])


def _size(event: Mapping[str, Any], details: str, member: str) -> int:
    payload = (event[details].get(member) or {}).get("Payload")
    return len(payload.encode()) if payload else 0


def _plain(name: str) -> str:
    """Remove the message id that a baseline appends to the name of a stage."""
    return name.partition("-")[0] if name.count("-") > 3 else name


def _service(function: str) -> str:
    """Return the last word of a function's name or ARN, with or without an alias."""
    return function.rpartition("function:")[2].partition(":")[0].rpartition("-")[2]
