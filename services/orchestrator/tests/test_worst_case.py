"""The 15 minutes: every stage at its full timeout in every attempt, on skipped time."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from orchestrator.limits import ATTEMPTS, SERVICE_TIMEOUT_SECONDS, STAGES, worst_case_seconds
from pipeline import body

if TYPE_CHECKING:
    from pipeline import Pipeline


def test_stages_at_their_full_timeout_stay_below_the_bound(pipeline: Pipeline) -> None:
    attempts = dict.fromkeys(("validator", "transformer", "storer"), 0)

    def slow(name: str) -> None:
        honest = getattr(pipeline.services, name)

        def answer(event: dict[str, Any], context: object) -> Any:
            attempts[name] += 1
            pipeline.let_pass(timedelta(seconds=SERVICE_TIMEOUT_SECONDS))
            # The first two stages succeed at the last attempt, and the last one never: no way takes longer.
            if name == "storer" or attempts[name] < ATTEMPTS:
                raise TimeoutError
            return honest(event, context)

        setattr(pipeline.services, name, answer)

    honest = pipeline.services.transformer

    def transformer(event: dict[str, Any], context: object) -> Any:
        # One record is left for the last stage, so that one by one is one after the other.
        answer = honest(event, context)
        error = {"code": "not_transformable", "message": "no"}
        answer["results"][1] = {"execution_id": answer["results"][1]["execution_id"], "error": error}
        return answer

    pipeline.services.transformer = transformer  # type: ignore[method-assign]
    for name in attempts:
        slow(name)
    began = pipeline.now()

    run = pipeline.run(body(), body())

    took = (pipeline.now() - began).total_seconds()
    assert run.failed == ["m0"]
    assert attempts == {"validator": ATTEMPTS, "transformer": ATTEMPTS, "storer": ATTEMPTS + 1}
    assert STAGES * ATTEMPTS * SERVICE_TIMEOUT_SECONDS < took < worst_case_seconds()
