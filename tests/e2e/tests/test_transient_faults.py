"""Calls to DynamoDB, SQS and Lambda that fail temporarily or permanently: no message is lost or stored twice.

The faults are injected between the emulated AWS and its callers: the functions, the durable service
(Invoke), and the event source mapping (ReceiveMessage, DeleteMessageBatch).
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import pytest
from pipeline_cli.local import local_pipeline
from pipeline_cli.replay import download, replay
from pipeline_e2e.faults import Faults, microburst
from pipeline_e2e.stack import PARAMETERS, Stack
from pipeline_testing.bodies import INVALID, body
from pipeline_testing.repository_copy import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from local_aws.emulator import Emulator
    from pipeline_e2e.faults import Rule

MAX_RECEIVE_COUNT = int(PARAMETERS["MaxReceiveCount"])
# The total attempts of the storer's client, of the orchestrator's client, and of the orchestrator per stage.
PUT_ATTEMPTS, SQS_ATTEMPTS, STAGE_ATTEMPTS = 4, 3, 3
INSERT_ATTEMPTS = PUT_ATTEMPTS
DELETE_ATTEMPTS = 5
STORM_SECONDS = 240
REPLAYED = 4

INSERT: Rule = {"service": "dynamodb", "operation": "BatchExecuteStatement"}
PUT: Rule = {"service": "dynamodb", "operation": "PutItem"}
REJECT: Rule = {"service": "sqs", "operation": "SendMessageBatch"}
REDELIVER: Rule = {"service": "sqs", "operation": "ChangeMessageVisibilityBatch"}
RECEIVE: Rule = {"service": "sqs", "operation": "ReceiveMessage"}
DELETE: Rule = {"service": "sqs", "operation": "DeleteMessageBatch"}
NO_INSERT = INSERT | {"times": INSERT_ATTEMPTS}
"""All attempts of one request for a group fail, so its items are put individually."""
INVOKE: Rule = {"service": "lambda", "operation": "Invoke"}
INVOKE_STORER = INVOKE | {"body": "records[0].transformed_data"}
INVOKE_ORCHESTRATOR = INVOKE | {"body": "DurableExecutionArn"}

LOST_ANSWER: Rule = {"response": {"abort_bytes": 0}}
"""The call takes effect, but its caller sees a broken connection."""


@pytest.fixture(scope="module")
def faulty(template: Path) -> Iterator[Emulator]:
    with local_pipeline(REPOSITORY, template=template, parameters=PARAMETERS, proxy=microburst) as aws:
        yield aws


@pytest.fixture
def stack(faulty: Emulator) -> Iterator[Stack]:
    stack = Stack(faulty)
    yield stack
    faulty.check()
    stack.empty_queues()


@pytest.fixture
def faults(faulty: Emulator) -> Iterator[Faults]:
    faults = Faults(faulty.inner_endpoint)
    yield faults
    faults.stop()


def error(code: str, status: int = 400) -> Rule:
    return {"error": {"code": code, "status": status}}


KINDS = {
    "throttled": [
        NO_INSERT | error("ProvisionedThroughputExceededException"),
        PUT | error("ProvisionedThroughputExceededException"),
        REJECT | error("RequestThrottled"),
        RECEIVE | error("RequestThrottled"),
        DELETE | error("RequestThrottled"),
        INVOKE_STORER | error("TooManyRequestsException", 429),
        INVOKE_ORCHESTRATOR | error("TooManyRequestsException", 429),
    ],
    "answered with a server error": [
        NO_INSERT | error("InternalServerError", 500),
        PUT | error("InternalServerError", 500),
        REJECT | error("ServiceUnavailable", 503),
        RECEIVE | error("InternalError", 500),
        DELETE | error("InternalError", 500),
        INVOKE_STORER | error("ServiceException", 500),
    ],
    "not answered in time": [
        NO_INSERT | {"timeout_ms": 500},
        # Longer than the clients wait. The calls are still made, long after the callers have retried.
        PUT | {"latency": 5_000},
        REJECT | {"latency": 6_000},
        # The gateway times out first.
        RECEIVE | {"timeout_ms": 500},
        DELETE | {"timeout_ms": 500},
        INVOKE_STORER | {"timeout_ms": 500},
    ],
    "cut off before they are made": [
        rule | {"reset": True} for rule in (NO_INSERT, PUT, REJECT, RECEIVE, DELETE, INVOKE_STORER)
    ],
    "cut off after they were made": [
        rule | LOST_ANSWER for rule in (INSERT, PUT, REJECT, DELETE, INVOKE_STORER, INVOKE_ORCHESTRATOR)
    ],
}


@pytest.mark.parametrize("kind", KINDS)
def test_calls_that_fail_once_are_made_again_and_every_message_has_its_outcome(
    stack: Stack, faults: Faults, kind: str
) -> None:
    rules = [{"times": 1} | rule for rule in KINDS[kind]]
    faults.inject(*rules)

    good, other, bad = stack.send(body(), body(label="b.csv"), INVALID)
    stack.wait_until_drained()
    # A ReceiveMessage that was already waiting may have taken all three: the next one meets its fault.
    faults.wait_until_fired()

    assert faults.counts() == [rule["times"] for rule in rules]
    outcomes = stack.outcomes()
    assert outcomes.of([good, other, bad]) == {good: {"stored"}, other: {"stored"}, bad: {"rejected"}}
    assert outcomes.stored.count(good) == outcomes.stored.count(other) == 1
    # A message that was sent although the response was lost or late is in the invalid message queue twice.
    assert {message["Body"] for message in outcomes.rejected} == {INVALID}
    assert len(outcomes.rejected) <= 2
    assert not stack.failures_of(good)


def test_a_stage_that_cannot_be_invoked_is_invoked_again_after_a_growing_pause(stack: Stack, faults: Faults) -> None:
    faults.inject(INVOKE_STORER | error("TooManyRequestsException", 429) | {"times": STAGE_ATTEMPTS - 1})

    (message,) = stack.send(body())
    item = stack.wait_for_item(f"e2e-esm-{message}")
    stack.wait_until_drained()

    first, second = (fault.at for fault in faults.fired())
    stored = datetime.fromisoformat(item["stored_at"]).timestamp()
    # Half of a pause is jitter: at least 1 s of 2 s, then 2 s of 4 s, on clocks that are read to the millisecond.
    assert second - first > 0.99
    assert stored - second > 1.99
    assert not stack.failures_of(message)


def test_each_message_of_a_batch_has_the_outcome_that_its_own_faults_leave_it(stack: Stack, faults: Faults) -> None:
    unavailable = PUT | error("InternalServerError", 500)
    failing_delivery = PUT_ATTEMPTS * STAGE_ATTEMPTS
    faults.inject(
        unavailable | {"body": "Item.original_data.M.label.S == 'never'"},
        unavailable | {"body": "Item.original_data.M.label.S == 'once'", "times": failing_delivery},
        REJECT | error("ServiceUnavailable", 503) | {"times": SQS_ATTEMPTS},
        # For a group that has one of the two; which groups there are at later deliveries is open. Not retried: the
        # client's quota of retries would not last for the puts.
        INSERT | error("ValidationException") | {"body": "contains(to_string(@), '\"never\"')"},
        INSERT | error("ValidationException") | {"body": "contains(to_string(@), '\"once\"')"},
    )

    never, once, well, bad = stack.send(body(label="never"), body(label="once"), body(label="well"), INVALID)
    stack.wait_until_drained(seconds=STORM_SECONDS)

    of_never, *counts, _, _ = faults.counts()
    # botocore's retry quota, which earlier tests have also used, may leave some of them out.
    assert MAX_RECEIVE_COUNT * STAGE_ATTEMPTS <= of_never <= MAX_RECEIVE_COUNT * failing_delivery
    assert counts == [failing_delivery, SQS_ATTEMPTS]
    outcomes = stack.outcomes()
    assert outcomes.of([never, once, well, bad]) == {
        never: {"dead"},
        once: {"stored"},
        well: {"stored"},
        bad: {"rejected"},
    }
    assert len(outcomes.rejected) == len(outcomes.dead) == 1
    failures = {message: stack.failures_of(message) for message in (never, once, well)}
    assert failures == {never: MAX_RECEIVE_COUNT, once: 1, well: 0}
    # The last one to receive it is this test.
    assert outcomes.dead[0]["Attributes"]["ApproximateReceiveCount"] == str(MAX_RECEIVE_COUNT + 1)
    assert outcomes.dead[0]["Body"] == body(label="never")


def test_all_messages_of_a_permanent_outage_become_dead_letters_after_their_last_delivery(
    stack: Stack, faults: Faults
) -> None:
    faults.inject(*OUTAGES["the table"])

    sent = stack.send(*(body(n=number) for number in range(20)))
    stack.wait_until_drained(seconds=STORM_SECONDS)

    outcomes = stack.outcomes()
    assert outcomes.of(sent) == {message: {"dead"} for message in sent}
    assert len(outcomes.dead) == len(sent)
    assert {message["Attributes"]["ApproximateReceiveCount"] for message in outcomes.dead} == {
        str(MAX_RECEIVE_COUNT + 1)  # the last one to receive it is this test
    }


OUTAGES = {
    "the table": [rule | error("InternalServerError", 500) for rule in (INSERT, PUT)],
    "a permission": [rule | error("AccessDeniedException") for rule in (INSERT, PUT)],
    "the storer is throttled": [INVOKE_STORER | error("TooManyRequestsException", 429)],
    "the storer may not be invoked": [INVOKE_STORER | error("AccessDeniedException", 403)],
    "the storer cannot be reached": [INVOKE_STORER | {"reset": True}],
    "the invalid message queue": [REJECT | error("ServiceUnavailable", 503)],
}


@pytest.mark.parametrize("outage", OUTAGES)
def test_an_outage_that_ends_before_the_last_delivery_leaves_no_dead_letter(
    stack: Stack, faults: Faults, outage: str
) -> None:
    """With the scaled waits, the first of two deliveries falls into the outage, and the second comes after it."""
    faults.inject(*OUTAGES[outage])
    # Larger ones would be compressed on their way to the storer, so that the faults would not match them.
    sent = stack.send(body(label="a.csv"), body(label="b.csv"), INVALID)
    affected = sent[-1:] if outage == "the invalid message queue" else sent[:-1]
    for message in affected:
        stack.wait_until_failed(message)
    faults.stop()

    stack.wait_until_drained()

    outcomes = stack.outcomes()
    assert outcomes.of(sent) == {message: {"stored"} for message in sent[:-1]} | {sent[-1]: {"rejected"}}
    assert outcomes.dead == ()
    assert {stack.failures_of(message) for message in affected} == {1}


def test_messages_that_cannot_be_finished_brought_forward_or_deleted_are_redelivered_and_stored_once(
    stack: Stack, faults: Faults
) -> None:
    stack.set_visibility_timeout(30)
    faults.inject(RECEIVE | error("InternalError", 500) | {"times": 1})
    # A ReceiveMessage that was already waiting uses the timeout of its beginning.
    faults.wait_until_fired()
    unreachable = {"body": "!DurableExecutionArn && contains(to_string(@), 'unreachable')"}
    faults.inject(
        # For the chunk, then for the one record that it is about.
        INVOKE | unreachable | {"reset": True, "times": STAGE_ATTEMPTS + 1},
        REDELIVER | error("ServiceUnavailable", 503) | {"times": SQS_ATTEMPTS},
        DELETE | error("ServiceUnavailable", 503) | {"times": DELETE_ATTEMPTS},
    )

    try:
        sent = stack.send(body(label="unreachable"), body(), body())
        stack.wait_until_drained()
    finally:
        stack.set_visibility_timeout(960)

    assert faults.counts() == [STAGE_ATTEMPTS + 1, SQS_ATTEMPTS, DELETE_ATTEMPTS]
    outcomes = stack.outcomes()
    assert outcomes.of(sent) == {message: {"stored"} for message in sent}
    assert sorted(message for message in outcomes.stored if message in sent) == sorted(sent)
    assert not outcomes.dead
    assert stack.logged("redelivery waits for the visibility timeout") == 1


def test_what_executions_have_done_is_done_again_in_a_replay(stack: Stack, faults: Faults, faulty: Emulator) -> None:
    """Of this execution and of those that earlier tests have left behind, the ones with the longest histories."""
    unavailable = error("InternalServerError", 500)
    faults.inject(NO_INSERT | unavailable, PUT | unavailable | {"times": PUT_ATTEMPTS})
    stack.send(body(), body(label="b.csv"), INVALID)
    stack.wait_until_drained()
    client = faulty.one_endpoint().lambda_()

    histories = {arn: download(client, arn) for arn in stack.executions(client)}
    longest = sorted(histories, key=lambda arn: len(histories[arn]["Events"]))[-REPLAYED:]

    assert len(histories[longest[-1]]["Events"]) > 10
    for arn in longest:
        verdict = replay(arn, lambda: client, REPOSITORY)
        assert verdict.passes, verdict.text
