"""The durable service as a past execution experienced it: it already knows how each operation ends."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aws_durable_execution_sdk_python.exceptions import SuspendExecution
from aws_durable_execution_sdk_python.execution import (
    DurableExecutionInvocationInputWithClient,
    InitialExecutionState,
)
from aws_durable_execution_sdk_python.lambda_service import (
    CheckpointOutput,
    CheckpointUpdatedExecutionState,
    ContextDetails,
    Operation,
    OperationAction,
    OperationStatus,
    OperationType,
    OperationUpdate,
    StateOutput,
)
from aws_durable_execution_sdk_python.serdes import deserialize

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aws_durable_execution_sdk_python.identifier import OperationIdentifier
    from history import History

# It ends with the id of the operation that stands for the execution itself.
ARN = "arn:aws:lambda:us-west-2:123456789012:function:orchestrator:1/durable-execution/golden/{}"
_UNDECIDED = {OperationStatus.STARTED, OperationStatus.PENDING, OperationStatus.READY}
_CONTEXTS = {OperationType.CONTEXT, OperationType.EXECUTION}
_ENDS = {OperationAction.SUCCEED: OperationStatus.SUCCEEDED, OperationAction.FAIL: OperationStatus.FAILED}

Point = frozenset[tuple[str, OperationStatus]]
"""A point in an execution: the known operations, with their status."""


@dataclass
class RecordedService:
    """Replays the recorded results to the current code, and compares its operations with the history."""

    history: History
    known: dict[str, Operation]
    moved: list[str] = field(default_factory=list)
    """The differences from the history, in words."""
    _reached: set[str] = field(default_factory=set)

    @classmethod
    def at(cls, history: History, state: Iterable[Operation]) -> RecordedService:
        """Start from a state of the history."""
        return cls(history, {operation.operation_id: operation for operation in state})

    @property
    def point(self) -> Point:
        return frozenset((key, operation.status) for key, operation in self.known.items())

    def invocation(self) -> DurableExecutionInvocationInputWithClient:
        """Make the event of the next invocation."""
        state = InitialExecutionState(list(self.known.values()), "")
        arn = ARN.format(self.history.states[-1][0].operation_id)
        return DurableExecutionInvocationInputWithClient(arn, "token", state, service_client=self)

    def decide(self) -> bool:
        """End what the execution is waiting for; return False if the history has no end for any of it."""
        waiting = [key for key, operation in self.known.items() if operation.status in _UNDECIDED]
        ends = {key: self._end(key) for key in waiting}
        decided = {key: end for key, end in ends.items() if end and end.operation_type not in _CONTEXTS}
        self.known |= decided
        return bool(decided)

    def missing(self) -> list[str]:
        """Describe the operations of the history that the code did not perform."""
        done = self.known.keys() | self._reached
        return [_described(operation) for key, operation in self.history.end.items() if key not in done]

    def result_of(self, step: OperationIdentifier) -> Any:
        """Return the result of a step, which is not run again.

        Raises:
            SuspendExecution: The history ends before the step does.
            RuntimeError: The step failed.
        """
        self._compare(step)
        self._reached.add(step.operation_id)
        end = self._end(step.operation_id)
        if end is None:
            raise SuspendExecution("the history ends here")
        if end.step_details is None or end.step_details.result is None:
            raise RuntimeError("the step failed")
        return deserialize(None, end.step_details.result, step.operation_id, ARN)

    def checkpoint(
        self,
        durable_execution_arn: str,
        checkpoint_token: str,
        updates: list[OperationUpdate],
        client_token: str | None,
    ) -> CheckpointOutput:
        for update in updates:
            if update.operation_type is not OperationType.EXECUTION:
                self._compare(update)
                self._take(update)
        return CheckpointOutput("token", CheckpointUpdatedExecutionState(list(self.known.values()), None))

    def get_execution_state(self, *_: object, **__: object) -> StateOutput:
        return StateOutput([], None)

    def _end(self, key: str) -> Operation | None:
        end = self.history.end.get(key)
        return None if end is None or end.status in _UNDECIDED else end

    def _compare(self, now: OperationUpdate | OperationIdentifier) -> None:
        was = self.history.end.get(now.operation_id)
        if was is None:
            # An execution that had not returned may be about to do something that its history does not contain yet.
            if self.history.status is OperationStatus.SUCCEEDED:
                self.moved.append(f"{_described(now)} is new; the history has nothing in its place")
        elif _identity(was) != _identity(now):
            self.moved.append(f"{_described(now)} is where the history has {_described(was)}")

    def _take(self, update: OperationUpdate) -> None:
        key = update.operation_id
        if update.action in _ENDS:
            self.known[key] = self._end(key) or _made(update, _ENDS[update.action])
        elif key not in self.known:
            self.known[key] = _made(update, OperationStatus.STARTED)


def _made(update: OperationUpdate, status: OperationStatus) -> Operation:
    """Make the operation that an update starts, or the context that it ends."""
    ended = status not in _UNDECIDED and update.operation_type is OperationType.CONTEXT
    again = update.context_options is not None and update.context_options.replay_children
    return Operation(
        update.operation_id,
        update.operation_type,
        status,
        parent_id=update.parent_id,
        name=update.name,
        sub_type=update.sub_type,
        context_details=ContextDetails(again, update.payload, update.error) if ended else None,
    )


def _identity(operation: Operation | OperationUpdate | OperationIdentifier) -> tuple[object, ...]:
    return operation.operation_type, operation.sub_type, operation.name, operation.parent_id


def _described(operation: Operation | OperationUpdate | OperationIdentifier) -> str:
    return f"{operation.operation_type.value} {operation.name!r}"
