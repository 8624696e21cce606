"""The 15 minutes: every stage at its full timeout in every attempt, on skipped time."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from faults import results_for, spoil
from orchestrator import limits
from orchestrator.limits import ATTEMPTS, SENDING_SECONDS, SERVICE_TIMEOUT_SECONDS, STAGES
from pipeline import body

if TYPE_CHECKING:
    from pipeline import Pipeline

LATER = {"error": {"code": "unavailable", "message": "later"}}
NEVER = {"error": {"code": "not_transformable", "message": "no"}}


def test_the_longest_way_of_a_batch_stays_below_the_bound(pipeline: Pipeline) -> None:
    """Each stage succeeds at its last attempt, one record is left for two stages alone, and each queue is slow."""
    pipeline.monkeypatch.setattr(limits, "RESUMING_SECONDS", 0)  # the runner resumes in no time
    attempts: Counter[str] = Counter()

    def slow(name: str, at_last: Any) -> None:
        def answer(event: dict[str, Any], honest: Any) -> Any:
            attempts[name] += 1
            pipeline.let_pass(timedelta(seconds=SERVICE_TIMEOUT_SECONDS))
            return at_last(event, honest)

        spoil(pipeline, name, answer)

    def late(name: str) -> Any:
        def answer(event: dict[str, Any], honest: Any) -> Any:
            if attempts[name] != ATTEMPTS:
                raise TimeoutError
            return honest()

        return answer

    def transformer(event: dict[str, Any], honest: Any) -> Any:
        match attempts["transformer"]:
            case 2:
                return results_for(event, "later", LATER, results_for(event, "never", NEVER, honest()))
            case 4:
                return honest()
        raise TimeoutError

    def sending(*_: object) -> bool:
        pipeline.let_pass(timedelta(seconds=SENDING_SECONDS))
        return False

    slow("validator", late("validator"))
    slow("transformer", transformer)
    slow("storer", late("storer"))
    pipeline.queue.refuses = sending
    pipeline.monkeypatch.setattr(pipeline.source, "redeliver", sending)
    began = pipeline.now()

    run = pipeline.run("not json", body(), body(mark="later"), body(mark="never"), execution_timeout=840)

    took = (pipeline.now() - began).total_seconds()
    assert run.failed == ["m2"]
    assert attempts == {"validator": ATTEMPTS, "transformer": ATTEMPTS + 1, "storer": ATTEMPTS + 1}
    assert STAGES * ATTEMPTS * SERVICE_TIMEOUT_SECONDS < took < limits.worst_case_seconds()
