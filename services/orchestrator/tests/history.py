"""The history of an execution as a released version made it, and going on with it on today's code.

A file of tests/golden holds, for a few executions of one release, what the durable service knew at each invocation and
at the end. Whatever an execution in flight is waiting for, one of them is to stand for it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from aws_durable_execution_sdk_python.execution import (
    DurableExecutionInvocationInputWithClient,
    InitialExecutionState,
)
from aws_durable_execution_sdk_python.lambda_service import (
    CheckpointOutput,
    CheckpointUpdatedExecutionState,
    Operation,
    OperationStatus,
    OperationType,
    OperationUpdate,
    StateOutput,
)
from mixed_batch import BATCH, CHUNK_SIZE, spoil
from orchestrator import handler as module
from pipeline import Pipeline, body

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FOLDER = Path(__file__).parent / "golden"
# It ends with the id of the operation that stands for the execution itself.
ARN = "arn:aws:lambda:us-west-2:123456789012:function:orchestrator:1/durable-execution/golden/{}"
_UNDECIDED = {OperationStatus.STARTED, OperationStatus.PENDING, OperationStatus.READY}
_MOST_INVOCATIONS = 100


class MovedError(Exception):
    """Today's code does something else than the release did, where an execution in flight would go on."""


BATCHES: dict[str, tuple[int, tuple[str, ...]]] = {
    "one chunk": (100, (body(), body(n=1), body(n=2))),
    "one chunk that meets everything": (100, BATCH),
    "two chunks that meet everything": (CHUNK_SIZE, BATCH),
}
"""What a release keeps the execution of: the size of a chunk, and the bodies."""


@dataclass(frozen=True)
class History:
    """An execution of a release."""

    chunk_size: int
    states: tuple[tuple[Operation, ...], ...]
    """What was known at the beginning of each invocation; the last is what was known at the end."""
    failed: tuple[str, ...]

    @property
    def end(self) -> dict[str, Operation]:
        """All operations, as they ended, by id."""
        return {operation.operation_id: operation for operation in self.states[-1]}

    @classmethod
    def from_json(cls, held: dict[str, Any]) -> History:
        """Read what ``to_json`` gave."""
        known = {entry["Id"]: entry for entry in held["operations"]}
        states = [
            tuple(Operation.from_json_dict(known[key] | at) for key, at in state.items()) for state in held["states"]
        ]
        end = tuple(Operation.from_json_dict(entry) for entry in held["operations"])
        return cls(held["chunk_size"], (*states, end), tuple(held["failed"]))

    def to_json(self) -> dict[str, Any]:
        """Give it as JSON values: an operation once, as it ended, and of each state what differs from that."""
        operations = [operation.to_json_dict() for operation in self.states[-1]]
        end = {entry["Id"]: entry for entry in operations}
        states = []
        for state in self.states[:-1]:
            then = {operation.operation_id: operation.to_json_dict() for operation in state}
            states.append({key: _differing(entry, end[key]) for key, entry in then.items()})
        return {"chunk_size": self.chunk_size, "failed": self.failed, "operations": operations, "states": states}


def read(release: str) -> dict[str, History]:
    """Read the executions that a release has kept, by the name of their batch."""
    held = json.loads((FOLDER / f"{release}.json").read_text(encoding="utf-8"))
    return {name: History.from_json(execution) for name, execution in held.items()}


def keep(release: str) -> None:
    """Run all batches on today's code, and keep their executions under the name of the release."""
    held = {name: record(*batch).to_json() for name, batch in BATCHES.items()}
    (FOLDER / f"{release}.json").write_text(json.dumps(held, indent=1) + "\n", encoding="utf-8")


def record(chunk_size: int, bodies: tuple[str, ...]) -> History:
    """Run a batch on today's code, with services that do what the mixed batch needs, and give its history."""
    states: list[tuple[Operation, ...]] = []

    def enter(event: Any) -> Any:
        states.append(tuple(event.initial_execution_state.operations))
        return event

    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(module, "settings", replace(module.settings, chunk_size=chunk_size))
        with Pipeline(monkeypatch, enter=enter) as pipeline:
            spoil(pipeline)
            run = pipeline.run(*bodies)
            return History(chunk_size, (*states, tuple(pipeline.operations())), tuple(run.failed))


