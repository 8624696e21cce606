"""Whatever arrives: no unhandled exception, one outcome per message, neighbours unharmed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from contract_tests.bodies import ANY_BODIES, good_bodies
from hypothesis import strategies as st
from pipeline_contracts import parse_body, same_json
from pipeline_contracts.body import MAX_NESTING
from pipeline_fuzz.properties import BATCH, SMALL, key_of, try_many
from pipeline_testing.bodies import body_with

if TYPE_CHECKING:
    import pytest
    from pipeline_fuzz.whole import Whole


def test_whatever_arrives_ends_in_one_outcome_and_harms_no_neighbour(whole: Whole, pytestconfig: pytest.Config) -> None:
    def check(batch: list[str]) -> None:
        first, *ended, last = whole.run(SMALL, *batch, SMALL)

        assert first.outcome == last.outcome == "stored"
        for sent, end in zip(batch, ended, strict=True):
            assert end.outcome != "failed", sent
            if end.item is not None:
                assert same_json(end.item["original_data"], parse_body(sent)), sent
            else:
                assert end.body == sent
                assert end.code
                assert end.reason

    # A key would make two messages of a batch one record; that has tests of its own.
    keyless = ANY_BODIES.filter(lambda text: key_of(text) is None)
    try_many(pytestconfig, st.lists(keyless, min_size=BATCH, max_size=BATCH), check)


def test_whatever_is_good_is_stored_equal(whole: Whole, pytestconfig: pytest.Config) -> None:
    def check(batch: list[dict[str, Any]]) -> None:
        bodies = [json.dumps(message) for message in batch]
        for sent, end in zip(bodies, whole.run(*bodies), strict=True):
            assert end.item is not None, f"{end.code}: {end.reason}: {sent}"
            assert same_json(end.item["original_data"], parse_body(sent)), sent
            assert end.item["transformed_data"]["execution_id"] == end.item["execution_id"]
            assert end.item.get("metadata") == json.loads(sent).get("metadata")

    try_many(pytestconfig, st.lists(good_bodies(), min_size=BATCH, max_size=BATCH), check)


VALUES = [
    "1.10",
    "-0.0",
    "1e-130",
    "9.99e125",
    "9" * 38,
    "0." + "1" * 38,
    "1" + "0" * 125,
    '"üñí 😀 \\u0000 \\ud83d\\ude00"',
    '""',
    "[]",
    "{}",
    "null",
    "false",
    "[" * (MAX_NESTING - 1) + "]" * (MAX_NESTING - 1),
    "[" * (MAX_NESTING - 2) + "1" + "]" * (MAX_NESTING - 2),
]


def test_good_input_is_read_back_equal(whole: Whole) -> None:
    bodies = [body_with(f'"value": {value}') for value in VALUES]

    for sent, end in zip(bodies, whole.run(*bodies), strict=True):
        assert end.item is not None, f"{end.code}: {end.reason}: {sent}"
        assert same_json(end.item["original_data"], parse_body(sent)), sent
