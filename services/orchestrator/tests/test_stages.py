"""The declaration of the stages, and your own stages."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from faults import holds, outcomes, requests_to
from orchestrator import export
from orchestrator.chunks import plan
from orchestrator.export import exported
from orchestrator.intake import parse_batch
from orchestrator.messages import messages_of
from orchestrator.sizes import MAX_ERRORS_BYTES
from orchestrator.stage import contribution
from orchestrator.stages import STAGES
from pipeline import CORE, NOW, body, event_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline import Pipeline

SERVICE = Path(__file__).parents[1]
Json = dict[str, Any]


def test_the_exported_file_is_what_the_stages_are() -> None:
    committed = (SERVICE / "pipeline.json").read_text("utf-8")

    assert committed == f"{exported()}\n", "write it with ./nox -s export-stages"


def test_stages_that_take_too_long_are_not_exported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "STAGES", (*CORE, contribution("enrich", timeout_seconds=60)))

    with pytest.raises(ValueError, match=r"Shorten the timeout of one: .*enrich to "):
        exported()


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
def test_a_stage_has_a_name_of_its_own_for_all_that_names_it(stage: Any) -> None:
    others = [other for other in STAGES if other is not stage]

    assert re.fullmatch(r"[a-z][a-z0-9_]{0,31}", stage.name)
    for name in ("name", "service", "variable"):
        assert getattr(stage, name) not in [getattr(other, name) for other in others]


@pytest.fixture
def enriched(pipeline: Pipeline) -> Pipeline:
    """Return a pipeline with two custom stages between transform and store."""
    *before, store = CORE
    pipeline.use_stages(
        *before,
        contribution("enrich", service="enricher"),
        contribution("score", service="scorer", output_bytes=40),
        store,
    )
    return pipeline


def serve(pipeline: Pipeline, name: str, results: Callable[[Json], Json]) -> list[Json]:
    """Let a function answer for each record; the list collects the requested records."""
    requested: list[Json] = []

    def answer(request: Json, _context: object) -> Json:
        requested.extend(request["records"])
        return {"results": [{"execution_id": one["execution_id"], **results(one)} for one in request["records"]]}

    pipeline.serve(name, answer)
    return requested


def test_what_a_stage_returns_is_stored_under_its_name(enriched: Pipeline) -> None:
    serve(enriched, "enricher", lambda record: {"contribution": {"region": "eu"}})
    scored = serve(enriched, "scorer", lambda record: {"contribution": {"score": 0.5}})
    requests = requests_to(enriched, "storer")

    run = enriched.run(body(n=1), body(n=2))

    assert run.failed == []
    assert [record["contributions"] for request in requests for record in request["records"]] == [
        {"enrich": {"region": "eu"}, "score": {"score": 0.5}}
    ] * 2
    assert [record["data"] for record in scored] == [body(n=1), body(n=2)]
    assert {record["transformed_data"]["processed_at"] for record in scored} == {NOW}
    assert [record["contributions"] for record in scored] == [{"enrich": {"region": "eu"}}] * 2


def test_an_error_of_a_stage_has_any_code_and_says_whether_it_is_retryable(enriched: Pipeline) -> None:
    def result(record: Json) -> Json:
        for mark, retryable in (("never", False), ("later", True)):
            if mark in record["data"]:
                return {"error": {"code": "no_such_region", "retryable": retryable, "message": "looked up"}}
        return {"contribution": {}}

    serve(enriched, "enricher", result)
    serve(enriched, "scorer", lambda record: {"contribution": {}})

    run = enriched.run(body(n=1), body(mark="never"), body(mark="later"))

    assert outcomes(enriched, run.failed, 3) == {"m0": "stored", "m1": "rejected", "m2": "failed"}
    (rejection,) = enriched.queue.messages
    assert (rejection.stage, rejection.code, rejection.reason) == ("enrich", "no_such_region", "looked up")


def test_poison_of_a_stage_fails_alone(enriched: Pipeline) -> None:
    requested = serve(enriched, "enricher", lambda record: {"contribution": {"region": "eu"}})

    def scorer(request: Json, _context: object) -> Json:
        if holds(request, "poison"):
            raise MemoryError
        return {"results": [{"execution_id": one["execution_id"], "contribution": {}} for one in request["records"]]}

    enriched.serve("scorer", scorer)

    run = enriched.run(body(n=1), body(mark="poison"), body(n=2))

    assert run.failed == ["m1"]
    assert len(requested) == 3, "what a record has got from earlier stages is kept when it is isolated"


def test_a_contribution_larger_than_declared_fails_alone(enriched: Pipeline) -> None:
    serve(enriched, "enricher", lambda record: {"contribution": {}})
    text = {True: "x" * 40, False: "x"}
    serve(enriched, "scorer", lambda record: {"contribution": {"text": text["large" in record["data"]]}})

    run = enriched.run(body(n=1), body(mark="large"))

    assert run.failed == ["m1"]


@pytest.mark.parametrize("output_bytes", [2, 4_096, 100_000])
def test_a_chunk_has_room_for_what_a_stage_declares_and_no_more(output_bytes: int) -> None:
    stages = (contribution("own", output_bytes=output_bytes), *STAGES)
    messages = messages_of(event_of(body(text="x" * MAX_ERRORS_BYTES)))
    (before,) = parse_batch(messages, "test").records
    (after,) = parse_batch(messages, "test", stages).records

    assert after.entry_bytes - before.entry_bytes == output_bytes + len('"own": , ')


def test_an_additional_stage_takes_operations_of_its_own() -> None:
    records = parse_batch(messages_of(event_of(*(body(n=n) for n in range(1_000)))), "test").records
    many = (*(contribution(f"own{n}") for n in range(4)), *STAGES)

    isolated = [sum(chunk.may_be_isolated for chunk in plan(records, 100, stages)) for stages in (STAGES, many)]

    assert isolated[0] > isolated[1] > 0


def test_a_stage_declares_its_timeout_and_its_attempts() -> None:
    stage = contribution("enrich", timeout_seconds=10, attempts=1)

    assert (stage.variable, stage.service) == ("ENRICH_FUNCTION_ARN", "enrich")
    assert replace(stage, timeout_seconds=15, attempts=3) == contribution("enrich")