def go_on(history: History, state: Iterable[Operation]) -> list[str]:
    """Run today's code from a state to the end, with the answers that the release got; give the messages that failed.

    Raises:
        MovedError: An operation is not the one that the release had in its place, or there is one more or one less.
    """
    service = _Service(history, state)
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(module, "settings", replace(module.settings, chunk_size=history.chunk_size))
        with Pipeline(monkeypatch):
            for _ in range(_MOST_INVOCATIONS):
                output = module.handler(service.invocation(), None)
                if service.moved:
                    raise MovedError(service.moved[0])
                if output["Status"] != "PENDING":
                    break
                service.decide()
    if output["Status"] != "SUCCEEDED":
        raise MovedError(str(output.get("Error", output)))
    missing = [operation for key, operation in history.end.items() if key not in service.known]
    if missing:
        raise MovedError(f"{_described(missing[0])} is not done any more")
    return [failure["itemIdentifier"] for failure in json.loads(output["Result"])["batchItemFailures"]]


class _Service:
    """The durable service, which knows beforehand how each operation ends."""

    def __init__(self, history: History, state: Iterable[Operation]) -> None:
        self._end = history.end
        self.known = {operation.operation_id: operation for operation in state}
        self.moved: list[str] = []

    def invocation(self) -> DurableExecutionInvocationInputWithClient:
        state = InitialExecutionState(list(self.known.values()), "")
        arn = ARN.format(next(iter(self._end)))
        return DurableExecutionInvocationInputWithClient(arn, "token", state, service_client=self)

    def decide(self) -> None:
        """End what the execution is waiting for."""
        waiting = [key for key, operation in self.known.items() if operation.status in _UNDECIDED]
        self.known |= {key: self._end[key] for key in waiting if not _is_context(self._end[key])}

    def checkpoint(
        self,
        durable_execution_arn: str,
        checkpoint_token: str,
        updates: list[OperationUpdate],
        client_token: str | None,
    ) -> CheckpointOutput:
        for update in updates:
            if update.operation_type is not OperationType.EXECUTION:
                self._take(update)
        return CheckpointOutput("token", CheckpointUpdatedExecutionState(list(self.known.values()), None))

    def get_execution_state(self, *_: object, **__: object) -> StateOutput:
        return StateOutput([], None)

    def _take(self, update: OperationUpdate) -> None:
        was = self._end.get(update.operation_id)
        now = (update.operation_type, update.sub_type, update.name, update.parent_id)
        if was is None:
            self.moved.append(f"{_described(update)} is new; the release had nothing in its place")
        elif (was.operation_type, was.sub_type, was.name, was.parent_id) != now:
            self.moved.append(f"{_described(update)} is where the release had {_described(was)}")
        ended = update.action.value in {"SUCCEED", "FAIL"}
        if was is not None and (ended or update.operation_id not in self.known):
            status = was.status if ended else OperationStatus.STARTED
            self.known[update.operation_id] = was if ended else _begun(was, status)


def _begun(operation: Operation, status: OperationStatus) -> Operation:
    return replace(
        operation,
        status=status,
        end_timestamp=None,
        context_details=None,
        step_details=None,
        chained_invoke_details=None,
    )


def _is_context(operation: Operation) -> bool:
    return operation.operation_type in {OperationType.CONTEXT, OperationType.EXECUTION}


def _described(operation: Operation | OperationUpdate) -> str:
    return f"{operation.operation_type.value} {operation.name!r}"


def _differing(entry: Mapping[str, Any], end: Mapping[str, Any]) -> dict[str, Any]:
    return {key: entry.get(key) for key in entry.keys() | end.keys() if entry.get(key) != end.get(key)}
