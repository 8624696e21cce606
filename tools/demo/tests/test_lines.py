from __future__ import annotations

import json
from pathlib import Path

import pytest
from pipeline_contracts import parse_message
from pipeline_contracts.message import EXAMPLES
from pipeline_demo.lines import generated_lines, read_lines
from pipeline_demo.outcome import execution_id_of

SAMPLES = Path(__file__).parents[1] / "samples" / "messages.jsonl"


def test_a_line_ends_at_a_line_feed_and_nowhere_else(tmp_path: Path) -> None:
    file = tmp_path / "input.jsonl"
    file.write_bytes('{"a": "one\u2028two\x85three"}\r\n\n  \n{"b": 2}'.encode())

    lines, unreadable = read_lines(file)

    assert [(line.number, line.body) for line in lines] == [
        (1, '{"a": "one\u2028two\x85three"}'),
        (3, "  "),
        (4, '{"b": 2}'),
    ]
    assert unreadable == []


def test_a_line_that_is_not_utf8_is_reported_and_the_others_are_read(tmp_path: Path) -> None:
    file = tmp_path / "input.jsonl"
    file.write_bytes(b'{"a": 1}\n\xff\xfe\n{"b": 2}\n')

    lines, unreadable = read_lines(file)

    assert [line.number for line in lines] == [1, 3]
    assert [refusal.line.number for refusal in unreadable] == [2]
    assert "not UTF-8" in unreadable[0].reason


def test_generated_messages_are_valid_and_differ() -> None:
    bodies = [line.body for line in generated_lines(50)]

    assert len(set(bodies)) == 50
    assert all(parse_message(body) for body in bodies)


def test_the_samples_are_distinct_and_begin_with_the_example() -> None:
    lines, unreadable = read_lines(SAMPLES)
    identities = [execution_id_of("local", str(line.number), line.body) for line in lines]

    assert unreadable == []
    assert json.loads(lines[0].body) == EXAMPLES[0]
    assert len({line.body for line in lines}) == len(lines)
    assert len(set(identities)) == len(lines)


@pytest.mark.parametrize(
    ("body", "identity"),
    [
        ('{"idempotency_key": "order 7"}', "dev-key-order 7"),
        ('{"idempotency_key": ""}', "dev-esm-id"),
        ('{"idempotency_key": 7}', "dev-esm-id"),
        ('{"idempotency_key": null}', "dev-esm-id"),
        (json.dumps({"idempotency_key": "k" * 256}), "dev-key-" + "k" * 256),
        (json.dumps({"idempotency_key": "k" * 257}), "dev-esm-id"),
        (r'{"idempotency_key": "a\ud800"}', "dev-esm-id"),
        ('["idempotency_key"]', "dev-esm-id"),
        ("not JSON", "dev-esm-id"),
        ("[" * 100_000, "dev-esm-id"),
    ],
)
def test_the_identity_is_that_of_the_key_or_else_of_the_message(body: str, identity: str) -> None:
    assert execution_id_of("dev", "id", body) == identity
