"""One outcome for each message, whatever happens."""

from __future__ import annotations

from random import Random
from string import ascii_letters, digits
from typing import TYPE_CHECKING, Any

import pytest
from faults import CONFLICT, NEVER, ODD, THROTTLED, outcomes, raising, results_for, spoil
from orchestrator.redelivery import OWN_FAULT_SECONDS
from pipeline import NOW, body

if TYPE_CHECKING:
    from pipeline import Pipeline


def test_a_full_batch_is_stored_by_one_invoke_a_stage(pipeline: Pipeline) -> None:
    run = pipeline.run(*(body(n=index) for index in range(100)))

    assert set(outcomes(pipeline, run.failed, 100).values()) == {"stored"}
    assert pipeline.services.invocations() == {"validator": 1, "transformer": 1, "storer": 1}


def test_an_empty_batch_does_nothing(pipeline: Pipeline) -> None:
    run = pipeline.run()

    assert (run.failed, run.operations()) == ([], [])


def test_each_message_of_a_mixed_batch_gets_its_own_outcome(pipeline: Pipeline) -> None:
    spoil(pipeline, "validator", lambda event, honest: results_for(event, "invalid", ODD, honest()))
    spoil(pipeline, "transformer", lambda event, honest: results_for(event, "hopeless", NEVER, honest()))

    def storer(event: dict[str, Any], honest: Any) -> dict[str, Any]:
        good = {
            "records": [r for r in event["records"] if "throttled" not in r["data"] and "conflicting" not in r["data"]]
        }
        answer = pipeline.services.__class__.storer(pipeline.services, good, None)
        for record in event["records"]:
            if "throttled" in record["data"]:
                answer["results"].append({"execution_id": record["execution_id"], **THROTTLED})
            if "conflicting" in record["data"]:
                answer["results"].append({"execution_id": record["execution_id"], **CONFLICT})
        return answer

    spoil(pipeline, "storer", storer)

    run = pipeline.run(
        body(),
        "not json",
        body(mark="invalid"),
        body(mark="hopeless"),
        body(mark="throttled"),
        body(mark="conflicting"),
    )

    assert outcomes(pipeline, run.failed, 6) == {
        "m0": "stored",
        "m1": "rejected",
        "m2": "rejected",
        "m3": "rejected",
        "m4": "failed",
        "m5": "rejected",
    }
    assert [(r.message.message_id, r.stage, r.code, r.reason) for r in pipeline.queue.messages] == [
        ("m1", "intake", "not_json", "the body is not JSON: Expecting value: line 1 column 1 (char 0)"),
        ("m2", "validate", "odd", "n: must be even"),
        ("m3", "transform", "not_transformable", "no"),
        ("m5", "store", "idempotency_conflict", "other data"),
    ]


def test_no_service_is_called_for_messages_that_cannot_be_read(pipeline: Pipeline) -> None:
    run = pipeline.run("", "[]", "{}", body(n=1).replace("1", "NaN"), "\ud800")

    assert set(outcomes(pipeline, run.failed, 5).values()) == {"rejected"}
    assert pipeline.services.calls == []


def test_a_throttled_record_is_asked_about_again_and_its_neighbours_are_not(pipeline: Pipeline) -> None:
    attempts = []

    def storer(event: dict[str, Any], honest: Any) -> dict[str, Any]:
        attempts.append([record["execution_id"] for record in event["records"]])
        if len(attempts) == 1:
            first, second = event["records"]
            pipeline.services.table[first["execution_id"]] = first["data"]
            return {
                "results": [
                    {"execution_id": second["execution_id"], **THROTTLED},
                    {"execution_id": first["execution_id"], "status": "stored", "stored_at": NOW},
                ]
            }
        return honest()

    spoil(pipeline, "storer", storer)

    run = pipeline.run(body(), body())

    assert outcomes(pipeline, run.failed, 2) == {"m0": "stored", "m1": "stored"}
    assert attempts == [["test-esm-m0", "test-esm-m1"], ["test-esm-m1"]]


@pytest.mark.parametrize("service", ["validator", "transformer", "storer"])
def test_a_service_that_recovers_is_retried_with_backoff(pipeline: Pipeline, service: str) -> None:
    tried = []

    def twice_down(event: dict[str, Any], honest: Any) -> dict[str, Any]:
        tried.append(service)
        if len(tried) < 3:
            raise RuntimeError("down")
        return honest()

    spoil(pipeline, service, twice_down)

    run = pipeline.run(body(), body())

    assert set(outcomes(pipeline, run.failed, 2).values()) == {"stored"}
    waits = [operation for operation in run.operations() if operation[0] == "WAIT"]
    assert len(waits) == 2


