"""Bodies that are far larger in DynamoDB's JSON, or in memory, than as text: they harm no neighbour either."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pipeline_contracts import parse_body, same_json
from pipeline_testing.bodies import EXAMPLE, body

if TYPE_CHECKING:
    import pytest
    from pipeline_fuzz.whole import Whole

SMALL = body()
START = f'{json.dumps(EXAMPLE)[:-1]}, "values": '
MAX_BODY = 1_048_576

BODIES_OF_AN_EXAMPLE = 40
"""Of small ones, so that `--bodies` means about the same time."""

REPEATED = st.sampled_from(
    ["0", "7", "-1", "12", "1.5", "0.10", "1e9", "true", "null", '""', "[]", "{}", "[[]]", "[[[[[[0]]]]]]", '{"a":{}}']
)
SIZES = st.sampled_from(range(10_000, MAX_BODY, 997))  # integers() prefers the small ones


def array(item: str, size: int) -> str:
    """Make a body of one array, of at most so many bytes."""
    count = (size - len(START) - len("[]}")) // len(f"{item},")
    return f"{START}[{','.join([item] * count)}]}}"


def short_keys(item: str, size: int) -> str:
    """Make a body of one object with many keys, of at most so many bytes."""
    longest = len(f'"{size:x}":{item},')
    members = (f'"{number:x}":{item}' for number in range((size - len(START) - len("{}}")) // longest))
    return f"{START}{{{','.join(members)}}}}}"


LARGE = st.builds(lambda shape, item, size: shape(item, size), st.sampled_from([array, short_keys]), REPEATED, SIZES)


def test_whatever_the_encoded_size_a_message_is_stored_or_rejected(whole: Whole, pytestconfig: pytest.Config) -> None:
    @settings(
        max_examples=max(1, pytestconfig.getoption("bodies") // BODIES_OF_AN_EXAMPLE),
        phases=[Phase.generate],  # a smaller body takes another way
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(LARGE)
    def tried(sent: str) -> None:
        before, end, after = whole.run(SMALL, sent, SMALL)

        assert before.outcome == after.outcome == "stored"
        if end.item is not None:
            assert same_json(end.item["original_data"], parse_body(sent))
        else:
            assert (end.outcome, end.body) == ("rejected", sent)
            assert end.code in {"not_storable", "message_too_large"}

    tried()


def test_a_batch_of_small_numbers_is_stored_with_its_neighbours(whole: Whole, *, is_long: bool) -> None:
    large = array("7", 98_000)

    ended = whole.run(*[SMALL] * 3, *[large] * (40 if is_long else 8), *[SMALL] * 2)

    assert {end.outcome for end in ended} == {"stored"}
    stored = [end.item["original_data"] for end in ended if end.item]
    assert all(same_json(data, parse_body(large)) for data in stored[3:-2])


def test_a_body_of_half_a_million_numbers_is_rejected_alone(whole: Whole) -> None:
    sent = array("0", 1_040_000)

    before, end, after = whole.run(SMALL, sent, SMALL)

    assert (end.outcome, end.code) == ("rejected", "not_storable")
    assert end.body == sent
    assert before.outcome == after.outcome == "stored"


def test_the_bodies_have_the_size_that_was_asked_for() -> None:
    for shape in (array, short_keys):
        for size in (10_000, MAX_BODY):
            text = shape("[]", size)
            assert size * 0.7 < len(text) <= size
            json.loads(text)
