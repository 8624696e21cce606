"""Bodies that are far larger in DynamoDB's JSON, or in memory, than as text: they harm no neighbours either."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import strategies as st
from pipeline_contracts import parse_body, same_json
from pipeline_fuzz.properties import MAX_BODY, SMALL, array, short_keys, try_many
from pipeline_testing.bodies import EXAMPLE

if TYPE_CHECKING:
    from pipeline_fuzz.whole import Whole

SMALL_BODIES_OF_ONE = 40
"""The number of small bodies that take as long as one of these, so that `--bodies` means about the same time."""

REPEATED = st.sampled_from(
    ["0", "7", "-1", "12", "1.5", "0.10", "1e9", "true", "null", '""', "[]", "{}", "[[]]", "[[[[[[0]]]]]]", '{"a":{}}']
)
SIZES = st.sampled_from(range(10_000, MAX_BODY, 997))  # integers() prefers the small ones
LARGE = st.builds(lambda shape, item, size: shape(item, size), st.sampled_from([array, short_keys]), REPEATED, SIZES)


def test_whatever_the_encoded_size_a_message_is_stored_or_rejected(whole: Whole, pytestconfig: pytest.Config) -> None:
    def check(sent: str) -> None:
        before, end, after = whole.run(SMALL, sent, SMALL)

        assert before.outcome == after.outcome == "stored"
        if end.item is not None:
            assert same_json(end.item["original_data"], parse_body(sent))
        else:
            assert (end.outcome, end.body) == ("rejected", sent)
            assert end.code in {"not_storable", "message_too_large"}

    try_many(pytestconfig, LARGE, check, bodies=SMALL_BODIES_OF_ONE, shrink=False)


def test_a_batch_of_small_numbers_is_stored_with_its_neighbours(whole: Whole, *, is_long: bool) -> None:
    large = array("7", 98_000)

    ended = whole.run(*[SMALL] * 3, *[large] * (40 if is_long else 8), *[SMALL] * 2)

    assert {end.outcome for end in ended} == {"stored"}
    stored = [end.item["original_data"] for end in ended if end.item]
    assert all(same_json(data, parse_body(large)) for data in stored[3:-2])


def test_a_body_of_half_a_million_numbers_is_rejected_alone(whole: Whole) -> None:
    sent = array("0", 1_020_000)

    before, end, after = whole.run(SMALL, sent, SMALL)

    assert (end.outcome, end.code) == ("rejected", "not_storable")
    assert end.body == sent
    assert before.outcome == after.outcome == "stored"


@pytest.mark.parametrize("letter", ["k", "\u0416", "\U0001f71a"])
def test_the_longest_key_is_stored_whatever_its_letters(whole: Whole, letter: str) -> None:
    """A non-ASCII letter has up to 12 bytes in a response, and the transformed data contains the key."""
    sent = json.dumps({**EXAMPLE, "idempotency_key": letter * 256})

    (end,) = whole.run(sent)

    assert end.outcome == "stored"
