"""The messages of the benchmark, and the size of an item in DynamoDB."""

from __future__ import annotations

from typing import Any

import pytest
from bench.item_size import item_bytes
from bench.messages import orders
from pipeline_contracts import parse_message
from pipeline_testing.bodies import body

_SMALLEST = max(100, len(body()) + 50)
"""With the example of another model, a message may need more than the least that the benchmark sends."""


@pytest.mark.parametrize("size", [_SMALLEST, 1_024, 2_048, 51_200])
def test_messages_have_the_size_that_was_asked_for_and_are_good(size: int) -> None:
    bodies = list(orders(size, 20))

    assert {len(each.encode()) for each in bodies} == {size}
    assert len(set(bodies)) == 20
    for each in bodies:
        parse_message(each)


def test_the_same_seed_gives_the_same_messages() -> None:
    assert list(orders(1_024, 3, seed=5)) == list(orders(1_024, 3, seed=5))
    assert list(orders(1_024, 3, seed=5)) != list(orders(1_024, 3, seed=6))


def test_an_item_has_the_bytes_of_its_names_and_values() -> None:
    item: dict[str, dict[str, Any]] = {
        "id": {"S": "ü1"},  # 2 + 3
        "n": {"N": "-12.50"},  # 1 + 2 for the digits 125 + 1 + 1 for the sign
        "b": {"BOOL": True},  # 1 + 1
        "l": {"L": [{"NULL": True}, {"S": "ab"}]},  # 1 + 3 + (1 + 1) + (1 + 2)
        "m": {"M": {"k": {"S": "v"}}},  # 1 + 3 + 1 + (1 + 1)
    }
    assert item_bytes(item) == 5 + 5 + 2 + 9 + 7
