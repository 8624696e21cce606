"""Many records whose invoke fails are run in groups before they are run alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from faults import LATER, NEVER, holds, outcomes, results_for, spoil
from orchestrator.bounds import RUN_ALONE_AT_ONCE, group_size, operations_of_chunk, operations_of_isolation
from orchestrator.chain import Chain
from orchestrator.isolation import _groups
from orchestrator.redelivery import OUTAGE_SECONDS, OWN_FAULT_SECONDS
from pipeline import CORE, body

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.messages import Record
    from orchestrator.progress import Progress
    from pipeline import Pipeline

SHORT, LONG = OWN_FAULT_SECONDS[0], OUTAGE_SECONDS[0]


def poison(event: dict[str, Any], honest: Any) -> Any:
    """Fail with poison, reject records that can never be transformed, and postpone others."""
    if holds(event, "poison"):
        raise MemoryError
    return results_for(event, "later", LATER, results_for(event, "never", NEVER, honest()))


def sizes(pipeline: Pipeline, service: str) -> list[int]:
    """Keep the number of records of each invoke of a service."""
    requested: list[int] = []
    spoil(pipeline, service, lambda event, honest: requested.append(len(event["records"])) or poison(event, honest))
    return requested


@pytest.mark.parametrize("place", [0, 57, 99])
def test_one_poison_record_in_a_hundred_costs_its_own_group_and_no_other(pipeline: Pipeline, place: int) -> None:
    requested = sizes(pipeline, "transformer")
    batch = [body(n=n) for n in range(100)]
    batch[place] = body(mark="poison")

    run = pipeline.run(*batch)

    assert run.failed == [f"m{place}"]
    assert pipeline.source.redelivered == [{f"m{place}": SHORT}]
    assert len(requested) <= 3 + 5 + 2 * 10, "three attempts, a few alone, ten groups, and a group alone"
    chunk = sum(1 for kind, _ in run.operations() if kind != "EXECUTION")
    assert chunk < operations_of_chunk(CORE) + operations_of_isolation(CORE, 100)


def test_each_record_of_a_group_gets_its_own_outcome(pipeline: Pipeline) -> None:
    requested = sizes(pipeline, "transformer")
    marks = {10: "never", 50: "later", 90: "poison"}

    run = pipeline.run(*(body(mark=marks[n]) if n in marks else body(n=n) for n in range(100)))

    found = outcomes(pipeline, run.failed, 100)
    assert {f"m{n}": found[f"m{n}"] for n in marks} == {"m10": "rejected", "m50": "failed", "m90": "failed"}
    assert sum(outcome == "stored" for outcome in found.values()) == 97
    assert pipeline.source.redelivered == [{"m50": LONG, "m90": SHORT}]
    assert max(requested[3:]) == 10


def test_with_poison_in_each_group_every_record_is_run_alone(pipeline: Pipeline) -> None:
    requested = sizes(pipeline, "transformer")

    run = pipeline.run(*(body(mark="poison") if n % 5 == 0 else body(n=n) for n in range(100)))

    assert run.failed == [f"m{n}" for n in range(0, 100, 5)]
    assert set(pipeline.source.redelivered[0].values()) == {SHORT}
    assert requested.count(1) == 100


def test_few_records_are_run_alone_at_once(pipeline: Pipeline) -> None:
    requested = sizes(pipeline, "transformer")

    run = pipeline.run(body(mark="poison"), *(body(n=n) for n in range(RUN_ALONE_AT_ONCE)))

    assert run.failed == ["m0"]
    assert requested[3:] == [1] * (RUN_ALONE_AT_ONCE + 1)


def test_after_others_were_stored_nobody_is_tried_before_the_groups(pipeline: Pipeline) -> None:
    """The transformer postpones a few records, and meanwhile the others are stored."""
    requested: list[int] = []

    def transformer(event: dict[str, Any], honest: Any) -> Any:
        requested.append(len(event["records"]))
        if len(requested) == 1:
            return results_for(event, "late", LATER, honest())
        if holds(event, "poison"):
            raise MemoryError
        return honest()

    spoil(pipeline, "transformer", transformer)
    late = [body(mark="late and poison" if n == 7 else "late", n=n) for n in range(50)]

    run = pipeline.run(*late, *(body(n=n) for n in range(50)))

    assert run.failed == ["m7"]
    size = group_size(50)
    groups = [size] * (50 // size) + [50 % size]
    assert requested[:3] == [100, 50, 50]
    assert sorted(requested[3:], reverse=True) == groups + [1] * size


def test_a_group_that_meets_an_error_of_ours_is_run_alone(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    spoil(pipeline, "transformer", poison)
    together = Chain.run_together

    def surprised(chain: Chain, context: Any, records: Sequence[Record], **how: Any) -> Progress:
        if how.get("first") and any("surprise" in record.data for record in records):
            raise ArithmeticError
        return together(chain, context, records, **how)

    monkeypatch.setattr(Chain, "run_together", surprised)

    run = pipeline.run(*(body(n=n) for n in range(40)), body(mark="poison"), body(mark="surprise"))

    assert run.failed == ["m40"]


def test_outputs_that_exceed_what_is_reserved_are_stored_in_groups(pipeline: Pipeline) -> None:
    pipeline.use_stages(*CORE)
    pipeline.configure(chunk_size=400)
    stored = sizes(pipeline, "storer")

    def wide(event: dict[str, Any], honest: Any) -> Any:
        answer = honest()
        for result in answer["results"]:
            result["transformed_data"]["more"] = "x" * 3_500
        return answer

    spoil(pipeline, "transformer", wide)

    run = pipeline.run(*(body(n=n) for n in range(400)))

    assert run.failed == []
    assert len(pipeline.services.table) == 400
    assert max(stored) == group_size(395)


@dataclass(frozen=True)
class Waiting:
    """A record that waits for a stage."""

    stage: int


@pytest.mark.parametrize(("first", "second"), [(100, 0), (50, 50), (1, 399), (26, 1)])
def test_the_records_of_a_group_wait_for_the_same_stage(first: int, second: int) -> None:
    groups = _groups([Waiting(0)] * first + [Waiting(1)] * second)  # type: ignore[list-item]

    assert sum(map(len, groups)) == first + second
    assert all(len(set(group)) == 1 for group in groups)
    assert len(groups) * len(CORE) + (first + second) * len(CORE) <= operations_of_isolation(CORE, first + second)
