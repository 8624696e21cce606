"""The plans: reproducible by their seed, and complete."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from typing import Any

from chaos.bodies import INVALID, LARGE_INVALID, SHAPES
from chaos.faults import KINDS, OUTAGES, plan_faults
from chaos.messages import Kind, plan_messages
from chaos.poison import POISONS
from pipeline_demo.data import data_of, same_data


def test_a_seed_reproduces_the_plans() -> None:
    assert plan_messages(500, 7) == plan_messages(500, 7)
    assert plan_messages(500, 7) != plan_messages(500, 8)
    assert plan_faults(50, 500, 7) == plan_faults(50, 500, 7)
    assert plan_faults(50, 500, 7) != plan_faults(50, 500, 8)


def test_there_are_as_many_as_asked_for_and_each_once() -> None:
    for count in (0, 1, 10, 333):
        messages = plan_messages(count, 1)
        assert [message.number for message in messages] == list(range(1, count + 1))
        assert len(plan_faults(count, 100, 1)) == count


def test_all_kinds_are_in_a_plan_of_thousands() -> None:
    messages = plan_messages(3000, 7)
    counts = Counter(message.kind for message in messages)
    varieties = {message.variety for message in messages}

    assert counts.keys() == set(Kind)
    assert set(POISONS) <= varieties
    assert {invalid.name for invalid in (*INVALID, *LARGE_INVALID)} <= varieties
    assert SHAPES.keys() <= varieties


def test_encoded_sizes_are_small_as_json_and_large_in_the_table() -> None:
    """The sizes by DynamoDB's rules: three bytes and one for each place of an array, two for a number of one digit."""

    def item_bytes(value: Any) -> int:
        return 3 + sum(1 + item_bytes(member) for member in value) if isinstance(value, list) else 2

    found = defaultdict(list)
    for message in plan_messages(20_000, 7):
        found[message.variety].append(message.body)

    for variety, field in (("small_numbers", "numbers"), ("many_nested", "deep")):
        assert len(found[variety]) >= 10
        for body in found[variety]:
            assert 9_000 < len(body) < 110_000
            assert 1.4 * len(body) < item_bytes(json.loads(body)[field]) < 350_000
    for body in found["item of 425,000 zeros"]:
        assert 800_000 < len(body) < 1_000_000
        assert item_bytes(json.loads(body)["zeros"]) > 2 * 409_600


def test_duplicates_have_the_same_data_and_conflicts_have_not() -> None:
    groups = defaultdict(list)
    for message in plan_messages(3000, 7):
        if message.kind in (Kind.DUPLICATE, Kind.CONFLICT):
            groups[message.kind, message.key].append(message.body)

    for (kind, _), (first, *others) in groups.items():
        alike = [same_data(data_of(first), data_of(other)) for other in others]
        assert all(alike) if kind is Kind.DUPLICATE else not alike or not all(alike)
    metadata = [
        [data_of(body).get("metadata") for body in bodies]
        for (kind, _), bodies in groups.items()
        if kind is Kind.DUPLICATE
    ]
    assert any(first != other for first, *others in metadata for other in others), "duplicates also differ in metadata"
    written = {tuple(bodies) for (kind, _), bodies in groups.items() if kind is Kind.DUPLICATE}
    assert any(len(set(bodies)) > 1 for bodies in written), "the same data is also written in other ways"


def test_conflicts_come_in_large_groups_at_once_and_behind_invalid_messages() -> None:
    groups = defaultdict(list)
    for message in plan_messages(10_000, 7):
        if message.key:
            groups[message.key].append(message)
    conflicts = [group for group in groups.values() if any(message.kind is Kind.CONFLICT for message in group)]
    large = [group for group in conflicts if len(group) >= 10]
    behind_invalid = [group for group in conflicts if group[0].kind is Kind.INVALID]

    assert len(large) >= 3
    assert any(len(group) >= 50 for group in large)
    # More than one execution tries: the remaining ones are redelivered.
    assert any(sum(message.kind is Kind.INVALID for message in group) > 3 for group in behind_invalid)
    for group in (*large, *behind_invalid):
        assert group[-1].number - group[0].number == len(group) - 1, "they are sent one right after the other"
    for group in behind_invalid:
        kinds = [message.kind for message in group]
        assert kinds == sorted(kinds, key=[Kind.INVALID, Kind.CONFLICT].index)
        bodies = [data_of(message.body) for message in group]
        assert not any(same_data(bodies[0], body) for body in bodies[1:])


def test_faults_of_every_kind_are_injected_in_the_order_of_the_flow() -> None:
    faults = plan_faults(40, 2000, 7)

    assert {fault.kind for fault in faults} == set(KINDS)
    assert [fault.after for fault in faults] == sorted(fault.after for fault in faults)
    assert all(0 <= fault.after < 2000 and 0 <= fault.draw < 1 for fault in faults)
    for fault in faults:
        assert 2 <= fault.seconds <= 8 if fault.kind in OUTAGES else fault.seconds == 0
