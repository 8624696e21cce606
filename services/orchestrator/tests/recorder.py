"""Recording executions of the current code: a release keeps their histories."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from history import History
from mixed_batch import BATCH, CHUNK_SIZE, spoil
from pipeline import Pipeline, body

if TYPE_CHECKING:
    from aws_durable_execution_sdk_python.lambda_service import Operation

BATCHES: dict[str, tuple[int, tuple[str, ...]]] = {
    "one chunk": (100, (body(), body(n=1), body(n=2))),
    "one chunk that meets everything": (100, BATCH),
    "a chunk that is isolated in groups": (100, (*(body(n=n) for n in range(30)), body(mark="poison"))),
    "two chunks that meet everything": (CHUNK_SIZE, BATCH),
}
"""The executions that a release keeps: the size of a chunk, and the bodies."""


@dataclass(frozen=True)
class Recording:
    """The records of an execution."""

    history: History
    events: list[dict[str, Any]]
    """The same, as Lambda's API gives it."""


def record(chunk_size: int, bodies: tuple[str, ...], attributes: dict[str, Any] | None = None) -> Recording:
    """Run a batch on the current code, with services for the mixed batch; attributes are stored."""
    states: list[tuple[Operation, ...]] = []

    def enter(event: Any) -> Any:
        states.append(tuple(event.initial_execution_state.operations))
        return event

    with pytest.MonkeyPatch.context() as monkeypatch, Pipeline(monkeypatch, enter=enter) as pipeline:
        pipeline.configure(chunk_size=chunk_size, stores_attributes=bool(attributes))
        spoil(pipeline)
        run = pipeline.run(*bodies, attributes=attributes)
        history = History(chunk_size, (*states, tuple(pipeline.operations())), tuple(run.failed))
        return Recording(history, pipeline.events())
