from __future__ import annotations

import json
from pathlib import Path

from pipeline_cli.intake import Intake
from pipeline_cli.record_identity import identity
from pipeline_contracts import parse_message
from pipeline_contracts.envelopes import Envelope
from pipeline_contracts.message import EXAMPLES
from pipeline_demo.lines import generated_lines, read_lines

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
    identities = [identity(Intake("local", Envelope.NONE), str(line.number), line.body) for line in lines]

    assert unreadable == []
    assert json.loads(lines[0].body) == EXAMPLES[0]
    assert len({line.body for line in lines}) == len(lines)
    assert len(set(identities)) == len(lines)
