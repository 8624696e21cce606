"""Each outcome, observed from outside: through the queue, in the table and in the other two queues."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from pipeline_cli.rejected_message import told_of
from pipeline_contracts import parse_message
from pipeline_testing.bodies import body, body_with
from pipeline_testing.repository_copy import REPOSITORY

if TYPE_CHECKING:
    from pipeline_e2e.stack import Stack

RESERVED = "; this key is reserved for an object of strings that describes the message"
SAMPLES = REPOSITORY / "tools/demo/samples/messages.jsonl"


def test_a_message_becomes_an_item(stack: Stack) -> None:
    (message_id,) = stack.send(body())

    item = stack.wait_for_item(f"e2e-esm-{message_id}")
    transformed = item["transformed_data"]
    attributes = parse_message(body()).item_attributes
    own = {"execution_id", "message_id", "original_data", "transformed_data", "stored_at", "data_digest"}
    assert item.keys() - {"contributions"} == own | {"original_text"} | attributes.keys()
    assert item["message_id"] == message_id
    assert item["original_data"] == json.loads(body())
    assert {name: item[name] for name in attributes} == attributes
    assert transformed.keys() >= {"processed_at", "execution_id", "transformation_applied"}
    assert transformed["execution_id"] == item["execution_id"]


def test_good_values_come_back_as_they_were_sent(stack: Stack) -> None:
    numbers = [0.1, -1.5e-7, 12345678901234567890123456789012345678]
    values: list[Any] = [
        *numbers,
        "üñí 😀 \u0000",
        "",
        [],
        {},
        None,
        True,
        [None, {"deep": [{"deeper": [1, 2.5, ""]}]}],
    ]

    sent = stack.send(*(body(value=value) for value in values))

    items = [stack.wait_for_item(f"e2e-esm-{message_id}") for message_id in sent]
    assert [item["original_data"]["value"] for item in items] == values


@pytest.mark.parametrize("metadata", [{"tenant": "acme", "trace": "c80e8021"}, {str(n): "x" for n in range(50)}])
def test_metadata_is_stored_beside_the_data(stack: Stack, metadata: dict[str, str]) -> None:
    with_metadata, without = stack.send(body(metadata=metadata), body())

    item = stack.wait_for_item(f"e2e-esm-{with_metadata}")
    assert item["metadata"] == item["original_data"]["metadata"] == metadata
    assert "metadata" not in stack.wait_for_item(f"e2e-esm-{without}")


def test_an_item_has_the_text_and_the_attributes_of_its_message(stack: Stack) -> None:
    text = body_with('"price": 1.30')

    (message_id,) = stack.send(text, attributes={"tenant": {"DataType": "String", "StringValue": "acme"}})

    item = stack.wait_for_item(f"e2e-esm-{message_id}")
    assert item["original_text"] == text
    assert item["attributes"] == {"tenant": "acme"}


@pytest.mark.parametrize(
    ("metadata", "reason"),
    [
        (["acme"], f"metadata: Input should be an object{RESERVED}"),
        ({"tenant": 7}, f'metadata.*: metadata."tenant": Input should be a valid string{RESERVED}'),
        (
            {str(n): "x" for n in range(51)},
            f"metadata: Dictionary should have at most 50 items after validation, not more{RESERVED}",
        ),
    ],
)
def test_bad_metadata_is_rejected_with_the_field_and_the_reason(stack: Stack, metadata: Any, reason: str) -> None:
    stack.send(body(metadata=metadata))

    (message,) = stack.wait_for_rejected(1)
    assert told_of(message)["stage"] == "intake"
    assert told_of(message)["reason"] == reason


def test_every_sample_ends_in_exactly_one_outcome(stack: Stack) -> None:
    lines = SAMPLES.read_text(encoding="utf-8").splitlines()
    before = set(stack.items().values())
    sent = set(stack.send(*lines))

    stack.wait_until_drained()

    stored = set(stack.items().values()) - before
    rejected = {told_of(m)["message_id"] for m in stack.wait_for_rejected(len(sent - stored))}
    assert stored | rejected == sent
    assert not stored & rejected
    assert stored
    assert rejected


def test_a_rejected_message_is_kept_as_it_arrived_with_the_reason(stack: Stack) -> None:
    text = ' {"idempotency_key":\t5 ,' + body()[1:]
    own = {
        "tenant": {"DataType": "String", "StringValue": "acme"},
        "seal": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
    }

    (message_id,) = stack.send(text, attributes=own)

    (message,) = stack.wait_for_rejected(1)
    assert message["Body"] == text
    said = told_of(message)
    assert said.pop("execution_arn")
    assert said == {
        "execution_id": f"e2e-esm-{message_id}",
        "message_id": message_id,
        "stage": "intake",
        "code": "wrong_type",
        "field": "idempotency_key",
        "reason": "idempotency_key: Input should be a valid string",
    }
    assert message["MessageAttributes"]["tenant"]["StringValue"] == "acme"
    assert message["MessageAttributes"]["seal"]["BinaryValue"] == b"\x00\xff"


def test_an_item_past_the_tables_limit_is_rejected_and_its_neighbours_are_stored(stack: Stack) -> None:
    _, neighbour = stack.send(body(text="x" * 450_000), body())

    (message,) = stack.wait_for_rejected(1)
    attributes = told_of(message)
    assert (attributes["stage"], attributes["code"]) == ("store", "not_storable")
    stack.wait_for_item(f"e2e-esm-{neighbour}")


def test_one_key_sent_twice_is_stored_once(stack: Stack) -> None:
    first, second = stack.send(*[body(idempotency_key="twice", n=1.5)] * 2)

    stack.wait_until_drained()
    (later,) = stack.send(body(idempotency_key="twice", n=1.5))
    stack.wait_until_drained()

    item = stack.wait_for_item("e2e-key-twice")
    assert item["message_id"] in {first, second}
    assert not {first, second, later} & {key.removeprefix("e2e-esm-") for key in stack.items()}


def test_other_data_under_a_stored_key_is_rejected(stack: Stack) -> None:
    stack.send(body(idempotency_key="conflict", n=1))
    stack.wait_for_item("e2e-key-conflict")

    stack.send(body(idempotency_key="conflict", n=2))

    (message,) = stack.wait_for_rejected(1)
    assert told_of(message)["code"] == "idempotency_conflict"
    assert stack.wait_for_item("e2e-key-conflict")["original_data"]["n"] == 1


def test_a_message_that_keeps_failing_ends_in_the_dead_letter_queue(stack: Stack) -> None:
    text = body(n=7)
    with stack.without_table():
        (message_id,) = stack.send(text)
        (message,) = stack.wait_for_dead_letters(1)

    assert message["Body"] == text
    assert message["MessageId"] == message_id
    assert int(message["Attributes"]["ApproximateReceiveCount"]) >= 2
    assert stack.in_queue() == 0
    assert stack.item(f"e2e-esm-{message_id}") is None


def test_redriven_dead_letters_start_over_and_change_no_stored_item(stack: Stack) -> None:
    """Ten dead letters, five with a key, two of which were stored meanwhile: moved as the SQS console does."""
    keyed = [body(idempotency_key=f"moved-{n}", n=n) for n in range(5)]
    plain = [body(moved=n) for n in range(5)]
    with stack.without_table():
        stack.send(*keyed, *plain)
        dead = stack.wait_for_dead_letters(10)
    stack.send(*keyed[:2])
    stored_before = {n: stack.wait_for_item(f"e2e-key-moved-{n}") for n in range(2)}

    moved = stack.move_back(dead)
    stack.wait_until_drained()

    assert sorted(message["Body"] for message in dead) == sorted([*keyed, *plain])
    assert {n: stack.item(f"e2e-key-moved-{n}") for n in range(2)} == stored_before
    items = [stack.wait_for_item(f"e2e-key-moved-{n}") for n in range(5)]
    items += [stack.wait_for_item(f"e2e-esm-{moved[text]}") for text in plain]
    assert [item["original_data"] for item in items] == [json.loads(text) for text in [*keyed, *plain]]
    assert not stack.outcomes().dead


def test_a_message_that_was_moved_back_has_all_its_deliveries_again(stack: Stack) -> None:
    with stack.without_table():
        stack.send(body(n="twice"))
        first = stack.wait_for_dead_letters(1)
        moved = stack.move_back(first)
        (second,) = stack.wait_for_dead_letters(1)

    assert second["MessageId"] == moved[body(n="twice")]
    assert stack.failures_of(second["MessageId"]) == 2
