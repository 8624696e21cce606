"""The history of an execution, and the files in tests/golden that contain some.

A file holds the state of the durable service at each invocation and at the end, for a few executions of a release or
for a downloaded one. Together, they should cover everything that an execution in flight may be waiting for.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aws_durable_execution_sdk_python.lambda_service import Operation, OperationStatus
from pipeline_contracts.envelopes import Envelope
from variables import VARIABLES

if TYPE_CHECKING:
    from collections.abc import Mapping

FOLDER = Path(__file__).parent / "golden"


@dataclass(frozen=True)
class History:
    """An execution."""

    chunk_size: int
    states: tuple[tuple[Operation, ...], ...]
    """The known operations at the beginning of each invocation; the last state is the one at the end."""
    failed: tuple[str, ...]
    """The ids of the messages that failed, if the execution returned them."""
    environment: str = VARIABLES["ENVIRONMENT"]
    """The name of the deployment, the prefix of the records' identities."""
    envelope: Envelope = Envelope.NONE
    """The envelope of the messages."""
    stores_attributes: bool = False
    """Whether message attributes are stored, and count towards the sizes of chunks."""

    @property
    def end(self) -> dict[str, Operation]:
        """Return all operations at the end, by id; the execution itself is the first."""
        return {operation.operation_id: operation for operation in self.states[-1]}

    @property
    def status(self) -> OperationStatus:
        """Return the final status: STARTED if it had not ended when its history was read."""
        return self.states[-1][0].status

    @classmethod
    def from_json(cls, held: dict[str, Any]) -> History:
        """Read the output of ``to_json``."""
        known = {entry["Id"]: entry for entry in held["operations"]}
        states = [
            tuple(Operation.from_json_dict(known[key] | at) for key, at in state.items()) for state in held["states"]
        ]
        end = tuple(Operation.from_json_dict(entry) for entry in held["operations"])
        environment = held.get("environment", VARIABLES["ENVIRONMENT"])
        envelope = Envelope(held.get("envelope", Envelope.NONE))
        attributes = held.get("stores_attributes", False)
        return cls(held["chunk_size"], (*states, end), tuple(held["failed"]), environment, envelope, attributes)

    def to_json(self) -> dict[str, Any]:
        """Convert it to JSON values: each operation once, in its final form, and each state's differences from that."""
        operations = [operation.to_json_dict() for operation in self.states[-1]]
        end = {entry["Id"]: entry for entry in operations}
        states = []
        for state in self.states[:-1]:
            then = {operation.operation_id: operation.to_json_dict() for operation in state}
            states.append({key: _differing(entry, end[key]) for key, entry in then.items()})
        return {
            "environment": self.environment,
            **({} if self.envelope is Envelope.NONE else {"envelope": self.envelope}),
            **({"stores_attributes": True} if self.stores_attributes else {}),
            "chunk_size": self.chunk_size,
            "failed": self.failed,
            "operations": operations,
            "states": states,
        }


def read(name: str) -> dict[str, History]:
    """Read the executions of a file, by the name of their batch."""
    held = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return {batch: History.from_json(execution) for batch, execution in held.items()}


def write(name: str, histories: Mapping[str, History]) -> Path:
    """Write a file of executions, and return its path."""
    path = FOLDER / f"{name}.json"
    path.write_text(as_text(histories), encoding="utf-8")
    return path


def as_text(histories: Mapping[str, History]) -> str:
    """Return the contents of a file of executions."""
    return json.dumps({name: history.to_json() for name, history in histories.items()}, indent=1) + "\n"


def _differing(entry: Mapping[str, Any], end: Mapping[str, Any]) -> dict[str, Any]:
    return {key: entry.get(key) for key in entry.keys() | end.keys() if entry.get(key) != end.get(key)}
