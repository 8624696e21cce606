"""A service that breaks its contract harms only the records concerned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from faults import holds, outcomes, spoil
from pipeline import NOW, body
from pipeline_contracts.exchange import MAJOR, MINOR

if TYPE_CHECKING:
    from pipeline import Pipeline

ANSWERS = {
    "validator": lambda identity: {"is_valid": True},
    "transformer": lambda identity: {
        "transformed_data": {
            "processed_at": NOW,
            "execution_id": identity,
            "transformation_applied": "standard",
        }
    },
    "storer": lambda identity: {"status": "stored", "stored_at": NOW},
}


def broken_answers() -> dict[str, Any]:
    def change(**changes: Any) -> Any:
        return lambda entries: {"results": [{**entries[0], **changes}, *entries[1:]]}

    return {
        "null": lambda entries: None,
        "a string": lambda entries: "stored",
        "an empty object": lambda entries: {},
        "a surplus key": lambda entries: {"results": entries, "surplus": 1},
        "a surplus key in an entry": change(surplus=1),
        "a lacking id": lambda entries: {"results": entries[1:]},
        "a repeated id": lambda entries: {"results": [entries[0], *entries]},
        "an invented id": lambda entries: {"results": [*entries, {**entries[0], "execution_id": "invented"}]},
        "an id of the wrong type": change(execution_id=7),
        "another major version": lambda entries: {"contract_version": f"{MAJOR + 1}.0", "results": entries},
        "an answer past 1 MiB": lambda entries: {"results": entries, "padding": "x" * 1_048_577},
    }


@pytest.mark.parametrize("service", ["validator", "transformer", "storer"])
@pytest.mark.parametrize("kind", broken_answers())
def test_an_answer_that_breaks_the_contract_fails_only_the_records_concerned(
    pipeline: Pipeline, service: str, kind: str
) -> None:
    spoiled = broken_answers()[kind]

    def breaks(event: dict[str, Any], honest: Any) -> Any:
        if not holds(event, "marked"):
            return honest()
        entries = [
            {"execution_id": record["execution_id"], **ANSWERS[service](record["execution_id"])}
            for record in sorted(event["records"], key=lambda record: "marked" not in record["data"])
        ]
        return spoiled(entries)

    spoil(pipeline, service, breaks)

    run = pipeline.run(body(), body(mark="marked"), body())

    assert run.failed == ["m1"]
    assert set(outcomes(pipeline, run.failed, 3).values()) == {"stored", "failed"}


@pytest.mark.parametrize("service", ["validator", "transformer", "storer"])
def test_what_a_service_with_a_newer_minor_version_adds_is_ignored(pipeline: Pipeline, service: str) -> None:
    def newer(_event: dict[str, Any], honest: Any) -> Any:
        entries = [{**entry, "added": {"later": 1}} for entry in honest()["results"]]
        return {"contract_version": f"{MAJOR}.{MINOR + 1}", "results": entries, "added": [1]}

    spoil(pipeline, service, newer)

    run = pipeline.run(body(), body())

    assert set(outcomes(pipeline, run.failed, 2).values()) == {"stored"}
    assert pipeline.services.invocations() == {"validator": 1, "transformer": 1, "storer": 1}


def test_an_answer_that_makes_the_next_request_too_large_fails_its_record_alone(pipeline: Pipeline) -> None:
    def transformer(event: dict[str, Any], honest: Any) -> dict[str, Any]:
        answer: dict[str, Any] = honest()
        for record, result in zip(event["records"], answer["results"], strict=True):
            if "large" in record["data"]:
                result["transformed_data"]["text"] = "X" * 600_000
        return answer

    spoil(pipeline, "transformer", transformer)

    run = pipeline.run(body(), body(large="x" * 500_000), body())

    assert run.failed == ["m1"]
    assert set(outcomes(pipeline, run.failed, 3).values()) == {"stored", "failed"}
