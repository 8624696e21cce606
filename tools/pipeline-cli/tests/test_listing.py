"""`dead list` and `invalid list`, and exporting, from the command line."""

from __future__ import annotations

import json
import stat
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from aws_environment import body, own, rejected

if TYPE_CHECKING:
    from pathlib import Path

    from aws_environment import AwsEnvironment

# It moves the cursor, changes the direction of text, and has rich's markup.
HOSTILE = "\u009b2J\u202e[bold red]x[/] \u2028 :skull:"


def listed(aws: AwsEnvironment, capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    assert aws.run(*arguments, "--json") == 0
    return json.loads(capsys.readouterr().out)


def test_dead_letters_are_grouped_by_the_reason_in_the_log(
    aws: AwsEnvironment, capsys: pytest.CaptureFixture[str]
) -> None:
    throttled, crashed, died = (aws.send("dead", [body(one) for one in range(count)]) for count in (3, 2, 1))
    aws.log_failures(throttled, "throttled", reason="too many writes")
    aws.log_failures(crashed, "invoke_failed", stage="transform", reason="timed out")

    found = listed(aws, capsys, "dead", "list")

    groups = {(one["stage"], one["code"], one["reason"]): (one["count"], one["example"]) for one in found["groups"]}
    assert groups == {
        ("store", "throttled", "too many writes"): (3, groups["store", "throttled", "too many writes"][1]),
        ("transform", "invoke_failed", "timed out"): (2, groups["transform", "invoke_failed", "timed out"][1]),
        ("", "execution_died", "no failure is logged: its executions died"): (1, died[0]),
    }
    assert groups["store", "throttled", "too many writes"][1] in throttled
    assert (found["count"], found["notes"]) == (6, [])
    assert "messages" not in found
    assert len(aws.messages("dead")) == 6


def test_the_example_of_a_group_can_be_traced(aws: AwsEnvironment, capsys: pytest.CaptureFixture[str]) -> None:
    aws.send("invalid", [body()], rejected(message_id="first-1"))

    assert [one["example"] for one in listed(aws, capsys, "invalid", "list")["groups"]] == ["first-1"]


def test_rejected_messages_tell_their_reasons_themselves(
    aws: AwsEnvironment, capsys: pytest.CaptureFixture[str]
) -> None:
    aws.send("invalid", [body()], rejected(message_id="first-1", execution_arn="arn:1"))
    aws.send("invalid", [body()])

    found = listed(aws, capsys, "invalid", "list", "--each")

    known, unknown = sorted(found["messages"], key=lambda one: one["code"])
    assert known["first_message_id"] == "first-1"
    assert known["execution_id"] == f"{aws.name}-esm-first-1"
    assert (known["stage"], known["code"], known["field"]) == ("validate", "blank_field", "columns")
    assert known["reason"] == "columns: must not be empty"
    assert known["execution_arn"] == "arn:1"
    assert unknown["code"] == "unknown"
    assert "no room" in unknown["reason"]
    assert "body" not in known
    assert aws.called("FilterLogEvents") == []


@pytest.mark.parametrize("told", [[], {"message_id": 1}, {"message_id": "not/one"}, {"message_id": "a" * 101}])
def test_an_attribute_of_somebody_else_is_no_identity(
    aws: AwsEnvironment, capsys: pytest.CaptureFixture[str], told: Any
) -> None:
    (sent,) = aws.send("dead", [body()], own(told))

    (one,) = listed(aws, capsys, "dead", "list", "--each")["messages"]

    assert one["first_message_id"] == sent


def test_messages_are_chosen_by_all_conditions(aws: AwsEnvironment, capsys: pytest.CaptureFixture[str]) -> None:
    first, second, third = aws.send("invalid", [body(7), body(8, idempotency_key="order-1")], rejected()) + aws.send(
        "invalid", [body(7)], rejected(code="too_long", stage="store", message_id="producers-3")
    )

    def chosen(*arguments: str) -> set[str]:
        found = listed(aws, capsys, "invalid", "list", "--each", *arguments)
        return {one["message_id"] for one in found["messages"]}

    assert chosen() == {first, second, third}
    assert chosen("--stage", "validate") == {first, second}
    assert chosen("--code", "too_long") == {third}
    assert chosen("--body", '"number": 7') == {first, third}
    assert chosen("--body", '"number": 7', "--code", "blank_field") == {first}
    assert chosen("--reason", "must not be") == {first, second, third}
    assert chosen("--reason", "a different one") == set()
    assert chosen("--id", second, "--id", "producers-3") == {second, third}
    assert chosen("--id", f"{aws.name}-key-order-1") == {second}
    assert chosen("--newer-than", "1h") == {first, second, third}
    assert chosen("--older-than", "1h") == set()
    assert len(chosen("--limit", "2")) == 2


@pytest.mark.parametrize("wrong", ["3", "h", "1w", "-1h", "1 h"])
def test_an_invalid_age_is_refused(aws: AwsEnvironment, wrong: str) -> None:
    assert aws.run("dead", "list", f"--older-than={wrong}") == 2


def test_a_skipped_search_of_the_log_is_reported(aws: AwsEnvironment, capsys: pytest.CaptureFixture[str]) -> None:
    aws.send("dead", [body()])

    assert aws.run("dead", "list", "--log-seconds", "0") == 0

    told = capsys.readouterr()
    assert "unknown" in told.out
    assert "note: the reasons of the failures are incomplete: it was not searched" in told.err
    assert aws.called("FilterLogEvents") == []


@pytest.mark.parametrize("arguments", [(), ("--each",), ("--bodies",)])
def test_a_hostile_message_is_shown_as_text(
    aws: AwsEnvironment, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    attributes = rejected(reason=HOSTILE, field="", code="[link=file:///]x") | {
        "hostile": {"DataType": "String", "StringValue": HOSTILE}
    }
    aws.send("invalid", [json.dumps(HOSTILE, ensure_ascii=False)], attributes)

    assert aws.run("invalid", "list", *arguments) == 0

    out = capsys.readouterr().out
    assert not {"\u009b", "\u202e", "\u2028", "\x1b"} & set(out)
    assert "[bold red]x[/]" in out
    assert ":skull:" in out
    assert "[link=file:///]x" in out
    assert ("body: " in out) is ("--bodies" in arguments)


def test_a_hostile_message_is_harmless_in_a_plan(aws: AwsEnvironment, capsys: pytest.CaptureFixture[str]) -> None:
    twice, keyed = '{"[red]x[/]": 1, "[red]x[/]": 2}', body(idempotency_key=HOSTILE)
    aws.send("dead", [twice, json.dumps(json.loads(keyed), ensure_ascii=False)])

    assert aws.run("dead", "redrive", "--each", "--dry-run") == 0

    out = capsys.readouterr().out
    assert not {"\u009b", "\u202e", "\u2028", "\x1b"} & set(out)
    assert "[red]x[/]" in out
    assert "[bold red]x[/]" in out.replace("\n", "")


def test_a_long_body_is_cut(aws: AwsEnvironment, capsys: pytest.CaptureFixture[str]) -> None:
    aws.send("dead", [body(text="x" * 5_000)])

    assert aws.run("dead", "list", "--bodies") == 0

    out = capsys.readouterr().out
    assert len(out) < 3_500
    assert "more characters; export has them all" in out


def test_an_exported_message_has_all_that_can_be_sent_again(aws: AwsEnvironment, tmp_path: Path) -> None:
    sent = aws.sqs.send_message(
        QueueUrl=aws.url("dead"),
        MessageBody=json.dumps(HOSTILE, ensure_ascii=False),
        MessageAttributes={
            "tenant": {"DataType": "String", "StringValue": "acme"},
            "digest": {"DataType": "Binary.sha", "BinaryValue": b"\x00\xff"},
            **own({"message_id": "first-1"}),
        },
        MessageSystemAttributes={"AWSTraceHeader": {"DataType": "String", "StringValue": "Root=1-5759e988-bd862e3fe"}},
        MessageGroupId="tenant-1",
    )
    aws.log_failures([sent["MessageId"]], "throttled", at=datetime.now(UTC) + timedelta(seconds=1))
    file = tmp_path / "out.jsonl"

    assert aws.run("dead", "export", str(file)) == 0

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    text = file.read_text("utf-8")
    assert not {"\u009b", "\u202e", "\u2028"} & set(text)
    (one,) = (json.loads(line) for line in text.splitlines())
    assert one["message_id"] == sent["MessageId"]
    assert one["first_message_id"] == "first-1"
    assert one["attributes"] == {
        "tenant": {"type": "String", "value": "acme"},
        "digest": {"type": "Binary.sha", "base64": "AP8="},
    }
    assert (one["trace_header"], one["group_id"]) == ("Root=1-5759e988-bd862e3fe", "tenant-1")
    assert json.loads(one["body"]) == HOSTILE
    assert (one["stage"], one["code"]) == ("store", "throttled")
    assert len(aws.messages("dead")) == 1


def test_a_file_is_not_overwritten_unasked(
    aws: AwsEnvironment, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "out.jsonl"
    file.write_text("mine")

    assert aws.run("dead", "export", str(file)) == 1
    assert "add --force" in capsys.readouterr().err
    assert aws.called("ReceiveMessage") == []
    assert file.read_text() == "mine"

    assert aws.run("dead", "export", str(file), "--force") == 0
    assert file.read_text() == ""


def test_a_file_that_cannot_be_written_is_reported(
    aws: AwsEnvironment, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert aws.run("dead", "export", str(tmp_path / "none" / "out.jsonl")) == 1
    assert "cannot be written" in capsys.readouterr().err
