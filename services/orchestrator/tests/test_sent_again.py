"""A message that is sent again has a new id, and its original one in an attribute."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from faults import raising, requests_to, spoil
from orchestrator.intake import parse_batch
from orchestrator.messages import OWN_ATTRIBUTE, messages_of
from pipeline import body, event_of

if TYPE_CHECKING:
    from pipeline import Pipeline

FIRST = "19dd0b57-b21e-4ac1-bd88-01bbb068cb78"
LONG = "m" * 101


def own(text: str, kind: str = "stringValue") -> dict[str, Any]:
    """Return the attributes of a message that has our attribute with this text."""
    return {OWN_ATTRIBUTE: {"dataType": "String", kind: text}}


OF_FIRST = own(json.dumps({"message_id": FIRST}))


def test_it_is_stored_under_its_first_id(pipeline: Pipeline) -> None:
    requests = requests_to(pipeline, "storer")

    run = pipeline.run(body(), attributes=OF_FIRST)

    assert run.failed == []
    assert set(pipeline.services.table) == {f"test-esm-{FIRST}"}
    assert [record["message_id"] for request in requests for record in request["records"]] == [FIRST]


def test_it_changes_nothing_if_its_first_sending_is_stored(pipeline: Pipeline) -> None:
    pipeline.services.table[f"test-esm-{FIRST}"] = body()

    run = pipeline.run(body(), attributes=OF_FIRST)

    assert run.failed == []
    assert len(pipeline.services.table) == 1


def test_both_of_its_ids_are_logged(pipeline: Pipeline, caplog: pytest.LogCaptureFixture) -> None:
    pipeline.run(body(), attributes=OF_FIRST)

    (received,) = (vars(record) for record in caplog.records if record.message == "batch is received")
    assert received["message_ids"] == ["m0"]
    assert received["first_message_ids"] == {"m0": FIRST}


def test_a_failure_names_the_delivery_that_failed(pipeline: Pipeline) -> None:
    spoil(pipeline, "storer", raising(RuntimeError))

    assert pipeline.run(body(), attributes=OF_FIRST).failed == ["m0"]


def test_a_key_in_the_body_decides() -> None:
    event = event_of(body(idempotency_key="k"), attributes=OF_FIRST)

    (record,) = parse_batch(messages_of(event), "test").records

    assert record.execution_id == "test-key-k"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '"text"',
        "{}",
        '{"message_id": 1}',
        '{"message_id": ""}',
        json.dumps({"message_id": LONG}),
        '{"message_id": "a b"}',
        '{"message_id": "a\\n"}',
        "[" * 100_000,
    ],
    ids=lambda text: text[:30],
)
def test_an_attribute_that_is_not_ours_identifies_nothing(text: str) -> None:
    (message,) = messages_of(event_of(body(), attributes=own(text)))

    assert message.first_message_id == "m0"


def test_a_binary_attribute_identifies_nothing() -> None:
    (message,) = messages_of(event_of(body(), attributes=own("e30=", "binaryValue")))

    assert message.first_message_id == "m0"


def test_an_unreadable_message_keeps_its_first_id() -> None:
    event = event_of("no JSON", attributes=own(json.dumps({"message_id": FIRST, "code": "not_json"})))

    (rejection,) = parse_batch(messages_of(event), "test").rejections

    assert rejection.execution_id == f"test-esm-{FIRST}"
