"""The orchestrator's process ends at every possible point of an execution, without changing the outcome."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest
from aws_durable_execution_sdk_python.exceptions import CheckpointError
from aws_durable_execution_sdk_python_testing.executor import Executor
from botocore.exceptions import ClientError
from counted import Counted
from mixed_batch import BATCH, CHUNK_SIZE, spoil
from pipeline import Pipeline

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aws_durable_execution_sdk_python.lambda_service import OperationUpdate


Point = tuple[str, str, int]
"""The fault: a death at the entry, or before or after a checkpoint, or an odd response to one; its operation;
and the number of the occurrence.

Checkpoints that are due together may be sent as one: so their contents are numbered instead.
"""

STALE_TOKEN = ClientError(
    {
        "Error": {
            "Code": "InvalidParameterValueException",
            "Message": "Invalid checkpoint token: not the latest",
        },
        "ResponseMetadata": {"HTTPStatusCode": 400},  # type: ignore[typeddict-item]
    },
    "CheckpointDurableExecution",
)


class Process:
    """A sequence of orchestrator processes, each of which dies where a test says.

    A dead process no longer talks to the durable service: whatever it continues to do, none of its checkpoints count.
    """

    def __init__(self) -> None:
        self.entries = 0
        self.checkpointed: Counter[str] = Counter()
        self.deaths = 0
        self.die_at: Point | None = None
        self._lock = threading.Lock()

    def enter(self, event: Any) -> Any:
        self.entries += 1
        if self.die_at == ("entry", "", self.entries):
            self.deaths += 1
            raise CheckpointError("the process has died")
        return replace(event, service_client=Client(event.service_client, self))

    def dies_at(self, updates: Iterable[OperationUpdate]) -> str | None:
        """Count the checkpointed updates, and return whether the process dies before or after that."""
        with self._lock:
            for update in updates:
                name = f"{update.name} {update.action.value}"
                self.checkpointed[name] += 1
                if self.die_at and self.die_at[1:] == (name, self.checkpointed[name]):
                    self.deaths += 1
                    return self.die_at[0]
        return None


@dataclass
class Client:
    """The durable service as seen by one process."""

    service: Any
    process: Process
    dead: bool = False

    def checkpoint(self, **arguments: Any) -> Any:
        self._die_if(self.dead)
        dies = self.process.dies_at(arguments["updates"])
        self._die_if(dies == "before")
        if dies == "stale token":
            raise CheckpointError.from_exception(STALE_TOKEN)
        output = self.service.checkpoint(**arguments)
        self._die_if(dies == "after")
        return replace(output, checkpoint_token=None) if dies == "no token" else output

    def get_execution_state(self, **arguments: Any) -> Any:
        return self.service.get_execution_state(**arguments)

    def _die_if(self, dies: bool) -> None:
        if dies:
            self.dead = True
            raise CheckpointError("the process has died")


@dataclass(frozen=True)
class Result:
    """The results that must be the same with and without a death."""

    failed: list[str]
    table: dict[str, str]
    rejected: set[tuple[str, str]]


def run(die_at: Point | None) -> tuple[Result, Pipeline, Process]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        # A second between two invocations would be waited for in real time.
        monkeypatch.setattr(Executor, "RETRY_BACKOFF_SECONDS", 0)
        process = Process()
        process.die_at = die_at
        with Pipeline(monkeypatch, enter=process.enter) as pipeline:
            pipeline.configure(chunk_size=CHUNK_SIZE)
            spoil(pipeline)
            ended = pipeline.run(*BATCH)
            rejected = {(r.message.message_id, r.code) for r in pipeline.queue.messages}
            return Result(ended.failed, dict(pipeline.services.table), rejected), pipeline, process


@pytest.fixture(scope="module")
def undisturbed() -> tuple[Result, Pipeline, Process]:
    return run(None)


def test_the_batch_has_every_outcome(undisturbed: tuple[Result, Pipeline, Process]) -> None:
    result, pipeline, process = undisturbed

    assert result.failed == ["m12"]
    assert set(result.table) == {"test-key-k"} | {f"test-esm-m{n}" for n in (2, *range(5, 12), 13)}
    assert result.rejected == {("m0", "not_json"), ("m1", "invalid")}
    assert len(pipeline.queue.messages) == 2
    assert process.checkpointed.total() > 20
    assert process.entries > 5


@pytest.mark.parametrize("when", ["entry", "before", "after", "stale token", "no token"])
def test_a_death_or_a_lost_checkpoint_anywhere_changes_no_outcome(
    undisturbed: tuple[Result, Pipeline, Process], when: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """At each entry, before and after each checkpoint; and each checkpoint refused, or answered without a token."""
    expected, undisturbed_pipeline, undisturbed_process = undisturbed
    undisturbed_calls = Counter(map(str, undisturbed_pipeline.services.calls))
    occasions = Counter({"": undisturbed_process.entries}) if when == "entry" else undisturbed_process.checkpointed

    run(None)
    undisturbed_metrics = Counted(capsys.readouterr().out).totals()
    assert undisturbed_metrics == {
        "MessagesReceived": 14,
        "MessagesStored": 11,
        "MessagesRejected": 2,
        "MessagesFailed": 1,
    }
    for point in [(when, name, number + 1) for name, times in occasions.items() for number in range(times)]:
        result, pipeline, process = run(point)
        # There may be an entry less when two operations end at once.
        assert process.deaths == 1 or when == "entry", f"{point}: it did not die"
        assert process.entries > 1, f"{point}: no replay took place"
        assert result == expected, point
        assert Counted(capsys.readouterr().out).totals() == undisturbed_metrics, (
            f"{point}: an outcome was not counted once"
        )
        # A finished invoke is not repeated, nor is one whose start was checkpointed.
        assert Counter(map(str, pipeline.services.calls)) == undisturbed_calls, point
        # Only a death between sending the rejected messages and its checkpoint sends them twice.
        copies = Counter(rejection.message.message_id for rejection in pipeline.queue.messages)
        assert all(copy <= 2 for copy in copies.values()), point
