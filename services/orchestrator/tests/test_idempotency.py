"""The same message again, and other messages under the same key."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from faults import results_for, spoil
from orchestrator.limits import MAX_CHUNKS
from pipeline import body

if TYPE_CHECKING:
    from pipeline import Pipeline


def test_a_key_that_is_twice_in_a_batch_is_one_record(pipeline: Pipeline) -> None:
    run = pipeline.run(body(idempotency_key="k", n=1), body(n=1.0, idempotency_key="k"), body(idempotency_key="other"))

    assert run.failed == []
    assert set(pipeline.services.table) == {"test-key-k", "test-key-other"}
    assert pipeline.services.invocations() == {"validator": 1, "transformer": 1, "storer": 1}


def test_the_copies_of_a_failed_message_fail_with_it(pipeline: Pipeline) -> None:
    def down(event: dict[str, Any], honest: Any) -> dict[str, Any]:
        raise RuntimeError("down")

    spoil(pipeline, "storer", down)

    run = pipeline.run(body(idempotency_key="k"), body(idempotency_key="k"))

    assert run.failed == ["m0", "m1"]
    assert pipeline.queue.messages == []


def test_the_copies_of_a_rejected_message_are_rejected_with_it(pipeline: Pipeline) -> None:
    invalid = {"is_valid": False, "errors": [{"field": "n", "code": "odd", "message": "must be even"}]}
    spoil(pipeline, "validator", lambda event, honest: results_for(event, '"k"', invalid, honest()))

    run = pipeline.run(body(idempotency_key="k"), body(idempotency_key="k"))

    assert run.failed == []
    assert [rejection.message.message_id for rejection in pipeline.queue.messages] == ["m0", "m1"]


def test_other_data_under_a_key_of_the_same_batch_is_judged_by_the_table(pipeline: Pipeline) -> None:
    invalid = {"is_valid": False, "errors": [{"field": "n", "code": "odd", "message": "must be even"}]}
    conflict = {"status": "rejected", "error": {"code": "idempotency_conflict", "message": "other data"}}
    spoil(pipeline, "validator", lambda event, honest: results_for(event, "invalid", invalid, honest()))
    lock = threading.Lock()

    def storer(event: dict[str, Any], honest: Any) -> dict[str, Any]:
        with lock:
            (record,) = event["records"]
            stored = pipeline.services.table.get(record["execution_id"], record["data"])
            return honest() if stored == record["data"] else results_for(event, "", conflict, honest())

    spoil(pipeline, "storer", storer)

    run = pipeline.run(*(body(idempotency_key="k", mark="invalid", n=n) for n in range(8)), body(idempotency_key="k"))

    assert run.failed == []
    assert [rejection.code for rejection in pipeline.queue.messages] == ["odd"] * 8
    assert set(pipeline.services.table) == {"test-key-k"}
    run = pipeline.run(*(body(idempotency_key="x", n=n) for n in range(8)))
    assert run.failed == []
    assert len(pipeline.queue.messages) == 8 + 7
    assert set(pipeline.services.table) == {"test-key-k", "test-key-x"}


def test_more_rivals_than_an_execution_has_operations_for_come_again(pipeline: Pipeline) -> None:
    run = pipeline.run(*(body(idempotency_key="k", n=n) for n in range(200)))

    assert len(run.failed) == 200 - MAX_CHUNKS
    assert set(pipeline.services.table) == {"test-key-k"}


def test_a_batch_that_is_delivered_again_is_a_success_and_changes_nothing(pipeline: Pipeline) -> None:
    batch = [body(n=1), body(idempotency_key="k"), "not json"]
    first = pipeline.run(*batch)
    table = dict(pipeline.services.table)

    second = pipeline.run(*batch)

    assert first.failed == second.failed == []
    assert pipeline.services.table == table


def test_a_redrive_gives_a_new_message_id_and_the_key_keeps_the_record_one(pipeline: Pipeline) -> None:
    pipeline.run(body(idempotency_key="k", n=1))

    redriven = pipeline.run("not json", body(idempotency_key="k", n=1))

    assert redriven.failed == []
    assert set(pipeline.services.table) == {"test-key-k"}