def test_a_permanent_outage_fails_every_message_and_loses_none(pipeline: Pipeline) -> None:
    spoil(pipeline, "transformer", raising(RuntimeError))

    run = pipeline.run(*(body(n=index) for index in range(5)))

    assert set(outcomes(pipeline, run.failed, 5).values()) == {"failed"}


@pytest.mark.parametrize("stage", ["intake", "validate"])
def test_a_rejected_message_that_cannot_be_sent_fails_and_is_not_lost(pipeline: Pipeline, stage: str) -> None:
    spoil(pipeline, "validator", lambda event, honest: results_for(event, "invalid", ODD, honest()))
    pipeline.queue.refuses = lambda rejection: rejection.stage == stage

    run = pipeline.run(body(), body(mark="invalid"), "not json")

    refused, taken = ("m2", "m1") if stage == "intake" else ("m1", "m2")
    assert outcomes(pipeline, run.failed, 3) == {"m0": "stored", refused: "failed", taken: "rejected"}


def test_a_message_that_could_not_be_sent_has_a_line_in_the_log(
    pipeline: Pipeline, caplog: pytest.LogCaptureFixture
) -> None:
    pipeline.queue.refuses = lambda rejection: True

    pipeline.run("not json", body())

    (failed,) = (vars(record) for record in caplog.records if record.message == "message failed")
    assert (failed["message_id"], failed["code"], failed["reason"]) == ("m0", "not_sent", "to be rejected: not_json")


def test_a_queue_that_breaks_unforeseen_fails_the_rejected_and_not_their_neighbours(pipeline: Pipeline) -> None:
    def explode(rejection: Any) -> bool:
        raise KeyError("stringValue")

    pipeline.queue.refuses = explode

    run = pipeline.run(body(), "not json")

    assert outcomes(pipeline, run.failed, 2) == {"m0": "stored", "m1": "failed"}


def noise(characters: int, seed: int, alphabet: str = ascii_letters + digits + "+/") -> str:
    """Return text that stays large when compressed."""
    return "".join(Random(seed).choices(alphabet, k=characters))  # noqa: S311 - data, no secret


IDEOGRAPHS = "".join(map(chr, range(0x4E00, 0x9FA0)))


@pytest.mark.parametrize(
    "bodies",
    [
        [body(text=noise(16_000, seed)) for seed in range(100)],
        [body(text=noise(300_000, seed)) for seed in range(6)],
        [body(text=noise(340_000, seed, IDEOGRAPHS)) for seed in range(2)],
        [body(text=noise(1_000_000, seed)) for seed in range(4)],
    ],
    ids=["many of 16 KB", "six of 300 KB", "two that are not ASCII", "four of 1 MB"],
)
def test_a_chunk_of_more_bytes_than_the_sdk_batches_does_not_hang(pipeline: Pipeline, bodies: list[str]) -> None:
    """Without the patch in sdk_patch.py, this fails by its timeout: one chunk is behind another."""
    run = pipeline.run(*bodies, execution_timeout=60)

    assert set(outcomes(pipeline, run.failed, len(bodies)).values()) == {"stored"}


def test_failed_messages_and_no_others_are_delivered_again_soon(pipeline: Pipeline) -> None:
    spoil(pipeline, "storer", raising(MemoryError, "poison"))

    pipeline.run(body(), "not json", body(mark="poison"))
    pipeline.run(body())

    assert pipeline.source.redelivered == [{"m2": OWN_FAULT_SECONDS[0]}]


def test_a_redelivery_that_cannot_be_brought_forward_costs_only_time(pipeline: Pipeline) -> None:
    pipeline.source.error = RuntimeError("access denied")
    pipeline.queue.refuses = lambda rejection: True

    run = pipeline.run(body(), "not json")

    assert outcomes(pipeline, run.failed, 2) == {"m0": "stored", "m1": "failed"}


def test_a_thousand_rejections_with_the_longest_reasons_keep_within_the_bounds_of_a_step(pipeline: Pipeline) -> None:
    """The result of a step may have 262,144 bytes: https://docs.aws.amazon.com/lambda/latest/dg/durable-quotas.html"""
    longest = {"field": "\u2028" * 128, "code": "c" * 64, "message": "\u2028" * 256}
    invalid = {"is_valid": False, "errors": [longest] * 5}
    spoil(pipeline, "validator", lambda event, honest: results_for(event, "", invalid, honest()))

    run = pipeline.run(*(body(n=n) for n in range(1_000)))

    assert run.failed == []
    assert len(pipeline.queue.messages) == 1_000
    steps = [operation.step_details for operation in pipeline.operations() if operation.step_details]
    results = [len(step.result or "") for step in steps]
    assert 0 < max(results) < 262_144
