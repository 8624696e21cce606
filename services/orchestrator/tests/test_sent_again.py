"""A message that is sent again has a new id, and its original one in an attribute."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from orchestrator.intake import parse_batch
from orchestrator.messages import OWN_ATTRIBUTE, messages_of
from pipeline import body, event_of

if TYPE_CHECKING:
    from pipeline import Pipeline

FIRST = "19dd0b57-b21e-4ac1-bd88-01bbb068cb78"
LONG = "m" * 101


def sent_again(text: str, own: str, kind: str = "stringValue") -> dict[str, Any]:
    event = event_of(text)
    event["Records"][0]["messageAttributes"] = {OWN_ATTRIBUTE: {"dataType": "String", kind: own}}
    return event


def run(pipeline: Pipeline, event: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setattr("pipeline.event_of", lambda *_, **__: event)
    return pipeline.run("").failed


def test_it_is_stored_under_its_first_id(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    storer = pipeline.services.storer

    def store(event: dict[str, Any], context: Any) -> Any:
        seen.extend(record["message_id"] for record in event["records"])
        return storer(event, context)

    pipeline.serve("storer", store)

    failed = run(pipeline, sent_again(body(), json.dumps({"message_id": FIRST})), monkeypatch)

    assert failed == []
    assert set(pipeline.services.table) == {f"test-esm-{FIRST}"}
    assert seen == [FIRST]


def test_it_changes_nothing_if_its_first_sending_is_stored(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline.services.table[f"test-esm-{FIRST}"] = body()

    failed = run(pipeline, sent_again(body(), json.dumps({"message_id": FIRST})), monkeypatch)

    assert failed == []
    assert len(pipeline.services.table) == 1


def test_both_of_its_ids_are_logged(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    run(pipeline, sent_again(body(), json.dumps({"message_id": FIRST})), monkeypatch)

    (received,) = (vars(record) for record in caplog.records if record.message == "batch is received")
    assert received["message_ids"] == ["m0"]
    assert received["first_message_ids"] == {"m0": FIRST}


def test_a_failure_names_the_delivery_that_failed(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(*_: object) -> None:
        raise RuntimeError("down")

    pipeline.serve("storer", down)

    assert run(pipeline, sent_again(body(), json.dumps({"message_id": FIRST})), monkeypatch) == ["m0"]


def test_a_key_in_the_body_decides() -> None:
    event = sent_again(body(idempotency_key="k"), json.dumps({"message_id": FIRST}))

    (record,) = parse_batch(messages_of(event), "test").records

    assert record.execution_id == "test-key-k"


@pytest.mark.parametrize(
    "own",
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
    ids=lambda own: own[:30],
)
def test_an_attribute_that_is_not_ours_identifies_nothing(own: str) -> None:
    (message,) = messages_of(sent_again(body(), own))

    assert message.first_message_id == "m0"


def test_a_binary_attribute_identifies_nothing() -> None:
    (message,) = messages_of(sent_again(body(), "e30=", "binaryValue"))

    assert message.first_message_id == "m0"


def test_an_unreadable_message_keeps_its_first_id() -> None:
    event = sent_again("no JSON", json.dumps({"message_id": FIRST, "code": "not_json"}))

    (rejection,) = parse_batch(messages_of(event), "test").rejections

    assert rejection.execution_id == f"test-esm-{FIRST}"
