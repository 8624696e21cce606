"""Two messages have the same data if their digests are equal."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pipeline_contracts import data_digest, parse_body, parse_message, same_json
from pipeline_contracts.digest import canonical, comparable
from pipeline_contracts.message import EXAMPLES

BASE = json.dumps(EXAMPLES[0])[1:-1]


def digest(further: str) -> str:
    return parse_message(f"{{{BASE}, {further}}}").data_digest()


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ('"n": 1', '"n": 1.0', True),
        ('"n": 1', '"n": 1.000000000000000000000000000000000000000000000000000000000000000', True),
        ('"n": 100', '"n": 1e2', True),
        ('"n": 0', '"n": -0.0e5', True),
        ('"n": 1.5', '"n": 1.50', True),
        ('"n": 1e125', f'"n": 1{"0" * 125}', True),
        (f'"n": {"9" * 38}', f'"n": {"9" * 38}.0', True),
        (f'"n": {"9" * 38}', f'"n": {"9" * 37}8', False),
        (f'"n": 0.{"1" * 38}', f'"n": 0.{"1" * 37}2', False),
        ('"n": 1', '"n": true', False),
        ('"n": 0', '"n": null', False),
        ('"n": 1', '"n": "1"', False),
        ('"n": 1.5', '"n": "1.5"', False),
        ('"n": 1', '"m": 1', False),
        ('"n": [1, 2]', '"n": [2, 1]', False),
        ('"n": [[1], 2]', '"n": [1, [2]]', False),
        ('"n": {"a": 1, "b": 2}', '"n": {"b": 2, "a": 1}', True),
        ('"n": {}', '"n": []', False),
        ('"n": 1, "metadata": {"trace": "a"}', '"n": 1, "metadata": {"trace": "b"}', True),
        ('"n": 1, "metadata": {"trace": "a"}', '"n": 1', True),
        ('"n": {"metadata": 1}', '"n": {"metadata": 2}', False),
    ],
)
def test_data_is_the_same_by_value_and_without_metadata(one: str, other: str, same: bool) -> None:
    assert (digest(one) == digest(other)) is same


def test_a_digest_says_its_version() -> None:
    assert data_digest(parse_body('{"n": [1.5, 1e37, 1e38]}')) == "1:URXeC6xFJAkzes_QA5oZzywef1sibu00W1Yq2WLNqBI"


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (data_digest({"n": 1}), True),
        (data_digest({}).replace("1:", "2:"), False),
        (data_digest({}).replace("1:", "1:more"), False),
        ("1:", False),
        (1, False),
        (None, False),
    ],
)
def test_only_digests_of_one_version_are_comparable(one: object, expected: bool) -> None:
    assert comparable(one, data_digest({})) is expected


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.sampled_from(["1", "1.0", "10e-1", "0.1", "1E2", "100", '"1"', '"\\ud83d\\ude00"']).map(json.loads)
    | st.text(max_size=2),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=1), inner, max_size=2),
    max_leaves=4,
)


@given(VALUES, VALUES)
def test_digests_are_equal_exactly_if_the_values_are(one: Any, other: Any) -> None:
    left, right = (f'"n": {json.dumps(value)}' for value in (one, other))

    assert (digest(left) == digest(right)) is same_json(parse_body(f"{{{left}}}"), parse_body(f"{{{right}}}"))


def test_a_number_of_few_bytes_does_not_become_a_text_of_many() -> None:
    """A mebibyte of 1E125 would be twenty if each was written out."""
    text = f'{{"n": [{",".join(["1E125"] * 1_000)}]}}'

    assert len(canonical(parse_body(text))) < 3 * len(text)
