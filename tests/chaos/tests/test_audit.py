"""An audit that cannot fail proves nothing: each way to break the promise is detected."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from chaos.audit import Audit, Findings, Outcome, SecondOutcome, Sent
from chaos.evidence import Evidence, QueueMessage
from chaos.items import CONTRIBUTING
from chaos.messages import Kind, PlannedMessage
from chaos.poison import POISON as POISON_FIELD
from pipeline_contracts import parse_message
from pipeline_demo.data import data_of
from pipeline_testing.bodies import body

RECEIVES = 3
ATTRIBUTE = next(iter(parse_message(body()).item_attributes), "data_digest")


def sent(number: int, kind: Kind, text: str, **further: Any) -> Sent:
    return Sent(PlannedMessage(kind, "test", text, number=number, **further), f"m{number}")


VALID = sent(1, Kind.VALID, body(n=1.5))
INVALID = sent(2, Kind.INVALID, "[]", rejection=("intake", "not_an_object"))
POISON = sent(3, Kind.POISON, body(**{POISON_FIELD: "exit"}))
DUPLICATES = [
    sent(number, Kind.DUPLICATE, body(idempotency_key="k", n=1, metadata={"number": str(number)}), key="k")
    for number in (4, 5)
]
CONFLICTS = [sent(number, Kind.CONFLICT, body(idempotency_key="r", n=number), key="r") for number in (6, 7)]
# An invalid message with the key of these, which a rule rejects.
BEFORE = sent(8, Kind.INVALID, body(idempotency_key="r", n=8), key="r", rejection=("validate", "missing_field"))
ALL = [VALID, INVALID, POISON, *DUPLICATES, BEFORE, *CONFLICTS]
STRAY = sent(99, Kind.VALID, body())


def item(message: Sent, **changes: Any) -> dict[str, Any]:
    data = data_of(message.planned.body)
    identity = message.identity("test")
    metadata = {"metadata": data["metadata"]} if "metadata" in data else {}
    return {
        **metadata,
        "execution_id": identity,
        "message_id": message.message_id,
        "original_data": data,
        "transformed_data": {"processed_at": "now", "execution_id": identity, "transformation_applied": "standard"},
        "stored_at": "now",
        "data_digest": "1:digest",
        **parse_message(message.planned.body).item_attributes,
        **({"contributions": {name: {} for name in CONTRIBUTING}} if CONTRIBUTING else {}),
        **changes,
    }


def item_without(message: Sent, field: str) -> dict[str, Any]:
    return {name: value for name, value in item(message).items() if name != field}


def rejected(message: Sent, code: str, stage: str = "intake", **changes: str) -> QueueMessage:
    said = {"message_id": message.message_id, "execution_id": message.identity("test")}
    said |= {"stage": stage, "code": code, "reason": "why"}
    return QueueMessage("id-in-the-invalid-message-queue", message.planned.body, 1, said | changes)


def conflict(message: Sent) -> QueueMessage:
    return rejected(message, "idempotency_conflict", "store")


def dead(message: Sent, receive_count: int = RECEIVES) -> QueueMessage:
    return QueueMessage(message.message_id, message.planned.body, receive_count, {})


ITEMS = [item(VALID), item(DUPLICATES[0]), item(CONFLICTS[0])]
REJECTED = [rejected(INVALID, "not_an_object"), conflict(CONFLICTS[1]), rejected(BEFORE, "missing_field", "validate")]
DEAD = [dead(POISON)]


def evidence(
    items: list[dict[str, Any]] = ITEMS,
    rejected: list[QueueMessage] = REJECTED,
    dead: list[QueueMessage] = DEAD,
    in_queue: int = 0,
) -> Evidence:
    """Return evidence that is all right except for the arguments."""
    return Evidence(items, rejected, dead, in_queue)


def audited(found: Evidence, *, faults: int = 9) -> Findings:
    return Audit(ALL, found, environment="test", max_receive_count=RECEIVES, faults=faults).run()


def test_a_run_in_which_all_is_well_has_no_violation() -> None:
    findings = audited(evidence())

    assert findings.violations == []
    assert findings.dead_by_faults == []
    assert findings.rejected_for_conflict == []
    assert not findings.second_outcomes
    assert findings.totals == {Outcome.STORED: 4, Outcome.REJECTED: 3, Outcome.DEAD: 1}


@pytest.mark.parametrize("lost", [VALID, *DUPLICATES[:1], *CONFLICTS[:1]], ids=str)
def test_a_lost_item_is_found(lost: Sent) -> None:
    findings = audited(evidence([stored for stored in ITEMS if stored["message_id"] != lost.message_id]))

    assert findings.totals[Outcome.LOST] == (2 if lost in DUPLICATES else 1)
    assert any(str(lost) in violation and "is lost" in violation for violation in findings.violations)


WITHOUT_BEFORE = REJECTED[:2]
WITHOUT_CONFLICT = [REJECTED[0], REJECTED[2]]
THE_ONE = {
    "a lost rejection": (evidence(rejected=REJECTED[1:]), INVALID, "is lost"),
    "a conflict that is swallowed": (evidence(rejected=WITHOUT_CONFLICT), CONFLICTS[1], "is lost"),
    "an invalid message among conflicts that is swallowed": (evidence(rejected=WITHOUT_BEFORE), BEFORE, "is lost"),
    "a lost dead letter": (evidence(dead=[]), POISON, "is lost"),
    "a message in the queue": (evidence(in_queue=1), "", "1 messages are still in the queue"),
    "two outcomes": (evidence(rejected=[*REJECTED, conflict(CONFLICTS[0])]), CONFLICTS[0], "is stored and rejected"),
    "the metadata of another duplicate": (
        evidence([ITEMS[0], item(DUPLICATES[0], metadata=item(DUPLICATES[1])["metadata"]), ITEMS[2]]),
        DUPLICATES[0],
        "has metadata",
    ),
    "the data of another duplicate": (
        evidence([ITEMS[0], item(DUPLICATES[0], original_data=item(DUPLICATES[1])["original_data"]), ITEMS[2]]),
        DUPLICATES[0],
        "has other data",
    ),
    "no metadata": (
        evidence([ITEMS[0], item_without(DUPLICATES[0], "metadata"), ITEMS[2]]),
        DUPLICATES[0],
        "has the fields",
    ),
    "a contribution of no stage": (
        evidence([item(VALID, contributions={"nobody": {}}), *ITEMS[1:]]),
        VALID,
        "has the contributions ['nobody']",
    ),
    "no field": (evidence([item_without(VALID, "stored_at"), *ITEMS[1:]]), VALID, "has the fields"),
    "a stray item": (
        evidence([*ITEMS, item(STRAY)]),
        "item test-esm-m99 of message 'm99'",
        "belongs to no message that was sent",
    ),
    "a stray dead letter": (evidence(dead=[*DEAD, dead(STRAY)]), "'m99'", "nobody sent"),
    "a stray rejection": (evidence(rejected=[*REJECTED, rejected(STRAY, "not_json")]), "'m99'", "nobody sent"),
    "a rejected body that was altered": (
        evidence(rejected=[replace(REJECTED[0], body="[] "), *REJECTED[1:]]),
        INVALID,
        "another body",
    ),
    **{
        f"a rejection with another {name}": (evidence(rejected=[wrong, *REJECTED[1:]]), INVALID, words)
        for name, wrong, words in (
            ("code", rejected(INVALID, "not_json"), "not 'not_an_object'"),
            ("stage", rejected(INVALID, "not_an_object", "validate"), "not 'intake'"),
            ("record", rejected(INVALID, "not_an_object", execution_id="test-esm-m1"), "not 'test-esm-m2'"),
            ("reason, which is none", rejected(INVALID, "not_an_object", reason=""), "without a reason"),
        )
    },
    "a wrong code of an invalid message among conflicts": (
        evidence(rejected=[*WITHOUT_BEFORE, rejected(BEFORE, "blank_field", "validate")]),
        BEFORE,
        "not 'missing_field'",
    ),
    "a wrong code of a conflict": (
        evidence(rejected=[*WITHOUT_CONFLICT, rejected(CONFLICTS[1], "not_storable", "store")]),
        CONFLICTS[1],
        "not 'idempotency_conflict'",
    ),
    "stored poison": (evidence([*ITEMS, item(POISON)]), POISON, "must not be stored"),
    "a dead letter that was altered": (evidence(dead=[replace(DEAD[0], body="{}")]), POISON, "another body"),
    "a dead letter too early": (evidence(dead=[dead(POISON, 2)]), POISON, "after 2 deliveries"),
    "a dead letter twice": (evidence(dead=DEAD * 2), POISON, "2 times"),
    # A message rejected for a conflict has the key of an item.
    "a conflict of an invalid message with nothing": (
        evidence(ITEMS[:2], [REJECTED[0], conflict(BEFORE)], [*DEAD, *map(dead, CONFLICTS)]),
        BEFORE,
        "conflict with nothing",
    ),
}


@pytest.mark.parametrize("broken", THE_ONE)
def test_this_is_the_one_violation_that_is_found(broken: str) -> None:
    found, about, words = THE_ONE[broken]

    (violation,) = audited(found).violations

    assert str(about) in violation
    assert words in violation


AMONG_OTHERS = {
    "stored under two keys": (evidence([*ITEMS, item(VALID, execution_id="test-esm-other")]), "m1", "is stored twice"),
    "a conflict with a rule's code": (
        evidence(rejected=[*WITHOUT_CONFLICT, rejected(CONFLICTS[1], "missing_field", "validate")]),
        CONFLICTS[1],
        "not 'idempotency_conflict'",
    ),
    "an invalid message among conflicts that is stored": (
        evidence([*ITEMS[:2], item(BEFORE)], WITHOUT_BEFORE),
        BEFORE,
        "must not be stored",
    ),
    "a conflict whose place an invalid message has": (
        evidence([*ITEMS[:2], item(BEFORE)], WITHOUT_BEFORE),
        CONFLICTS[0],
        "is lost",
    ),
    "a good message that was rejected": (
        evidence(ITEMS[1:], [*REJECTED, rejected(VALID, "not_json")]),
        VALID,
        "must not be rejected",
    ),
}


@pytest.mark.parametrize("broken", AMONG_OTHERS)
def test_this_violation_is_found_among_others(broken: str) -> None:
    found, about, words = AMONG_OTHERS[broken]

    assert any(str(about) in violation and words in violation for violation in audited(found).violations)


def test_two_conflicts_that_are_both_rejected_are_found() -> None:
    """Each is accounted for, but one of them should have been stored: the conflict is with nothing."""
    violations = audited(evidence(ITEMS[:2], [*REJECTED, conflict(CONFLICTS[0])])).violations

    assert len(violations) == 2
    assert all("conflict with nothing" in violation for violation in violations)


def test_an_invalid_message_may_be_rejected_for_a_conflict_with_what_is_stored() -> None:
    findings = audited(evidence(rejected=[*WITHOUT_BEFORE, conflict(BEFORE)]))

    assert findings.violations == []
    assert findings.rejected_for_conflict == [str(BEFORE)]


def test_conflicts_of_which_none_is_stored_are_explained_by_faults_alone() -> None:
    dead_instead = evidence(ITEMS[:2], WITHOUT_CONFLICT, [*DEAD, *map(dead, CONFLICTS)])

    assert audited(dead_instead).violations == []
    assert len(audited(dead_instead, faults=0).violations) == len(CONFLICTS)


def test_one_of_many_conflicts_that_is_swallowed_is_found() -> None:
    many = [sent(number, Kind.CONFLICT, body(idempotency_key="m", n=number), key="m") for number in range(100, 160)]
    found = Evidence([item(many[7])], [conflict(other) for other in many if other is not many[7]], dead=[], in_queue=0)

    def violations(found: Evidence) -> list[str]:
        return Audit(many, found, environment="test", max_receive_count=RECEIVES, faults=9).run().violations

    assert violations(found) == []
    (violation,) = violations(replace(found, rejected=found.rejected[1:]))
    assert str(many[0]) in violation
    assert "is lost" in violation


@pytest.mark.parametrize(
    "changes",
    [
        {"original_data": item(VALID)["original_data"] | {"n": Decimal("1.5000000000000001")}},
        {"original_data": item(VALID)["original_data"] | {"n": "1.5"}},
        {"original_data": item(VALID)["original_data"] | {"n": True}},
        {"original_data": item(VALID)["original_data"] | {"more": None}},
        {"transformed_data": item(VALID)["transformed_data"] | {"execution_id": "test-esm-m9"}},
        {ATTRIBUTE: "another"},
        {"further": 1},
    ],
    ids=str,
)
def test_an_altered_item_is_found(changes: dict[str, Any]) -> None:
    violations = audited(evidence([item(VALID, **changes), *ITEMS[1:]])).violations

    assert violations
    assert all(str(VALID) in violation for violation in violations)


def test_a_dead_letter_that_is_no_poison_is_explained_by_faults_or_a_violation() -> None:
    killed = evidence(ITEMS[1:], dead=[*DEAD, dead(VALID)])

    findings = audited(killed)

    assert findings.violations == []
    assert findings.dead_by_faults == [f"{VALID}, received {RECEIVES} times"]
    (violation,) = audited(killed, faults=RECEIVES - 1).violations
    assert "faults cannot explain it" in violation


def test_second_outcomes_that_the_design_allows_are_counted_one_by_one() -> None:
    dead_too = [dead(message) for message in (VALID, INVALID, DUPLICATES[1])]

    findings = audited(evidence(rejected=[*REJECTED, REJECTED[0]], dead=[*DEAD, *dead_too]))

    assert findings.violations == []
    assert findings.dead_by_faults == []
    assert {kind: len(messages) for kind, messages in findings.second_outcomes.items()} == {
        SecondOutcome.REJECTED_AGAIN: 1,
        SecondOutcome.DEAD_AND_STORED: 2,
        SecondOutcome.DEAD_AND_REJECTED: 1,
    }
    assert findings.totals.total() == len(ALL)
