"""Every way in which a message can end, traced in recorded data."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pipeline_cli.executions.deliveries import DIED, FAILED, REJECTED, RUNNING, STORED
from recorded_aws import RecordedAws, recorded_model
from traced import RECORDED, now_in, outcomes, trace, trace_one, visits


@pytest.mark.parametrize("name", ["small", "large"])
def test_a_stored_message_is_followed_through_its_stages_although_no_line_but_its_batchs_names_it(name: str) -> None:
    aws = RecordedAws("stored")

    message = trace_one(aws, name)

    assert outcomes(message) == [STORED]
    assert visits(message) == [(stage, 1, False, "passed") for stage in ("validate", "transform", "store")]
    assert now_in(message) == [("table", True)]
    assert message.item
    assert message.item.message_id == aws.ids[name]
    assert message.deliveries[0].number == 1
    assert message.deliveries[0].execution.version == "1"


def test_little_is_asked() -> None:
    aws = RecordedAws("stored")

    trace_one(aws, "small")

    assert set(aws.asked) == {"FilterLogEvents", "GetDurableExecution", "GetDurableExecutionHistory", "GetItem"}
    assert [aws.asked.count(one) for one in ("FilterLogEvents", "GetDurableExecution", "GetItem")] == [1, 1, 1]


def test_an_unreadable_message_is_rejected_before_any_stage() -> None:
    aws = RecordedAws("isolated")

    message = trace_one(aws, "unreadable")

    (delivery,) = message.deliveries
    assert (delivery.outcome, visits(message)) == (REJECTED, [])
    assert str(delivery.reason).startswith("intake, not_json: the body is not JSON")
    assert now_in(message) == [("invalid message queue", False)]
    assert "until 2026-12-10 10:44:50" in message.places[0].words


@recorded_model
def test_what_a_stage_rejected_has_its_reason_from_the_response() -> None:
    message = trace_one(RecordedAws("isolated"), "invalid")

    assert visits(message) == [("validate", 1, False, "rejected")]
    assert str(message.deliveries[0].reason) == "validate, blank_field: columns: must not be empty"


def test_sqs_deletes_a_rejected_message_in_the_end() -> None:
    message = trace_one(RecordedAws("isolated"), "invalid", RECORDED + timedelta(days=15))

    assert now_in(message) == [("unknown", False)]
    assert message.places[0].words.startswith("SQS has deleted it")


def test_poison_is_retried_and_isolated_and_becomes_a_dead_letter() -> None:
    message = trace_one(RecordedAws("isolated"), "poison")

    assert outcomes(message) == [FAILED, FAILED]
    tries = [("transform", attempt, False, "failed") for attempt in (1, 2, 3)]
    assert visits(message) == [("validate", 1, False, "passed"), *tries, ("transform", 1, True, "failed")]
    path = message.deliveries[0].path
    assert path
    assert [one.name for one in path.operations if one.kind != "ChainedInvoke"] == [
        "transform-backoff-1",
        "transform-backoff-2",
        "isolate-others",
        "log-failed",
        "redeliver",
    ]
    assert path.own_fault is True
    assert str(message.deliveries[0].reason) == "transform, invoke_failed: Runtime.HandlerError"
    assert now_in(message) == [("dead-letter queue", False)]
    assert "until 2026-12-10 10:44:35: it failed at delivery 2 of 2" in message.places[0].words


def test_a_neighbour_of_poison_is_stored_alone() -> None:
    message = trace_one(RecordedAws("isolated"), "good")

    assert outcomes(message) == [STORED]
    assert visits(message)[-2:] == [("transform", 1, True, "passed"), ("store", 1, True, "passed")]


def test_a_failed_message_waits_as_long_as_the_orchestrator_says() -> None:
    aws = RecordedAws("isolated")
    aws.forget(1)
    step = aws.executions[0]["events"][-2]["EventTimestamp"]

    def words(name: str, seconds: float) -> tuple[str, str]:
        (place,) = trace_one(aws, name, step + timedelta(seconds=seconds)).places
        return place.where, place.words

    # Poison waits for 10 s, and messages throttled by the table for 60 s.
    assert words("poison", 5) == (
        "queue",
        "it waits in the queue, and is redelivered at about 2026-11-26 10:45:00, delivery 2 of 2",
    )
    assert words("poison", 15)[1].startswith("in the queue: delivery 2 of 2 was due at about 2026-11-26 10:45:00")
    assert "is redelivered at about 2026-11-26 10:45:50" in words("throttled", 15)[1]


def test_the_last_failure_is_no_dead_letter_yet() -> None:
    aws = RecordedAws("isolated")
    step = aws.executions[1]["events"][-2]["EventTimestamp"]

    message = trace_one(aws, "poison", step + timedelta(seconds=15))

    assert now_in(message) == [("queue", False)]
    assert "SQS moves it to the dead-letter queue at about" in message.places[0].words


@pytest.mark.parametrize(
    ("last", "days", "words"),
    [
        (0, 15, "SQS has deleted it from the dead-letter queue at 2026-12-10 10:44:35"),
        (1, 5, "the log has none; SQS has since deleted it"),
    ],
)
def test_sqs_deletes_a_failed_message_in_the_end(last: int, days: int, words: str) -> None:
    aws = RecordedAws("isolated")
    if last:
        aws.forget(last)

    message = trace_one(aws, "poison", RECORDED + timedelta(days=days))

    assert now_in(message) == [("unknown", False)]
    assert words in message.places[0].words


def test_a_message_that_failed_once_is_stored_at_its_next_delivery() -> None:
    message = trace_one(RecordedAws("isolated"), "throttled")

    assert outcomes(message) == [FAILED, STORED]
    assert str(message.deliveries[0].reason) == "store, throttled: the table is throttled"
    assert visits(message)[-1] == ("store", 1, True, "unfinished")
    assert now_in(message) == [("table", True)]


@recorded_model
def test_messages_that_are_joined_share_an_outcome() -> None:
    aws = RecordedAws("isolated")

    message = trace_one(aws, "joined_too")

    (delivery,) = message.deliveries
    assert delivery.batch
    assert delivery.record
    assert delivery.batch.duplicates(delivery.record) == [aws.ids["joined"]]
    assert (delivery.outcome, message.execution_id) == (STORED, "local-key-dup")
    assert f"it is a duplicate of message {aws.ids['joined']}" in message.places[0].words


@recorded_model
def test_the_invokes_of_two_messages_with_one_key_are_distinguished() -> None:
    aws = RecordedAws("duplicates")

    stored, rejected = trace_one(aws, "same"), trace_one(aws, "other")

    assert outcomes(stored) == [STORED]
    assert [visit.own for visit in stored.deliveries[0].path.visits] == [True] * 3  # type: ignore[union-attr]
    assert outcomes(rejected) == [REJECTED]
    assert [visit.own for visit in rejected.deliveries[0].path.visits] == [False] * 3  # type: ignore[union-attr]
    assert str(rejected.deliveries[0].reason) == "store, idempotency_conflict: idempotency_key"
    assert now_in(rejected) == [("invalid message queue", False), ("table", True)]
    assert "other data under its key" in rejected.places[1].words


@recorded_model
def test_a_key_gives_all_its_messages() -> None:
    aws = RecordedAws("duplicates")

    found = trace(aws, "local-key-k1")

    assert {message.first_id: outcomes(message) for message in found.messages} == {
        aws.ids["first"]: [STORED],
        aws.ids["same"]: [STORED],
        aws.ids["other"]: [REJECTED],
        aws.ids["later"]: [REJECTED],
    }
    assert not found.notes


def test_messages_of_a_failed_execution_are_redelivered_after_the_visibility_timeout() -> None:
    aws = RecordedAws("died")
    aws.forget(1)

    message = trace_one(aws, "second", aws.executions[0]["described"]["StartTimestamp"] + timedelta(minutes=10))

    assert outcomes(message) == [DIED]
    assert (
        message.places[0].words
        == "it waits in the queue, and is redelivered at about 2026-11-26 11:01:04, delivery 2 of 2"
    )


def test_messages_of_executions_that_failed_each_time_are_dead_letters() -> None:
    message = trace_one(RecordedAws("died"), "second", RECORDED + timedelta(hours=1))

    assert outcomes(message) == [DIED, DIED]
    assert now_in(message) == [("dead-letter queue", False)]


def test_a_stopped_execution_leaves_its_invoke_unanswered() -> None:
    message = trace_one(RecordedAws("stopped"), "slow")

    assert outcomes(message) == [DIED, STORED]
    assert visits(message)[-1] == ("transform", 1, False, "unanswered")
    assert now_in(message) == [("table", True)]


@pytest.mark.parametrize("name", ["first", "again"])
def test_a_message_that_was_sent_again_has_two_ids_and_one_story(name: str) -> None:
    aws = RecordedAws("sent_again")

    message = trace_one(aws, name)

    assert message.ids == (aws.ids["first"], aws.ids["again"])
    assert message.execution_id == f"local-esm-{aws.ids['first']}"
    assert outcomes(message) == [STORED, STORED]
    statuses = [delivery.path.visits[-1].verdict.status for delivery in message.deliveries if delivery.path]
    assert statuses == ["stored", "duplicate"]
    assert now_in(message) == [("table", True)]


def test_the_chunk_of_a_record_is_found_among_several() -> None:
    aws = RecordedAws("chunks")

    good, poison = trace_one(aws, "good"), trace_one(aws, "poison")

    for message, chunk in ((good, 3), (poison, 3), (trace_one(aws, "first_chunk"), 1)):
        path = message.deliveries[0].path
        assert path
        assert (path.chunk, path.chunks) == (chunk, 3)
    assert outcomes(poison) == [FAILED]
    assert poison.deliveries[0].path.own_fault is True  # type: ignore[union-attr]
    assert outcomes(good) == [STORED]


def test_an_execution_that_runs_has_the_message() -> None:
    aws = RecordedAws("stored")
    aws.cut(6)

    message = trace_one(aws, "small")

    assert outcomes(message) == [RUNNING]
    assert visits(message) == [("validate", 1, False, "passed"), ("transform", 1, False, "running")]
    assert now_in(message) == [("execution", True)]
