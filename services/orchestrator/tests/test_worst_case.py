"""The 15 minutes: every stage at its full timeout in every attempt, with skipped time."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from faults import LATER, NEVER, results_for, spoil
from orchestrator import bounds
from orchestrator.bounds import SENDING_SECONDS, check_time, worst_case_seconds
from orchestrator.quotas import EXECUTION_TIMEOUT_SECONDS
from orchestrator.stage import contribution
from orchestrator.stages import STAGES
from pipeline import CORE, body

if TYPE_CHECKING:
    from pipeline import Pipeline

ATTEMPTS, SECONDS = STAGES[0].attempts, STAGES[0].timeout_seconds


def test_the_longest_path_of_a_batch_stays_below_the_bound(pipeline: Pipeline) -> None:
    """Each stage succeeds at its last attempt, one record is left for two stages alone, and each queue is slow."""
    pipeline.monkeypatch.setattr(bounds, "RESUMING_SECONDS", 0)  # the runner resumes in no time
    pipeline.use_stages(*CORE)
    attempts: Counter[str] = Counter()

    def slow(name: str, at_last: Any) -> None:
        def answer(event: dict[str, Any], honest: Any) -> Any:
            attempts[name] += 1
            pipeline.let_pass(timedelta(seconds=SECONDS))
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
    assert len(CORE) * ATTEMPTS * SECONDS < took < worst_case_seconds(CORE)


def test_the_worst_case_ends_before_the_execution_would_time_out() -> None:
    check_time(STAGES)
    assert worst_case_seconds(STAGES) <= EXECUTION_TIMEOUT_SECONDS


def test_there_is_time_for_a_fourth_stage() -> None:
    check_time((*CORE, contribution("enrich")))


def test_a_chain_that_takes_too_long_says_which_timeout_could_be_shortened_to_what() -> None:
    slow = (*CORE, contribution("enrich", timeout_seconds=60))

    with pytest.raises(ValueError, match=r"may take \d+ s, but an execution has only 840 s") as raised:
        check_time(slow)

    _, _, way = str(raised.value).partition("enrich to ")
    shortened = int(way.split()[0])
    check_time((*CORE, contribution("enrich", timeout_seconds=shortened)))
    with pytest.raises(ValueError, match="may take"):
        check_time((*CORE, contribution("enrich", timeout_seconds=shortened + 1)))


def test_a_chain_that_no_single_timeout_can_save_says_so() -> None:
    many = (*CORE, *(contribution(f"enrich{n}") for n in range(5)))

    with pytest.raises(ValueError, match="Shorten several timeouts"):
        check_time(many)
