"""The decision about each message, without any AWS."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from aws_environment import INVALID, MISSING, body, digest
from pipeline_cli.intake import Intake
from pipeline_cli.messages.attributes import Attribute
from pipeline_cli.messages.failure import Failure
from pipeline_cli.messages.plan import Decision, Planned, plan
from pipeline_cli.messages.queued_message import Draft, QueuedMessage
from pipeline_cli.messages.stored import StoredData
from pipeline_cli.rules import Problem
from pipeline_contracts import execution_id, parse_body, parse_message
from pipeline_contracts.envelopes import Envelope

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
BUSY = Failure("store", "throttled", at=NOON)
CRASHED = Failure("transform", "invoke_failed", at=NOON, repeats=True)
MAX_BYTES = 1_048_576
INTAKE = Intake("test", Envelope.NONE)


def message(
    text: str, first_id: str = "1", failure: Failure = BUSY, attributes: Mapping[str, Attribute] | None = None
) -> QueuedMessage:
    try:
        parsed = parse_message(text)
    except ValueError:
        parsed = None
    return QueuedMessage(
        message_id=f"copy-of-{first_id}",
        first_message_id=first_id,
        execution_id=execution_id("test", first_id, parsed),
        draft=Draft(text, attributes or {}),
        trace_header="",
        group_id="",
        sent_at=NOON,
        receive_count=5,
        failure=failure,
    )


def decide(
    *messages: QueuedMessage,
    edits: Mapping[str, str] | None = None,
    stored: Mapping[str, str | None] | None = None,
    owner: str = "",
    **options: Any,
) -> list[Planned]:
    drafts = [
        (one, Draft((edits or {}).get(one.first_message_id, one.draft.body), one.draft.attributes)) for one in messages
    ]

    def look_up(ids: Sequence[str]) -> Mapping[str, StoredData]:
        return {name: StoredData(value, owner) for name, value in (stored or {}).items() if name in ids}

    return plan(drafts, messages, INTAKE, look_up, **{"released": lambda: NOON + HOUR} | options)


def decisions(*messages: QueuedMessage, **options: Any) -> list[Decision]:
    return [one.decision for one in decide(*messages, **options)]


def test_a_message_is_sent_with_its_first_id() -> None:
    (one,) = decide(message(body(), attributes={"tenant": Attribute("String", "acme")}))

    assert one.decision is Decision.SEND
    assert one.entry
    assert one.entry.to_send("0") == {
        "Id": "0",
        "MessageBody": body(),
        "MessageAttributes": {
            "tenant": {"DataType": "String", "StringValue": "acme"},
            "durable_pipeline": {"DataType": "String", "StringValue": '{"message_id": "1"}'},
        },
    }


@pytest.mark.parametrize("other", [json.dumps(dict(reversed(parse_body(body(0.0)).items())), default=float), body()])
def test_stored_data_is_only_dropped(other: str) -> None:
    assert decisions(message(body()), stored={"test-esm-1": digest(other)}) == [Decision.DROP]


@pytest.mark.parametrize("other", [digest(body(2)), None])
def test_other_data_under_its_identity_is_a_conflict(other: str | None) -> None:
    assert decisions(message(body()), stored={"test-esm-1": other}) == [Decision.CONFLICT]


def test_what_an_earlier_contract_stored_is_dropped_although_it_is_invalid_today() -> None:
    text = '{"of": "an earlier contract"}'

    assert decisions(message(text), stored={"test-esm-1": digest(text)}) == [Decision.DROP]
    assert decisions(message(text), stored={"test-esm-1": digest(INVALID)}) == [Decision.CONFLICT]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("not JSON", "is not JSON"),
        (INVALID, f"{MISSING}: "),
        (body(text="\uffff").replace("\\uffff", "\uffff"), "SQS does not accept the character U+FFFF"),
        ("[" * 100_000, "is nested more than 32 levels deep"),
    ],
)
def test_what_would_be_rejected_again_stays(text: str, reason: str) -> None:
    (one,) = decide(message(text))

    assert one.decision is Decision.INVALID
    assert reason in one.reason


def test_what_the_model_raises_is_no_end_of_the_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    def parse(text: str, _envelope: Envelope) -> Any:
        raise ZeroDivisionError(text)

    monkeypatch.setattr("pipeline_cli.intake.read_message", parse)

    (one,) = decide(message(body()))

    assert (one.decision, one.reason.partition(",")[0]) == (
        Decision.INVALID,
        "the model of the message or its envelope raised ZeroDivisionError in parse",
    )


def test_the_rules_are_asked_about_what_would_be_sent() -> None:
    asked: list[str] = []

    def rules(bodies: Sequence[str]) -> list[Problem | None]:
        asked.extend(bodies)
        return [Problem("validate", "blank_field", "columns", "must not be empty"), None]

    planned = decide(message(body(1), "1"), message("[]", "2"), message(body(3), "3"), rules=rules)

    assert asked == [body(1), body(3)]
    assert [(one.decision, one.reason) for one in planned] == [
        (Decision.INVALID, "columns: must not be empty"),
        (Decision.INVALID, "the body must be a JSON object, not an array"),
        (Decision.SEND, ""),
    ]


def test_a_message_that_the_rules_refuse_conflicts_with_no_other() -> None:
    older, newer = (message(body(number, idempotency_key="order-1"), str(number)) for number in (1, 2))

    def rules(bodies: Sequence[str]) -> list[Problem | None]:
        refusal = Problem("validate", "own_code", "", "no")
        return [refusal if text == body(1, idempotency_key="order-1") else None for text in bodies]

    assert decisions(older, newer, rules=rules) == [Decision.INVALID, Decision.SEND]


def large(**fields: Any) -> str:
    """Return a body that leaves no byte of a message free."""
    empty = body(text="", **fields)
    return body(text="x" * (MAX_BYTES - len(empty)), **fields)


def test_without_room_for_its_identity_a_message_stays() -> None:
    (one,) = decide(message(large()))

    assert one.decision is Decision.NO_ROOM
    size = 1_048_601 + len("durable_pipeline")
    assert f"{size:,} bytes with its attributes, durable_pipeline included" in one.reason


def test_a_key_needs_no_room() -> None:
    (one,) = decide(message(large(idempotency_key="order-1")))

    assert one.decision is Decision.SEND
    assert one.entry
    assert one.entry.attributes == {}
    assert one.entry.bytes == MAX_BYTES


def test_an_edited_body_that_is_too_large_stays_even_with_a_key() -> None:
    text = body(text="x" * MAX_BYTES, idempotency_key="order-1")

    (one,) = decide(message(body(idempotency_key="order-1")), edits={"1": text})

    assert one.decision is Decision.NO_ROOM
    assert one.edited


@pytest.mark.parametrize(("key", "decision"), [({}, Decision.NO_ROOM), ({"idempotency_key": "a"}, Decision.SEND)])
def test_ten_attributes_leave_no_room(key: dict[str, str], decision: Decision) -> None:
    ten = {f"a{number}": Attribute("Number", "1") for number in range(10)}

    assert decisions(message(body(**key), attributes=ten)) == [decision]


def test_what_fails_again_stays_until_a_function_is_published() -> None:
    crashed = message(body(), failure=CRASHED)

    assert decisions(crashed, released=lambda: NOON - HOUR) == [Decision.UNCHANGED]
    assert decisions(crashed, released=lambda: NOON + HOUR) == [Decision.SEND]
    assert decisions(crashed, released=None) == [Decision.SEND]
    assert decisions(crashed, released=lambda: NOON - HOUR, edits={"1": body(2)}) == [Decision.SEND]
    assert decisions(message(body()), released=lambda: NOON - HOUR) == [Decision.SEND]


def test_the_release_is_not_looked_up_for_failures_that_do_not_repeat() -> None:
    def released() -> datetime:
        raise AssertionError

    assert decisions(message(body()), released=released) == [Decision.SEND]


def test_two_messages_with_one_key_and_the_same_data_are_both_sent() -> None:
    text = body(idempotency_key="order-1")

    first, second = decide(message(text, "1"), message(text, "2"))

    assert (first.decision, second.decision) == (Decision.SEND, Decision.SEND)
    assert "duplicate" in second.reason


def test_two_messages_with_one_key_and_other_data_conflict() -> None:
    older, newer = (message(body(number, idempotency_key="order-1"), str(number)) for number in (1, 2))

    first, second = decide(older, newer)

    assert (first.decision, second.decision) == (Decision.SEND, Decision.CONFLICT)
    assert "older message of this plan" in second.reason


def test_a_message_that_stays_conflicts_with_no_other() -> None:
    older = message(body(1, idempotency_key="order-1"), "1", failure=CRASHED)
    newer = message(body(2, idempotency_key="order-1"), "2")

    assert decisions(older, newer, released=lambda: NOON - HOUR) == [Decision.UNCHANGED, Decision.SEND]


def test_another_key_ends_a_conflict() -> None:
    text, other = body(1, idempotency_key="order-1"), body(1, idempotency_key="order-2")

    (one,) = decide(message(text), edits={"1": other}, stored={"test-key-order-1": digest(body(2))})

    assert (one.decision, one.execution_id) == (Decision.SEND, "test-key-order-2")


def test_an_edited_message_that_was_stored_before_the_edit_is_a_conflict() -> None:
    edited = body(1, idempotency_key="order-1")

    (one,) = decide(message(body(1)), edits={"1": edited}, stored={"test-esm-1": digest(body(1))})

    assert one.decision is Decision.CONFLICT
    assert "before it was edited" in one.reason


KEYED = body(1, idempotency_key="order-1")


def test_the_body_of_another_message_that_was_pasted_over_one_loses_nothing() -> None:
    planned = decide(message(KEYED, "1"), message(body(2), "2"), edits={"2": KEYED})

    assert [one.decision for one in planned] == [Decision.SEND, Decision.CONFLICT]
    assert "of another message of this plan" in planned[1].reason


def test_the_body_of_a_stored_message_that_was_pasted_over_one_loses_nothing() -> None:
    stored = {"test-key-order-1": digest(KEYED)}

    (one,) = decide(message(body(2), "2"), edits={"2": KEYED}, stored=stored, owner="1")
    (again,) = decide(message(body(2), "2"), edits={"2": KEYED}, stored=stored, owner="2")

    assert (one.decision, again.decision) == (Decision.CONFLICT, Decision.DROP)
    assert "of another message" in one.reason


@pytest.mark.parametrize("planned", [[0, 1], [0], [1]])
def test_copies_of_a_message_do_not_become_two_records(planned: list[int]) -> None:
    copies = message(body(1)), replace(message(body(1)), message_id="another copy")
    texts = KEYED, body(1)

    decided = plan([(copies[i], Draft(texts[i], {})) for i in planned], copies, INTAKE, lambda _: {}, released=None)

    edited = 0 in planned
    assert {one.decision for one in decided} == {Decision.CONFLICT if edited else Decision.SEND}
    assert all("another copy of it in the queue" in one.reason for one in decided if edited)


def test_a_stored_copy_stays_as_long_as_another_would_become_another_record() -> None:
    stored, other = message(body(1)), replace(message(body(1)), message_id="another copy")

    decided = plan(
        [(stored, stored.draft), (other, Draft(KEYED, {}))],
        [stored, other],
        INTAKE,
        lambda _: {"test-esm-1": StoredData(digest(body(1)), "1")},
        released=None,
    )

    assert [one.decision for one in decided] == [Decision.CONFLICT, Decision.CONFLICT]
    assert "its data is stored, but another copy" in decided[0].reason


def test_copies_that_are_edited_alike_become_one_record() -> None:
    copies = message(body(1)), replace(message(body(1)), message_id="another copy")

    decided = plan([(one, Draft(KEYED, {})) for one in copies], copies, INTAKE, lambda _: {}, released=None)

    assert [one.decision for one in decided] == [Decision.SEND, Decision.SEND]
    assert {one.execution_id for one in decided} == {"test-key-order-1"}
    assert decided[0].reason == "its key was edited: it becomes another record"
    assert decided[1].reason.startswith("a duplicate")


def test_a_message_that_is_stored_without_the_key_of_an_envelope_declared_since_is_not_sent() -> None:
    both = f'{body()[:-1]}, "id": "e-1", "detail-type": "Placed", "source": "shop", "detail": {body()}}}'
    letter = message(both)

    (planned,) = plan(
        [(letter, letter.draft)],
        [letter],
        Intake("test", Envelope.EVENTBRIDGE),
        lambda _: {"test-esm-1": StoredData(digest(both))},
        released=None,
    )

    assert (planned.decision, planned.execution_id) == (Decision.CONFLICT, "test-key-e-1")
    assert planned.reason == "it is stored as test-esm-1, without the key that it has now"


def test_a_message_in_the_declared_envelope_is_sent_as_it_arrived_and_validated_without_it() -> None:
    event = f'{{"id": "e-1", "detail-type": "Placed", "source": "shop", "detail": {body()}}}'
    letter = replace(message(event), execution_id="test-key-e-1")
    asked: list[str] = []

    def rules(bodies: Sequence[str]) -> list[None]:
        asked.extend(bodies)
        return [None for _ in bodies]

    (sent,) = plan(
        [(letter, letter.draft)],
        [letter],
        Intake("test", Envelope.EVENTBRIDGE),
        lambda _: {},
        released=None,
        rules=rules,
    )
    (stored,) = plan(
        [(letter, letter.draft)],
        [letter],
        Intake("test", Envelope.EVENTBRIDGE),
        lambda _: {"test-key-e-1": StoredData(digest(body()))},
        released=None,
    )

    assert sent.decision is Decision.SEND
    assert sent.entry
    assert sent.entry.body == event
    assert [json.loads(text).keys() >= json.loads(body()).keys() for text in asked] == [True]
    assert stored.decision is Decision.DROP
