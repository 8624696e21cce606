"""The messages of a verification belong to one run, and have the same meaning as the samples."""

from __future__ import annotations

import json

import pytest
from pipeline_demo.data import data_of, same_data
from pipeline_demo.lines import Line
from pipeline_demo.outcome import Outcome
from pipeline_demo.verifying.marked_lines import MARK, marked, marked_lines

STORED, REJECTED, FAILED = Outcome.STORED, Outcome.REJECTED, Outcome.FAILED


@pytest.mark.parametrize(
    "body",
    [
        '{"total": 12345678901234567890.123456789, "scale": 1.5e-7}',
        '  {"escaped": "\\u00e9\\n", "empty": "", "tags": [], "owner": null}',
        '{"都市": "東京", "metadata": {"tenant": "acme"}}',
    ],
)
def test_the_data_of_a_marked_body_is_the_same(body: str) -> None:
    assert same_data(data_of(marked(body, "r1")), data_of(body))


def test_a_marked_object_names_the_run() -> None:
    assert json.loads(marked('{"a": 1}', "r1")) == {"a": 1, "metadata": {MARK: "r1"}}


@pytest.mark.parametrize("body", ["plain text", '["a", "list"]', "{}", "17", '{"broken": '])
def test_a_body_that_is_no_object_is_sent_as_it_is(body: str) -> None:
    assert marked(body, "r1") == body


@pytest.mark.parametrize("key", ["customers-1", "größe", 'a "quoted" key', "k" * 256])
def test_a_key_is_another_one_in_each_run(key: str) -> None:
    bodies = [json.dumps({"idempotency_key": key, "name": key}, ensure_ascii=ascii_) for ascii_ in (True, False)]

    first, same = (json.loads(marked(body, "r1")) for body in bodies)
    second = json.loads(marked(bodies[0], "r2"))

    assert first["idempotency_key"] == same["idempotency_key"] != second["idempotency_key"]
    assert len(first["idempotency_key"]) < 256
    assert first["name"] == key


def test_different_keys_stay_different() -> None:
    one, other = (json.loads(marked(json.dumps({"idempotency_key": key}), "r1")) for key in ("a", "b"))

    assert one["idempotency_key"] != other["idempotency_key"]


def test_a_duplicate_key_stays_one() -> None:
    assert marked('{"a": 1, "a": 2}', "r1").count('"a"') == 2


def test_three_messages_have_one_key_and_the_last_one_other_data() -> None:
    samples = [Line(1, '{"a": 1}'), Line(2, '{"a": 1.0}'), Line(4, '{"a": 2}'), Line(5, "x")]

    lines = marked_lines(samples, {1: STORED, 2: STORED, 4: STORED, 5: REJECTED}, "r1")

    assert lines.keyed == (6, 7, 8)
    original, duplicate, conflict = (json.loads(line.body) for line in lines.all[-3:])
    assert original == duplicate
    assert original["idempotency_key"] == conflict["idempotency_key"]
    assert (original["a"], conflict["a"]) == (1, 2)
    assert [line.number for line in lines.second] == [7, 8]
    assert [lines.outcomes[number] for number in (6, 7, 8)] == [STORED, STORED, REJECTED]


def test_without_different_data_there_are_no_three() -> None:
    lines = marked_lines(
        [Line(1, '{"a": 1}'), Line(2, '{"a": 2, "idempotency_key": "k"}')], {1: STORED, 2: STORED}, "r"
    )

    assert lines.keyed is None
    assert [line.number for line in lines.all] == [1, 2]


def test_what_ends_as_a_dead_letter_is_not_sent() -> None:
    lines = marked_lines([Line(1, '{"a": 1}'), Line(2, '{"a": 2}')], {1: FAILED, 2: REJECTED}, "r")

    assert [line.number for line in lines.all] == [2]
