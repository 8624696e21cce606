"""Repeated messages, and other messages with the same key."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from counted import Counted
from faults import CONFLICT, ODD, THROTTLED, raising, results_for, spoil
from orchestrator import handler as module
from orchestrator.intake import parse_batch
from orchestrator.messages import messages_of
from orchestrator.redelivery import OUTAGE_SECONDS, OWN_FAULT_SECONDS
from pipeline import body, event_of
from pipeline_contracts import ParsedMessage, parse_message

if TYPE_CHECKING:
    from pipeline import Pipeline


def test_a_key_that_is_twice_in_a_batch_is_one_record(pipeline: Pipeline) -> None:
    run = pipeline.run(body(idempotency_key="k", n=1), body(n=1.0, idempotency_key="k"), body(idempotency_key="other"))

    assert run.failed == []
    assert set(pipeline.services.table) == {"test-key-k", "test-key-other"}
    assert pipeline.services.invocations() == {"validator": 1, "transformer": 1, "storer": 1}


def test_the_copies_of_a_failed_message_fail_with_it(pipeline: Pipeline) -> None:
    spoil(pipeline, "storer", raising(RuntimeError))

    run = pipeline.run(body(idempotency_key="k"), body(idempotency_key="k"))

    assert run.failed == ["m0", "m1"]
    assert pipeline.queue.messages == []


def test_the_copies_of_a_rejected_message_are_rejected_with_it(pipeline: Pipeline) -> None:
    spoil(pipeline, "validator", lambda event, honest: results_for(event, '"k"', ODD, honest()))

    run = pipeline.run(body(idempotency_key="k"), body(idempotency_key="k"))

    assert run.failed == []
    assert [rejection.message.message_id for rejection in pipeline.queue.messages] == ["m0", "m1"]


def refuse_invalid(pipeline: Pipeline) -> None:
    spoil(pipeline, "validator", lambda event, honest: results_for(event, "invalid", ODD, honest()))


def keyed(**further: Any) -> str:
    return body(idempotency_key="k", **further)


def codes(pipeline: Pipeline) -> Counter[str]:
    return Counter(rejection.code for rejection in pipeline.queue.messages)


def test_of_messages_with_one_key_and_different_data_the_first_is_stored_and_the_others_are_rejected(
    pipeline: Pipeline,
) -> None:
    run = pipeline.run(body(), *(keyed(n=n) for n in range(900)), body())

    assert run.failed == []
    assert pipeline.services.table["test-key-k"] == keyed(n=0)
    assert codes(pipeline) == {"idempotency_conflict": 899}
    assert pipeline.services.invocations() == {"validator": 1, "transformer": 1, "storer": 1}


def test_the_first_that_is_not_rejected_is_stored(pipeline: Pipeline) -> None:
    refuse_invalid(pipeline)

    run = pipeline.run(keyed(mark="invalid 1"), keyed(mark="invalid 2"), keyed(n=1), keyed(n=2), keyed(n=1.0), body())

    assert run.failed == []
    assert pipeline.services.table["test-key-k"] == keyed(n=1)
    assert [(r.message.message_id, r.code) for r in pipeline.queue.messages] == [
        ("m0", "odd"),
        ("m1", "odd"),
        ("m3", "idempotency_conflict"),
    ]


def test_candidates_after_the_third_are_redelivered_soon_and_decided_then(pipeline: Pipeline) -> None:
    refuse_invalid(pipeline)
    batch = [*(keyed(mark=f"invalid {n}") for n in range(4)), keyed(n=1), keyed(n=2)]

    first = pipeline.run(*batch)
    second = pipeline.run(*batch[3:])

    assert first.failed == ["m3", "m4", "m5"]
    assert pipeline.source.redelivered == [dict.fromkeys(first.failed, OWN_FAULT_SECONDS[0])]
    assert second.failed == []
    assert codes(pipeline) == {"odd": 4, "idempotency_conflict": 1}
    assert pipeline.services.table == {"test-key-k": keyed(n=1)}


def test_a_message_that_the_table_has_is_a_duplicate_even_behind_a_conflicting_one(pipeline: Pipeline) -> None:
    pipeline.services.table["test-key-k"] = keyed(n=2)

    def storer(event: dict[str, Any], honest: Any) -> Any:
        (record,) = event["records"]
        same = record["data"] == pipeline.services.table[record["execution_id"]]
        return honest() if same else results_for(event, "", CONFLICT, honest())

    spoil(pipeline, "storer", storer)

    run = pipeline.run(keyed(n=1), keyed(n=2), keyed(n=3))

    assert run.failed == []
    assert [rejection.message.message_id for rejection in pipeline.queue.messages] == ["m0", "m2"]
    assert pipeline.services.table == {"test-key-k": keyed(n=2)}


def taken_by(pipeline: Pipeline, stored: str) -> None:
    """Put an item under the key into the table, on which the storer decides like the real one."""
    pipeline.services.table["test-key-k"] = stored
    digest = parse_message(stored).data_digest()

    def answer(event: dict[str, Any], honest: Any) -> dict[str, Any]:
        results = honest()["results"]
        for place, record in enumerate(event["records"]):
            if record["execution_id"] == "test-key-k" and parse_message(record["data"]).data_digest() != digest:
                results[place] = {"execution_id": record["execution_id"], **CONFLICT, "stored_digest": digest}
        return {"results": results}

    spoil(pipeline, "storer", answer)


@pytest.mark.parametrize("others", [0, 200])
def test_an_item_that_has_the_key_decides_about_all_messages_of_a_batch_at_once(
    pipeline: Pipeline, others: int
) -> None:
    taken_by(pipeline, keyed(n=7))

    run = pipeline.run(*(keyed(n=n) for n in range(60)), keyed(n=7.0), *[body()] * others)

    assert run.failed == []
    assert codes(pipeline) == {"idempotency_conflict": 59}
    assert {"m7", "m60"}.isdisjoint(rejection.message.message_id for rejection in pipeline.queue.messages)
    assert pipeline.services.table["test-key-k"] == keyed(n=7)
    chunks = 3 if others else 1
    assert pipeline.services.invocations() == dict.fromkeys(("validator", "transformer", "storer"), chunks)


def test_a_conflict_with_the_same_data_breaks_the_contract_and_decides_nothing(pipeline: Pipeline) -> None:
    def answer(event: dict[str, Any], honest: Any) -> dict[str, Any]:
        (record, *_) = event["records"]
        if record["execution_id"] != "test-key-k":
            return dict(honest())
        digest = parse_message(record["data"]).data_digest()
        conflict = {"execution_id": "test-key-k", **CONFLICT, "stored_digest": digest}
        return {"results": [conflict, *honest()["results"][1:]]}

    spoil(pipeline, "storer", answer)

    run = pipeline.run(keyed(n=1), keyed(n=2), body())

    assert run.failed == ["m0", "m1"]
    assert pipeline.queue.messages == []


def test_a_rejection_decided_by_an_item_is_redelivered_if_it_cannot_be_sent(pipeline: Pipeline) -> None:
    taken_by(pipeline, keyed(n=2))
    pipeline.queue.refuses = lambda rejection: rejection.message.message_id != "m0"

    run = pipeline.run(*(keyed(n=n) for n in range(4)))

    assert run.failed == ["m1", "m3"]


def test_messages_that_conflict_with_one_that_fails_fail_with_it(pipeline: Pipeline) -> None:
    spoil(pipeline, "storer", raising(RuntimeError))

    run = pipeline.run(keyed(n=1), keyed(n=2), keyed(n=2), body())

    assert run.failed == ["m0", "m1", "m2", "m3"]
    assert pipeline.queue.messages == []


def test_messages_that_conflict_with_one_that_cannot_be_rejected_fail_with_it(
    pipeline: Pipeline, capsys: pytest.CaptureFixture[str]
) -> None:
    refuse_invalid(pipeline)
    pipeline.queue.refuses = lambda rejection: True

    run = pipeline.run(keyed(mark="invalid"), keyed(n=1), keyed(n=1), body())

    assert run.failed == ["m0", "m1", "m2"]
    assert pipeline.source.redelivered == [dict.fromkeys(run.failed, OUTAGE_SECONDS[0])]
    assert Counted(capsys.readouterr().out).reasons("MessagesFailed") == {("validate", "not_sent"): 3}


def test_a_message_behind_poison_with_the_same_key_has_its_turn_at_the_next_delivery(pipeline: Pipeline) -> None:
    spoil(pipeline, "transformer", raising(MemoryError, "poison"))
    batch = [keyed(mark="poison"), keyed(n=1)]

    first = pipeline.run(*batch, *(body(n=n) for n in range(5)), receive_count=1)
    second = pipeline.run(*batch, receive_count=2)

    assert first.failed == ["m0", "m1"]
    assert second.failed == []
    assert pipeline.services.table["test-key-k"] == keyed(n=1)
    assert codes(pipeline) == {"idempotency_conflict": 1}


@pytest.mark.parametrize("behind", [3, 17, 30])
def test_a_message_is_stored_however_many_invalid_ones_with_its_key_are_behind_it(
    pipeline: Pipeline, behind: int
) -> None:
    refuse_invalid(pipeline)
    good = keyed(n=1)
    waiting = [*(keyed(mark=f"invalid {n}") for n in range(3)), good]
    waiting += [keyed(mark=f"invalid {n + 3}") for n in range(behind)]

    for delivery in range(1, 6):
        run = pipeline.run(*waiting, receive_count=delivery)
        waiting = [waiting[int(name.removeprefix("m"))] for name in run.failed]

    assert pipeline.services.table == {"test-key-k": good}
    assert waiting == []


def test_what_an_outage_keeps_from_being_decided_waits_as_long_as_the_outage(pipeline: Pipeline) -> None:
    refuse_invalid(pipeline)
    spoil(pipeline, "storer", lambda event, honest: results_for(event, "", THROTTLED, honest()))

    run = pipeline.run(keyed(mark="invalid"), keyed(n=1), body())

    assert run.failed == ["m1", "m2"]
    assert pipeline.source.redelivered == [dict.fromkeys(run.failed, OUTAGE_SECONDS[0])]


def test_nothing_is_tried_after_a_chunk_that_ended_in_an_error(pipeline: Pipeline) -> None:
    """The time that it took is unknown."""
    refuse_invalid(pipeline)
    run_chunk = module.run_chunk

    def surprised(context: Any, chunk: Any, *arguments: Any, **options: Any) -> Any:
        if any("breaks" in record.message.body for record in chunk.records):
            raise ArithmeticError
        return run_chunk(context, chunk, *arguments, **options)

    pipeline.monkeypatch.setattr(module, "run_chunk", surprised)
    pipeline.configure(chunk_size=10)

    run = pipeline.run(keyed(mark="invalid"), keyed(n=1), *(body(n=n) for n in range(9)), body(mark="breaks"))

    assert run.failed == ["m1", "m11"]


def test_nothing_is_tried_again_for_a_conflict_when_time_may_be_short(pipeline: Pipeline) -> None:
    """The first chunk has used its retries, so the execution has no time left for another run of the chain."""
    refuse_invalid(pipeline)
    tried = []

    def slow(event: dict[str, Any], honest: Any) -> dict[str, Any]:
        tried.append(event)
        if len(tried) == 1:
            raise TimeoutError
        return honest()

    spoil(pipeline, "transformer", slow)

    run = pipeline.run(keyed(mark="invalid"), keyed(n=1), body())

    assert run.failed == ["m1"]
    assert set(pipeline.services.table) == {"test-esm-m2"}


def test_other_metadata_is_the_same_record_and_the_first_is_kept(pipeline: Pipeline) -> None:
    run = pipeline.run(keyed(metadata={"trace": "1"}), keyed(metadata={"trace": "2"}), keyed())

    assert run.failed == []
    assert pipeline.queue.messages == []
    assert pipeline.services.table == {"test-key-k": keyed(metadata={"trace": "1"})}


def test_the_work_on_conflicting_messages_grows_with_their_bytes(pipeline: Pipeline) -> None:
    """Compared pairwise, sixty messages of 60 KB took the whole time of an execution: now, each is digested once."""
    pipeline.run(*(keyed(n=[n] * 1_000) for n in range(60)), body())
    digested = []
    pipeline.monkeypatch.setattr(
        ParsedMessage, "data_digest", lambda message: digested.append(1) or str(message.body["n"])
    )

    intake = parse_batch(messages_of(event_of(*(keyed(n=n) for n in range(60)))), "test")

    assert len(digested) == 60
    assert len(intake.records[0].conflicting) == 59


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
