"""Exported messages are edited and sent, or discarded."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from aws_environment import FAST, INVALID, body, rejected

if TYPE_CHECKING:
    from pathlib import Path

    from aws_environment import AwsEnvironment


def test_an_exported_message_is_edited_and_resent(
    aws: AwsEnvironment, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong, other = aws.send("invalid", [INVALID, INVALID], rejected(message_id="first-1"))
    file = tmp_path / "wrong.jsonl"
    assert aws.run("invalid", "export", str(file), "--id", wrong) == 0
    (line,) = (json.loads(text) for text in file.read_text().splitlines())
    line["body"] = body(1)
    line["attributes"]["fixed"] = {"type": "String", "value": "by hand"}
    file.write_text(json.dumps(line) + "\n\n")

    assert aws.run("invalid", "resend", str(file), *FAST) == 0

    assert "1 sent" in capsys.readouterr().out
    assert aws.messages("invalid").keys() == {other}
    ((_, message),) = aws.messages("source").items()
    assert message["Body"] == body(1)
    assert message["MessageAttributes"]["fixed"]["StringValue"] == "by hand"
    (logged,) = aws.operations()
    assert (logged["edited"], logged["first_message_id"]) == (True, "first-1")

    assert aws.run("invalid", "resend", str(file), *FAST) == 1
    assert "messages of the file not in the queue, or hidden: 1." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "line 1, is not an exported message"),
        ('{"body": "x"}', "'message_id' is missing"),
        ('{"message_id": 1, "body": "x"}', "must be text"),
        ("[]", "line 1"),
        ('{"message_id": "1", "body": "x"}\n{"message_id": "1", "body": "x"}', "line 2, repeats message 1"),
        ('{"message_id": "1", "body": "x", "attributes": []}', "not an object"),
        ('{"message_id": "1", "body": "x", "attributes": {"durable_pipeline": {}}}', "the pipeline's own"),
        ('{"message_id": "1", "body": "x", "attributes": {"a b": {"type": "String", "value": "1"}}}', "'a b'"),
        ('{"message_id": "1", "body": "x", "attributes": {"a": {"type": "String", "value": ""}}}', "'a'"),
        ('{"message_id": "1", "body": "x", "attributes": {"a": {"type": "Binary", "value": "1"}}}', "does not fit"),
        ('{"message_id": "1", "body": "x", "attributes": {"a": {"type": "Number", "value": "1x"}}}', "1x"),
        ('{"message_id": "1", "body": "x", "attributes": {"a": {"type": "Binary", "base64": "#"}}}', "line 1"),
        ('{"message_id": "1", "body": "x", "attributes": {"a": {"type": "String", "value": "\\ud800"}}}', "not fit"),
    ],
)
def test_a_file_that_is_no_export_is_refused(
    aws: AwsEnvironment, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, reason: str
) -> None:
    file = tmp_path / "file.jsonl"
    file.write_text(text)

    assert aws.run("dead", "redrive", str(file), *FAST) == 1

    assert reason in capsys.readouterr().err
    assert aws.calls == []


def test_a_lone_surrogate_in_an_edited_body_stays_a_problem_of_its_message(aws: AwsEnvironment, tmp_path: Path) -> None:
    wrong, good = aws.send("dead", [body(1), body(2)])
    file = tmp_path / "file.jsonl"
    edits = {wrong: body(text="@").replace("@", "\ud800"), good: body(2)}
    file.write_text("\n".join(json.dumps({"message_id": one, "body": text}) for one, text in edits.items()))

    assert aws.run("dead", "redrive", str(file), *FAST) == 1

    assert aws.sent_identities() == {good: 1}


def test_only_what_was_exported_and_is_unchanged_is_discarded(
    aws: AwsEnvironment, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong, edited, other = aws.send("invalid", [INVALID, INVALID, INVALID], rejected())
    file = tmp_path / "wrong.jsonl"
    assert aws.run("invalid", "export", str(file), "--id", wrong, "--id", edited) == 0
    lines = [json.loads(text) for text in file.read_text().splitlines()]
    file.write_text(
        "\n".join(json.dumps(one | ({"body": "[]"} if one["message_id"] == edited else {})) for one in lines)
    )

    assert aws.run("invalid", "discard", str(file)) == 1
    assert len(aws.messages("invalid")) == 3

    assert aws.run("invalid", "discard", str(file), "--yes") == 1

    told = capsys.readouterr()
    assert "1 discarded" in told.out
    assert "1 message stays in its queue" in told.err
    assert aws.messages("invalid").keys() == {edited, other}
    (line,) = aws.operations()
    assert (line["action"], line["message_id"], line["new_message_id"]) == ("discard", wrong, None)
    assert aws.messages("source") == {}


def test_a_program_reads_what_was_exported_as_json(
    aws: AwsEnvironment, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    aws.send("invalid", [body(1)])
    file = tmp_path / "invalid.jsonl"

    assert aws.run("invalid", "export", str(file), "--json") == 0

    assert json.loads(capsys.readouterr().out) == {"file": str(file), "count": 1, "notes": []}
