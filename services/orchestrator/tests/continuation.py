"""Continuing an execution with the current code, from each point at which it was in flight, with its answers."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from aws_durable_execution_sdk_python.lambda_service import OperationStatus, OperationType
from aws_durable_execution_sdk_python.state import ExecutionState
from orchestrator import handler as module
from recorded_service import RecordedService

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from aws_durable_execution_sdk_python.identifier import OperationIdentifier
    from history import History
    from recorded_service import Point

ADVICE = """\
Keep the operation's name, kind and place, and do what is new after it or under a condition that executions in flight
do not meet. If it has to move, say so in the release: deploy it only when nothing is in flight
(EventSourceEnabled=false, then wait until the queue has no message in flight)."""


class MovedError(Exception):
    """The current code deviates from the history at a point where an execution in flight would continue."""

    def __init__(self, what: str, done: int, known: int) -> None:
        super().__init__(f"in flight after {done} of its {known} operations, would break:\n{what}.")


def check(history: History) -> None:
    """Continue a history to its end, from each of its states.

    Raises:
        MovedError: An operation is not the one at its place in the history, or there is one more or one less, or
            other messages fail.
    """
    continued: set[Point] = set()
    settings = replace(
        module.settings,
        chunk_size=history.chunk_size,
        environment=history.environment,
        envelope=history.envelope,
        stores_attributes=history.stores_attributes,
    )
    with patch.object(module, "settings", settings):
        for state in history.states:
            service = RecordedService.at(history, state)
            with _steps_of(service):
                moved = _continue(service, continued)
            if moved:
                raise MovedError(moved, len(state), len(history.end))


def _continue(service: RecordedService, continued: set[Point]) -> str:
    """Invoke the current code until its history ends, or reaches a state that was tried before; return what moved."""
    while (point := service.point) not in continued:
        continued.add(point)
        output = module.handler(service.invocation(), None)
        if service.moved:
            return service.moved[0]
        if output["Status"] != "PENDING" or not service.decide():
            return _moved_at_the_end(service, output)
    return ""


def _moved_at_the_end(service: RecordedService, output: dict[str, Any]) -> str:
    history = service.history
    returned = history.status is OperationStatus.SUCCEEDED
    if output["Status"] not in ({"SUCCEEDED"} if returned else {"SUCCEEDED", "PENDING", history.status.value}):
        return str(output.get("Error", output))
    if missing := service.missing():
        return f"{missing[0]} is not done any more"
    failed = _failed(output) if returned else history.failed
    if failed != history.failed:
        return f"the failed messages are {failed}, and the history has {history.failed}"
    return ""


def _failed(output: dict[str, Any]) -> tuple[str, ...]:
    return tuple(failure["itemIdentifier"] for failure in json.loads(output["Result"])["batchItemFailures"])


def _steps_of(service: RecordedService) -> AbstractContextManager[Any]:
    """Return each step's recorded result: running it again would call AWS, possibly with another result."""
    wrap = ExecutionState.wrap_user_function

    def wrapped(
        state: ExecutionState, function: Any, identifier: OperationIdentifier, *further: Any, **more: Any
    ) -> Any:
        def recorded(*_: object) -> Any:
            return service.result_of(identifier)

        is_step = identifier.operation_type is OperationType.STEP
        return wrap(state, recorded if is_step else function, identifier, *further, **more)

    return patch.object(ExecutionState, "wrap_user_function", wrapped)
