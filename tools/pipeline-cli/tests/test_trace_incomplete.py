"""The content of a trace if something is gone, may not be read, or never existed."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from pipeline_cli.errors import CommandError
from pipeline_cli.executions.deliveries import FAILED, STORED, UNKNOWN
from pipeline_cli.executions.queue_look import Look, Seen
from recorded_aws import RecordedAws
from traced import now_in, outcomes, trace, trace_one


def test_after_the_retention_of_executions_the_log_and_the_table_tell() -> None:
    aws = RecordedAws("isolated")
    aws.executions = []

    stored, poison, rejected = (trace_one(aws, name) for name in ("good", "poison", "invalid"))

    assert outcomes(stored) == [UNKNOWN]
    assert stored.deliveries[0].problem == "Lambda no longer keeps its history"
    assert now_in(stored) == [("table", True)]
    assert outcomes(poison) == [FAILED, FAILED]
    assert now_in(poison) == [("dead-letter queue", False)]
    assert str(rejected.deliveries[0].reason) == "validate, blank_field: columns"


def test_a_history_without_its_data_says_what_the_log_says() -> None:
    aws = RecordedAws("isolated")
    for execution in aws.executions:
        for event in execution["events"]:
            for details in event.values():
                for side in details.values() if isinstance(details, dict) else ():
                    if isinstance(side, dict) and side.pop("Payload", None):
                        side["Truncated"] = True

    message = trace_one(aws, "poison")

    assert outcomes(message) == [FAILED, FAILED]
    assert message.deliveries[0].problem == "its history has no input event with the message"
    assert str(message.deliveries[0].reason) == "transform, invoke_failed: Runtime.HandlerError"


def test_without_the_result_of_an_execution_the_log_says_how_it_ended() -> None:
    aws = RecordedAws("isolated")
    for execution in aws.executions:
        execution["events"][-1]["ExecutionSucceededDetails"] = {"Result": {"Truncated": True}}

    assert outcomes(trace_one(aws, "poison")) == [FAILED, FAILED]
    assert outcomes(trace_one(aws, "good")) == [UNKNOWN]


def test_without_an_answer_a_visit_says_so() -> None:
    aws = RecordedAws("stored")
    for event in aws.executions[0]["events"]:
        event.pop("ChainedInvokeSucceededDetails", None)

    path = trace_one(aws, "small").deliveries[0].path

    assert path
    assert {visit.verdict.reason for visit in path.visits} == {"its response was left out of the history"}


def test_an_item_that_is_gone_is_not_in_the_table() -> None:
    aws = RecordedAws("stored")
    aws.items = []

    message = trace_one(aws, "small")

    assert outcomes(message) == [STORED]
    assert now_in(message) == [("unknown", False)]


@pytest.mark.parametrize("operation", ["GetDurableExecution", "GetDurableExecutionHistory"])
def test_an_execution_that_may_not_be_read_is_named(operation: str) -> None:
    aws = RecordedAws("stored")
    aws.refused[operation] = "AccessDeniedException"

    message = trace_one(aws, "small")

    assert message.deliveries[0].problem == "its history cannot be read: AccessDeniedException"
    assert now_in(message) == [("table", True)]


@pytest.mark.parametrize(
    ("operation", "note"),
    [
        ("GetItem", "the table cannot be read: AccessDeniedException"),
        ("GetQueueAttributes", "the settings of the queue cannot be read: AccessDeniedException"),
    ],
)
def test_what_may_not_be_read_is_noted(operation: str, note: str) -> None:
    aws = RecordedAws("isolated")
    aws.refused[operation] = "AccessDeniedException"

    found = trace(aws, aws.ids["poison"])

    assert note in found.notes
    assert outcomes(found.messages[0]) == [FAILED, FAILED]


def test_a_message_that_was_seen_in_a_queue_is_there_for_certain() -> None:
    aws = RecordedAws("isolated")
    nothing = Seen(0, frozenset())
    dead = Look(Seen(7, frozenset({aws.ids["poison"]})), nothing)

    assert now_in(trace_one(aws, "poison", look=dead)) == [("dead-letter queue", True)]
    assert now_in(trace_one(aws, "invalid", look=dead)) == [("invalid message queue", False)]
    elsewhere = trace_one(aws, "poison", look=replace(dead, dead=Seen(7, frozenset({"another"}))))
    assert "it is not among the 7 messages of that queue that were looked at" in elsewhere.places[0].words


def test_nothing_is_found() -> None:
    found = trace(RecordedAws("stored"), "19dd0b57-b21e-4ac1-bd88-01bbb068cb78")

    assert not found.found


def test_a_stored_record_of_which_the_log_is_gone_is_found_in_the_table() -> None:
    aws = RecordedAws("stored", "duplicates")
    aws.log = []

    assert now_in(trace_one(aws, "small")) == [("table", True)]
    (message,) = trace(aws, "local-key-k1").messages
    assert now_in(message) == [("table", True)]


def test_more_messages_of_a_key_than_are_traced_are_noted() -> None:
    aws = RecordedAws("duplicates")
    line = next(line for line in aws.log if "message is rejected" in line["message"])
    fields = json.loads(line["message"])
    more = [fields | {"message_id": f"{n}-{fields['message_id']}"} for n in range(20)]
    aws.log += [line | {"message": json.dumps(one)} for one in more]

    found = trace(aws, "local-key-k1")

    assert found.notes == ("the log names 23 messages with this key; 10 of them are traced",)


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        ("dev-esm-19dd0b57-b21e-4ac1-bd88-01bbb068cb78", "this is a record of dev"),
        ("dev-key-orders 7", "add --env dev"),
        ("not an id", "expected the id of a message"),
    ],
)
def test_an_invalid_id_or_one_of_another_environment_is_refused(asked: str, problem: str) -> None:
    with pytest.raises(CommandError, match=problem):
        trace(RecordedAws("stored"), asked)
