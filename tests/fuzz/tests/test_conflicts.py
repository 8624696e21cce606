"""Messages that share a key: one version of the data is stored, and each message has its own outcome."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

from hypothesis import strategies as st
from pipeline_contracts import parse_body, same_json
from pipeline_fuzz.properties import SMALL, array, try_many
from pipeline_testing.bodies import body_with

if TYPE_CHECKING:
    import pytest
    from pipeline_fuzz.whole import Ended, Whole

DELIVERIES = 3
TRIED_AT_ONCE = 3
"""The number of data versions that one execution tries under a key."""

VALID = (
    ("1", "1.0", "1.00", "10e-1"),
    ("true",),
    ('"1"',),
    ("1e40", "10.0e39", "1" + "0" * 40),
    ('{"a": 0.10, "b": [-0.0]}', '{"b":[0], "a":1e-1}'),
)
"""Data variants, each in all of its spellings."""

INVALID = {f'"refused": "{code}"': code for code in ("blank", "odd", "wrong", "late", "cut")}
"""Members that a rule refuses, with its code."""


@dataclass(frozen=True)
class Member:
    """A message of a batch: its shared key, and its data."""

    key: int
    data: str
    metadata: str = ""

    def body(self, batch: str) -> str:
        data = self.data if self.data in INVALID else f'"data": {self.data}'
        metadata = f', "metadata": {{"trace": "{self.metadata}"}}' if self.metadata else ""
        key = f'"idempotency_key": "{batch}-{self.key}"'
        return body_with(f"{data}, {key}{metadata}")

    @property
    def variant(self) -> str:
        """Return its data in a canonical spelling."""
        return next((spellings[0] for spellings in VALID if self.data in spellings), self.data)


MEMBERS = st.builds(
    Member,
    key=st.integers(0, 2),
    data=st.sampled_from([*INVALID] * 2 + [spelling for spellings in VALID for spelling in spellings]),
    metadata=st.sampled_from(["", "a", "b"]),
)


def test_of_messages_that_share_a_key_one_data_is_stored(whole: Whole, pytestconfig: pytest.Config) -> None:
    def check_batch(members: list[Member]) -> None:
        batch = uuid.uuid4().hex
        *ended, neighbour = whole.run(*[member.body(batch) for member in members], SMALL, deliveries=DELIVERIES)

        assert neighbour.outcome == "stored"
        for key in {member.key for member in members}:
            check([(member, end) for member, end in zip(members, ended, strict=True) if member.key == key])

    try_many(pytestconfig, st.lists(MEMBERS, min_size=6, max_size=24), check_batch, bodies=25, shrink=False)


def check(group: list[tuple[Member, Ended]]) -> None:
    """Check the outcomes of the messages with one key: one valid version is stored, and no other."""
    stored = {member.variant for member, end in group if end.item is not None}
    valid = {member.variant for member, _ in group if member.data not in INVALID}
    assert len(stored) == min(len(valid), 1)
    assert stored <= valid
    for member, end in group:
        if member.variant in stored:
            assert end.item is not None, f"{member}: {end}"
            assert same_json(end.item["original_data"]["data"], parse_body(member.body(""))["data"]), member
        else:  # an invalid one after the stored one may be rejected for the conflict
            codes = {INVALID.get(member.data)} if not stored else {INVALID.get(member.data), "idempotency_conflict"}
            assert end.outcome == "rejected", f"{member}: {end}"
            assert end.code in codes - {None}, f"{member}: {end}"
    invalid = {member.variant for member, _ in group if member.data in INVALID}
    assert max(end.delivery for _, end in group) <= ceil(len(invalid) / TRIED_AT_ONCE) + 1


def test_other_data_under_the_keys_of_large_items_is_rejected(whole: Whole, *, is_long: bool) -> None:
    keys = [uuid.uuid4().hex for _ in range(50 if is_long else 3)]
    large = [keyed(array("[]", 150_000), key) for key in keys]
    for start in range(0, len(large), 10):
        assert {end.outcome for end in whole.run(*large[start : start + 10])} == {"stored"}

    ended = whole.run(*[keyed(SMALL, key) for key in keys], *[SMALL] * 5)

    *conflicts, _, _, _, _, _ = ended
    assert {(end.outcome, end.code) for end in conflicts} == {("rejected", "idempotency_conflict")}
    assert {end.outcome for end in ended[len(keys) :]} == {"stored"}


def test_of_sixty_large_messages_with_one_key_one_is_stored(whole: Whole) -> None:
    key = uuid.uuid4().hex
    large = [keyed(array("7", 60_000).replace("]}", f",{number}]}}"), key) for number in range(60)]

    first, *others = whole.run(*large, *[SMALL] * 5)

    assert first.item is not None
    assert first.item["original_data"]["values"][-1] == 0
    assert {(end.outcome, end.code) for end in others[:59]} == {("rejected", "idempotency_conflict")}
    assert {end.outcome for end in others[59:]} == {"stored"}


def test_an_item_of_another_batch_decides_at_once_about_all_messages_with_its_key(whole: Whole) -> None:
    key = uuid.uuid4().hex
    bodies = [keyed(body_with(f'"number": {number}'), key) for number in range(60)]
    (first,) = whole.run(bodies[40])
    assert first.outcome == "stored"

    ended = whole.run(*bodies, SMALL)

    assert ended.pop(40).outcome == ended.pop().outcome == "stored"
    assert {(end.outcome, end.code) for end in ended} == {("rejected", "idempotency_conflict")}


def keyed(body: str, key: str) -> str:
    return body.replace("{", f'{{"idempotency_key": {json.dumps(key)}, ', 1)
