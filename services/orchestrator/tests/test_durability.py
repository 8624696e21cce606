"""Names and order that executions in flight depend on, and operations that a replay does not repeat."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import pytest
from faults import NEVER, ODD, holds, raising, results_for, spoil
from orchestrator import handler as module
from orchestrator import intake, operations
from orchestrator.messages import messages_of
from orchestrator.stages import STAGES
from pipeline import CORE, body, event_of

if TYPE_CHECKING:
    from pipeline import Pipeline
    from pipeline_contracts import ParsedMessage
    from pipeline_contracts.envelopes import Envelope

INVOKES = [("CHAINED_INVOKE", stage.name) for stage in STAGES]


def test_one_chain_for_a_hundred_records_takes_at_most_five_operations(pipeline: Pipeline) -> None:
    pipeline.use_stages(*CORE)
    spoil(pipeline, "validator", lambda event, honest: results_for(event, "invalid", ODD, honest()))

    run = pipeline.run("not json", body(mark="invalid"), *(body(n=index) for index in range(98)))

    assert len(pipeline.services.table) == 98
    assert len(run.operations()) <= 5


def test_the_names_and_order_of_the_operations_are_those_of_executions_in_flight(pipeline: Pipeline) -> None:
    """Changing this list breaks every execution that is in flight when the change is deployed."""
    pipeline.use_stages(*CORE)
    spoil(pipeline, "transformer", lambda event, honest: results_for(event, "hopeless", NEVER, honest()))
    spoil(pipeline, "transformer", raising(MemoryError, "poison"))

    run = pipeline.run("not json", body(mark="poison"), body(mark="hopeless"))

    assert run.operations() == [
        ("STEP", "reject-unreadable"),
        ("CHAINED_INVOKE", "validate"),
        ("CHAINED_INVOKE", "transform"),
        ("WAIT", "transform-backoff-1"),
        ("CHAINED_INVOKE", "transform"),
        ("WAIT", "transform-backoff-2"),
        ("CHAINED_INVOKE", "transform"),
        ("CONTEXT", "isolate"),
        ("CHAINED_INVOKE", "transform"),
        ("CHAINED_INVOKE", "transform"),
        ("STEP", "reject"),
        ("STEP", "log-failed"),
        ("STEP", "redeliver"),
    ]


def test_a_stored_record_takes_one_invoke_more_in_the_history(pipeline: Pipeline) -> None:
    run = pipeline.run(body())

    assert run.operations() == INVOKES


def test_several_chunks_are_mapped_over(pipeline: Pipeline) -> None:
    pipeline.configure(chunk_size=10)

    run = pipeline.run(*(body(n=n) for n in range(11)))

    first, *others = run.operations()
    assert first == ("CONTEXT", "chunks")
    assert sorted(others) == sorted(2 * INVOKES)


def test_an_error_of_ours_fails_the_only_chunk_and_not_what_was_rejected_before(pipeline: Pipeline) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    pipeline.monkeypatch.setattr(module, "run_chunk", broken)

    run = pipeline.run("not json", body(), body())

    assert run.failed == ["m1", "m2"]
    assert [rejection.message.message_id for rejection in pipeline.queue.messages] == ["m0"]


def test_a_replay_calls_no_service_twice_and_counts_once(
    pipeline: Pipeline, capsys: pytest.CaptureFixture[str]
) -> None:
    run = pipeline.run(body(), "not json")

    assert run.invocations > 1, "no replay took place"
    assert pipeline.services.invocations() == {"validator": 1, "transformer": 1, "storer": 1}
    assert len(pipeline.queue.messages) == 1
    counts = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "MessagesReceived" in line]
    assert [(c["MessagesReceived"], c["MessagesStored"], c["MessagesRejected"]) for c in counts] == [
        ([2.0], [1.0], [1.0])
    ]


def test_the_message_ids_of_a_batch_are_logged_once_with_its_execution(
    pipeline: Pipeline, caplog: pytest.LogCaptureFixture
) -> None:
    run = pipeline.run(body(), "not json")

    assert run.invocations > 1, "no replay took place"
    (received,) = (vars(record) for record in caplog.records if record.message == "batch is received")
    (done,) = (vars(record) for record in caplog.records if record.message == "batch is done")
    assert received["message_ids"] == ["m0", "m1"]
    assert received["executionArn"] == done["executionArn"]


def test_a_replay_compresses_no_request_again(pipeline: Pipeline) -> None:
    compressed: list[str] = []

    def compress(text: str) -> None:
        compressed.append(text)

    pipeline.monkeypatch.setattr(operations, "compress", compress)

    run = pipeline.run(*(body(secret="x" * 1_000) for _ in range(20)))

    assert run.invocations > 1, "no replay took place"
    assert len(compressed) == len(STAGES)


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The bodies that the intake has read."""
    bodies: list[str] = []
    parse = intake.read_message

    def reading(text: str, envelope: Envelope) -> ParsedMessage:
        bodies.append(text)
        return parse(text, envelope)

    monkeypatch.setattr(intake, "read_message", reading)
    return bodies


def test_a_replay_reads_no_body_again(pipeline: Pipeline, read: list[str]) -> None:
    pipeline.run(*(body(mark="read once", n=index) for index in range(3)))

    assert len(read) == 3


def test_executions_that_take_turns_read_their_bodies_once_each(read: list[str]) -> None:
    for _ in range(3):
        for batch in range(8):
            text = body(mark="turns", batch=batch)
            module.parse_batch(messages_of(event_of(text, text)), "test")

    assert len(read) == 2 * 8


def test_the_checkpoint_of_a_batch_holds_no_data(pipeline: Pipeline) -> None:
    run = pipeline.run(*(body(secret="x" * 1_000) for _ in range(101)))

    chunks = run.result.get_operation_by_name("chunks")
    assert "xxx" not in chunks.result
    assert len(chunks.result) < 2_000


def test_the_log_names_a_message_that_was_not_stored_once_and_never_its_data(pipeline: Pipeline) -> None:
    log = io.StringIO()
    module.logger.registered_handler.setStream(log)
    pipeline.configure(chunk_size=10)

    spoil(pipeline, "storer", raising(MemoryError, "poison"))
    spoil(pipeline, "validator", lambda event, honest: None if holds(event, "misread") else honest())
    good = [body(note="hidden") for _ in range(19)]

    # The last is alone in its chunk, which ends long before the first.
    run = pipeline.run(body(mark="poison"), *good, body(mark="misread"), '{"note": "hidden", "n": 1}')

    assert run.failed == ["m0", "m20"]
    assert run.invocations > 5, "no replay took place"
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    (rejected,) = [line for line in lines if line["message"] == "message is rejected"]
    assert (rejected["execution_id"], rejected["message_id"]) == ("test-esm-m21", "m21")
    assert rejected["executionArn"]
    failed = [line for line in lines if line["message"] == "message failed"]
    assert [(line["message_id"], line["stage"], line["code"]) for line in failed] == [
        ("m20", "validate", "broken_contract"),
        ("m0", "store", "invoke_failed"),
    ]
    assert {line["level"] for line in failed} == {"WARNING"}
    (_,) = [line for line in lines if line["message"] == "records are isolated"]
    assert "hidden" not in log.getvalue()
