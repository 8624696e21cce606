"""Whatever arrives: no unhandled exception, one outcome each, neighbours unharmed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from contract_tests.bodies import ANY_BODIES, good_bodies
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pipeline_contracts import InvalidBodyError, parse_body, same_json
from pipeline_contracts.body import MAX_NESTING
from pipeline_testing.bodies import REQUIRED, body, body_with

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline_fuzz.whole import Whole

GOOD = body()
BATCH = 20


def for_many(config: pytest.Config, strategy: st.SearchStrategy[Any], check: Callable[[list[Any]], None]) -> None:
    """Try a property of batches with at least as many bodies as were asked for."""

    @settings(
        max_examples=max(1, config.getoption("bodies") // BATCH),
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(strategy, min_size=BATCH, max_size=BATCH))
    def tried(batch: list[Any]) -> None:
        check(batch)

    tried()


def test_whatever_arrives_ends_in_one_outcome_and_harms_no_neighbour(whole: Whole, pytestconfig: pytest.Config) -> None:
    def check(batch: list[str]) -> None:
        first, *ended, last = whole.run(GOOD, *batch, GOOD)

        assert first.outcome == last.outcome == "stored"
        for sent, end in zip(batch, ended, strict=True):
            assert end.outcome != "failed", sent
            if end.item is not None:
                assert same_json(end.item["original_data"], parse_body(sent)), sent
            else:
                assert end.body == sent
                assert end.code
                assert end.reason

    # A key would make two messages of a batch one record; what that comes to has tests of its own.
    for_many(pytestconfig, ANY_BODIES.filter(lambda text: not has_key(text)), check)


def has_key(text: str) -> bool:
    try:
        return parse_body(text).get("idempotency_key") is not None
    except InvalidBodyError:
        return False


def test_whatever_is_good_is_stored_equal(whole: Whole, pytestconfig: pytest.Config) -> None:
    def check(batch: list[dict[str, Any]]) -> None:
        bodies = [json.dumps(message) for message in batch]
        for sent, end in zip(bodies, whole.run(*bodies), strict=True):
            assert end.item is not None, f"{end.code}: {end.reason}: {sent}"
            assert same_json(end.item["original_data"], parse_body(sent)), sent
            assert end.item["transformed_data"]["execution_id"] == end.item["execution_id"]
            assert end.item.get("metadata") == json.loads(sent).get("metadata")

    for_many(pytestconfig, good_bodies(), check)


BAD = {
    "not JSON": ("hello", "not_json", "is not JSON"),
    "an empty body": (" ", "not_json", "it is empty"),
    "a list": ("[1]", "not_an_object", "not an array"),
    "a string": ('"text"', "not_an_object", "not a string"),
    "a number": ("42", "not_an_object", "not a number"),
    "null": ("null", "not_an_object", "not null"),
    "a missing field": ("{}", "missing_field", f"{REQUIRED[0]}: Field required"),
    "a blank key": (body_with('"idempotency_key": ""'), "blank_field", "idempotency_key: must not be blank"),
    "a number where a string belongs": (
        body_with('"idempotency_key": 5'),
        "wrong_type",
        "idempotency_key: Input should be a valid string",
    ),
    "a rule": (body_with('"refused": "own_code"'), "own_code", "refused: is refused"),
    "metadata that is no object": (
        body_with('"metadata": []'),
        "wrong_type",
        "metadata: Input should be an object",
    ),
    "metadata that is no string": (
        body_with('"metadata": {"n": 1}'),
        "wrong_type",
        'metadata."n": Input should be a valid string',
    ),
    "51 entries of metadata": (
        body_with(f'"metadata": {json.dumps({str(n): "" for n in range(51)})}'),
        "too_long",
        "metadata: Dictionary should have at most 50 items",
    ),
    "NaN": (body_with('"n": NaN'), "not_finite", "has NaN"),
    "Infinity": (body_with('"n": -Infinity'), "not_finite", "has -Infinity"),
    "39 digits": (body_with(f'"n": {"9" * 39}'), "number_out_of_range", "at most 38 digits"),
    "a number too large": (body_with('"n": 1e126'), "number_out_of_range", "9.99E+125"),
    "33 levels": (body_with('"n": ' + "[" * 32 + "]" * 32), "nested_too_deeply", "32 levels"),
    "a number on the 33rd level": (body_with('"n": ' + "[" * 31 + "1" + "]" * 31), "nested_too_deeply", "32 levels"),
    "a lone surrogate": (body_with('"n": "\\ud800"'), "lone_surrogate", "\\ud800"),
    "a duplicate key": (body_with('"n": 1, "n": 2'), "duplicate_key", 'has the key "n" twice'),
    "an item past 400 KB": (body_with(f'"n": "{"x" * 420_000}"'), "not_storable", "size"),
    "a body of 1 MiB": (body_with(f'"n": "{"x" * (1_048_576 - 500)}"'), "message_too_large", "1,048,576"),
}


@pytest.mark.parametrize("kind", BAD)
def test_bad_input_is_rejected_with_its_code_and_reason(whole: Whole, kind: str) -> None:
    sent, code, words = BAD[kind]

    before, end, after = whole.run(GOOD, sent, GOOD)

    assert (end.outcome, end.code) == ("rejected", code)
    assert words in end.reason
    assert end.body == sent
    assert before.outcome == after.outcome == "stored"


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


@pytest.mark.parametrize("value", VALUES)
def test_good_input_is_read_back_equal(whole: Whole, value: str) -> None:
    sent = body_with(f'"value": {value}')

    (end,) = whole.run(sent)

    assert end.item is not None, f"{end.code}: {end.reason}"
    assert same_json(end.item["original_data"], parse_body(sent))
