"""An audit that cannot fail proves nothing: each way to break the promise is found."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from chaos.audit import Findings, Outcome, SecondOutcome, Sent, audit
from chaos.evidence import Evidence, QueueMessage
from chaos.items import parsed
from chaos.messages import Kind, PlannedMessage
from chaos.poison import POISON as POISON_FIELD
from pipeline_contracts import parse_message
from pipeline_testing.bodies import body

RECEIVES = 3
ATTRIBUTE = next(iter(parse_message(body()).item_attributes), "data_digest")


def sent(number: int, kind: Kind, text: str, **further: Any) -> Sent:
    return Sent(PlannedMessage(number, kind, "test", text, **further), f"m{number}")


VALID = sent(1, Kind.VALID, body(n=1.5))
INVALID = sent(2, Kind.INVALID, "[]", rejection=("intake", "not_an_object"))
POISON = sent(3, Kind.POISON, body(**{POISON_FIELD: "exit"}))
DUPLICATES = [
    sent(number, Kind.DUPLICATE, body(idempotency_key="k", n=1, metadata={"number": str(number)}), key="k")
    for number in (4, 5)
]
CONFLICTS = [sent(number, Kind.CONFLICT, body(idempotency_key="r", n=number), key="r") for number in (6, 7)]
# One with the key of these that a rule rejects.
BEFORE = sent(8, Kind.INVALID, body(idempotency_key="r", n=8), key="r", rejection=("validate", "missing_field"))
ALL = [VALID, INVALID, POISON, *DUPLICATES, BEFORE, *CONFLICTS]


def item(message: Sent) -> dict[str, Any]:
    data = parsed(message.planned.body)
    identity = message.identity("test")
    metadata = {"metadata": data["metadata"]} if "metadata" in data else {}
    return {
        **metadata,
        "execution_id": identity,
        "message_id": message.message_id,
        "original_data": data,
        "transformed_data": {
            "processed_at": "now",
            "execution_id": identity,
            "transformation_applied": "standard",
        },
        "stored_at": "now",
        "data_digest": "1:digest",
        **parse_message(message.planned.body).item_attributes,
    }


def rejected(message: Sent, code: str, stage: str = "intake", **changes: str) -> QueueMessage:
    said = {"message_id": message.message_id, "execution_id": message.identity("test")}
    said |= {"stage": stage, "code": code, "reason": "why"}
    return QueueMessage("id-in-the-invalid-message-queue", message.planned.body, 1, said | changes)


def dead(message: Sent, receive_count: int = RECEIVES) -> QueueMessage:
    return QueueMessage(message.message_id, message.planned.body, receive_count, {})


def without(*messages: Sent) -> list[QueueMessage]:
    lost = {message.message_id for message in messages}
    return [found for found in evidence().rejected if found.said["message_id"] not in lost]


def evidence() -> Evidence:
    return Evidence(
        items=[item(VALID), item(DUPLICATES[0]), item(CONFLICTS[0])],
        rejected=[
            rejected(INVALID, "not_an_object"),
            rejected(CONFLICTS[1], "idempotency_conflict", "store"),
            rejected(BEFORE, "missing_field", "validate"),
        ],
        dead=[dead(POISON)],
        in_queue=0,
    )


def audited(found: Evidence, *, faults: int = 9) -> Findings:
    return audit(ALL, found, environment="test", max_receive_count=RECEIVES, faults=faults)


def only_violation(found: Evidence, *, faults: int = 9) -> str:
    (violation,) = audited(found, faults=faults).violations
    return violation


def test_a_run_in_which_all_is_well_has_no_violation() -> None:
    findings = audited(evidence())

    assert findings.violations == []
    assert findings.dead_by_faults == []
    assert findings.rejected_for_conflict == []
    assert not findings.second_outcomes
    assert findings.totals == {Outcome.STORED: 4, Outcome.REJECTED: 3, Outcome.DEAD: 1}


@pytest.mark.parametrize("lost", [VALID, *DUPLICATES[:1], *CONFLICTS[:1]], ids=str)
def test_a_lost_item_is_found(lost: Sent) -> None:
    found = evidence()
    items = [stored for stored in found.items if stored["message_id"] != lost.message_id]

    findings = audited(replace(found, items=items))

    assert findings.totals[Outcome.LOST] == (2 if lost in DUPLICATES else 1)
    assert any(str(lost) in violation and "is lost" in violation for violation in findings.violations)


def test_a_lost_rejection_is_found() -> None:
    assert "is lost" in only_violation(replace(evidence(), rejected=evidence().rejected[1:]))


def test_a_conflict_that_is_silently_swallowed_is_found() -> None:
    violation = only_violation(replace(evidence(), rejected=without(CONFLICTS[1])))

    assert str(CONFLICTS[1]) in violation
    assert "is lost" in violation


def test_a_lost_dead_letter_is_found() -> None:
    assert "is lost" in only_violation(replace(evidence(), dead=[]))


def test_a_message_that_is_still_in_the_queue_is_found() -> None:
    assert only_violation(replace(evidence(), in_queue=1)) == "1 messages are still in the queue"


def test_a_message_that_is_stored_under_two_keys_is_found() -> None:
    twin = item(VALID) | {"execution_id": "test-esm-other"}

    violations = audited(replace(evidence(), items=[*evidence().items, twin])).violations

    assert any("stored twice" in violation for violation in violations)


def test_a_message_that_is_stored_and_rejected_is_found() -> None:
    found = evidence()
    both = [*found.rejected, rejected(CONFLICTS[0], "idempotency_conflict", "store")]

    assert "is stored and rejected" in only_violation(replace(found, rejected=both))


def test_two_conflicts_that_are_both_rejected_are_found() -> None:
    """Each is accounted for, but one of them must be stored: the conflict is with nothing."""
    found = evidence()
    items = [stored for stored in found.items if stored["execution_id"] != "test-key-r"]
    both = [*found.rejected, rejected(CONFLICTS[0], "idempotency_conflict", "store")]

    violations = audited(replace(found, items=items, rejected=both)).violations

    assert len(violations) == 2
    assert all("conflict with nothing" in violation for violation in violations)


def test_a_rejection_of_the_wrong_kind_among_conflicts_is_found() -> None:
    for wrong in (rejected(CONFLICTS[1], "missing_field", "validate"), rejected(CONFLICTS[1], "not_storable", "store")):
        violations = audited(replace(evidence(), rejected=[*without(CONFLICTS[1]), wrong])).violations
        assert any("not 'idempotency_conflict'" in violation for violation in violations)
    wrong = rejected(BEFORE, "blank_field", "validate")
    assert "not 'missing_field'" in only_violation(replace(evidence(), rejected=[*without(BEFORE), wrong]))


def test_an_invalid_message_among_conflicts_that_is_swallowed_or_stored_is_found() -> None:
    assert "is lost" in only_violation(replace(evidence(), rejected=without(BEFORE)))

    items = [*evidence().items[:2], item(BEFORE)]
    violations = audited(replace(evidence(), items=items, rejected=without(BEFORE))).violations

    assert any(str(BEFORE) in violation and "must not be stored" in violation for violation in violations)
    assert any(str(CONFLICTS[0]) in violation and "is lost" in violation for violation in violations)


def test_an_invalid_message_may_be_rejected_for_a_conflict_only_with_what_is_stored() -> None:
    found = [*without(BEFORE), rejected(BEFORE, "idempotency_conflict", "store")]

    findings = audited(replace(evidence(), rejected=found))

    assert findings.violations == []
    assert findings.rejected_for_conflict == [str(BEFORE)]
    dead_instead = [*evidence().dead, *map(dead, CONFLICTS)]
    kept = [queued for queued in found if queued.said["message_id"] != CONFLICTS[1].message_id]
    nothing_stored = replace(evidence(), items=evidence().items[:2], rejected=kept, dead=dead_instead)
    assert "conflict with nothing" in only_violation(nothing_stored)


def test_conflicts_of_which_none_is_stored_are_explained_by_faults_alone() -> None:
    found = evidence()
    dead_instead = replace(
        found, items=found.items[:2], rejected=without(CONFLICTS[1]), dead=[*found.dead, *map(dead, CONFLICTS)]
    )

    assert audited(dead_instead).violations == []
    assert len(audited(dead_instead, faults=0).violations) == len(CONFLICTS)


def test_one_of_many_conflicts_that_is_swallowed_is_found() -> None:
    many = [sent(number, Kind.CONFLICT, body(idempotency_key="m", n=number), key="m") for number in range(100, 160)]
    found = Evidence(
        [item(many[7])],
        [rejected(other, "idempotency_conflict", "store") for other in many if other is not many[7]],
        dead=[],
        in_queue=0,
    )

    def violations(found: Evidence) -> list[str]:
        return audit(many, found, environment="test", max_receive_count=RECEIVES, faults=9).violations

    assert violations(found) == []
    (violation,) = violations(replace(found, rejected=found.rejected[1:]))
    assert str(many[0]) in violation
    assert "is lost" in violation


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("original_data", "n"), Decimal("1.5000000000000001")),
        (("original_data", "n"), "1.5"),
        (("original_data", "n"), True),
        (("original_data", "more"), None),
        (("transformed_data", "execution_id"), "test-esm-m9"),
        ((ATTRIBUTE,), "another"),
        (("further",), 1),
    ],
)
def test_an_altered_item_is_found(path: tuple[str, ...], value: Any) -> None:
    altered = item(VALID)
    place = altered
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value

    violations = audited(replace(evidence(), items=[altered, *evidence().items[1:]])).violations

    assert violations
    assert all(str(VALID) in violation for violation in violations)


@pytest.mark.parametrize("field", ["metadata", "original_data"])
def test_an_item_with_the_metadata_of_another_duplicate_is_found(field: str) -> None:
    first, other = map(item, DUPLICATES)

    violation = only_violation(
        replace(evidence(), items=[item(VALID), first | {field: other[field]}, item(CONFLICTS[0])])
    )

    assert str(DUPLICATES[0]) in violation


def test_an_item_without_the_metadata_that_was_sent_is_found() -> None:
    without = {name: value for name, value in item(DUPLICATES[0]).items() if name != "metadata"}

    assert "has the fields" in only_violation(replace(evidence(), items=[item(VALID), without, item(CONFLICTS[0])]))


def test_an_item_without_a_field_is_found() -> None:
    altered = item(VALID)
    del altered["stored_at"]

    assert "has the fields" in only_violation(replace(evidence(), items=[altered, *evidence().items[1:]]))


def test_an_item_that_nobody_sent_is_found() -> None:
    stray = item(VALID) | {"execution_id": "test-esm-m99", "message_id": "m99"}

    violation = only_violation(replace(evidence(), items=[*evidence().items, stray]))

    assert violation == "item test-esm-m99 of message 'm99' belongs to no message that was sent"


def test_strays_in_the_queues_are_found() -> None:
    stray = sent(99, Kind.VALID, body())
    found = evidence()

    assert "nobody sent" in only_violation(replace(found, dead=[*found.dead, dead(stray)]))
    assert "nobody sent" in only_violation(replace(found, rejected=[*found.rejected, rejected(stray, "not_json")]))


@pytest.mark.parametrize(
    "wrong",
    [
        replace(rejected(INVALID, "not_an_object"), body="[] "),
        rejected(INVALID, "not_json"),
        rejected(INVALID, "not_an_object", "validate"),
        rejected(INVALID, "not_an_object", execution_id="test-esm-m1"),
        rejected(INVALID, "not_an_object", reason=""),
    ],
)
def test_a_wrong_rejection_is_found(wrong: QueueMessage) -> None:
    assert str(INVALID) in only_violation(replace(evidence(), rejected=[wrong, *evidence().rejected[1:]]))


def test_a_good_message_that_was_rejected_is_found() -> None:
    found = evidence()

    violations = audited(
        replace(found, items=found.items[1:], rejected=[*found.rejected, rejected(VALID, "not_json")])
    ).violations

    assert any("must not be rejected" in violation for violation in violations)


def test_poison_that_was_stored_is_found() -> None:
    found = evidence()

    assert "must not be stored" in only_violation(replace(found, items=[*found.items, item(POISON)]))


def test_a_dead_letter_that_was_altered_or_given_up_too_early_is_found() -> None:
    assert "another body" in only_violation(replace(evidence(), dead=[replace(dead(POISON), body="{}")]))
    assert "after 2 deliveries" in only_violation(replace(evidence(), dead=[dead(POISON, 2)]))
    assert "2 times" in only_violation(replace(evidence(), dead=[dead(POISON), dead(POISON)]))


def test_a_dead_letter_that_is_no_poison_is_explained_by_faults_or_a_violation() -> None:
    found = evidence()
    killed = replace(found, items=found.items[1:], dead=[*found.dead, dead(VALID)])

    findings = audited(killed)

    assert findings.violations == []
    assert findings.dead_by_faults == [f"{VALID}, received {RECEIVES} times"]
    assert "faults cannot explain it" in only_violation(killed, faults=RECEIVES - 1)


def test_second_outcomes_that_the_design_allows_are_counted_one_by_one() -> None:
    found = evidence()

    findings = audited(
        replace(
            found,
            rejected=[*found.rejected, found.rejected[0]],
            dead=[*found.dead, dead(VALID), dead(INVALID), dead(DUPLICATES[1])],
        )
    )

    assert findings.violations == []
    assert findings.dead_by_faults == []
    assert {kind: len(messages) for kind, messages in findings.second_outcomes.items()} == {
        SecondOutcome.REJECTED_AGAIN: 1,
        SecondOutcome.DEAD_AND_STORED: 2,
        SecondOutcome.DEAD_AND_REJECTED: 1,
    }
    assert findings.totals.total() == len(ALL)
