"""`trace`, `history` and `executions` from the command line: their output and exit status."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from pipeline_cli.app import main
from pipeline_cli.commands import tracing
from pipeline_cli.executions.log_search import LogSearch
from recorded_aws import DEAD_LETTERS, RecordedAws, recorded_model
from traced import RECORDED

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

Run = tuple[int, str, str]
HOSTILE = "\x1b]0;owned\x07\u202e[red]:boom:"


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Run]:
    monkeypatch.setattr(tracing, "_now", lambda: RECORDED)

    def run(aws: RecordedAws, *words: str) -> Run:
        monkeypatch.setattr(tracing, "target", lambda env, *, local: aws.target)
        status = main(words)
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    return run


def column(text: str, start: str) -> list[str]:
    """Return the lines of a table with that beginning, without the bar."""
    return [line.rstrip(" █░") for line in text.splitlines() if line.startswith(start)]


def test_a_trace_has_text_and_a_timeline(run: Callable[..., Run]) -> None:
    aws = RecordedAws("isolated")

    status, text, problems = run(aws, "trace", aws.ids["throttled"])

    assert (status, problems) == (0, "")
    assert "sent     2026-11-26 10:44:35 UTC" in text
    assert "now      in the table\n" in "\n".join(line.rstrip() for line in text.splitlines()) + "\n"
    assert (
        "receipt  message 23a103ee-f334-4638-ac2c-acf169514b96, stored at 2026-11-26T10:45:02.608831Z, digest" in text
    )
    assert "1:beP22aP2gIMSyT62dpaGEY-uZZnkjmE4E4BvLfVAucQ" in text
    assert "delivery 1, 2026-11-26 10:44:36 UTC: failed: store, throttled: the table is throttled" in text
    assert "delivery 2, 2026-11-26 10:44:53 UTC: stored" in text
    assert "batch      10 messages; chunk 1 of 1, 8 records" in text
    assert "transform  failed 3 times: Runtime.HandlerError: Worker process died" in text
    assert "store      alone: was not finished once: throttled: the table is throttled" in text
    assert column(text, "  wait") == [
        "  wait                  +0.25  2.01 s",
        "  wait                  +3.41  3.02 s",
        "  wait                 +0.82 2.01 s",
        "  wait                 +3.53 4.02 s",
    ]
    assert column(text, "    store") == [
        "    store              +13.33  0.07 s unfinished: throttled",
        "    store              +8.65 0.04 s stored",
    ]


def test_bars_are_where_the_time_is(run: Callable[..., Run]) -> None:
    aws = RecordedAws("stored")

    _, text, _ = run(aws, "trace", aws.ids["small"])

    drawn = [line for line in text.splitlines() if "█" in line]
    began = [line.index("█") for line in drawn]
    ended = [line.rindex("█") for line in drawn]
    execution, validate, transform, store = range(4)
    assert began == sorted(began)
    assert began[execution] < began[validate] <= ended[validate] <= began[transform] <= ended[transform]
    assert ended[transform] <= began[store]
    assert ended[store] == ended[execution] == max(map(len, drawn)) - 2
    # The execution took 4.2 s, and the table 1.56 s of them.
    assert (ended[store] - began[store]) / (ended[execution] - began[execution]) == pytest.approx(1.56 / 4.2, abs=0.02)


def test_an_invoke_that_was_never_answered_ends_with_its_execution(run: Callable[..., Run]) -> None:
    aws = RecordedAws("stopped")

    _, text, _ = run(aws, "trace", aws.ids["slow"])

    assert column(text, "  transform") == [
        "  transform  unanswered",
        "  transform +0.06 not ended unanswered",
        "  transform  passed",
        "  transform  +0.03 20.50 s passed",
    ]
    stopped = "its execution is STOPPED: Execution stopped by user request"
    assert f"{stopped}; all messages of its batch are redelivered" in text


@recorded_model
def test_a_failure_that_nothing_explains_says_so(run: Callable[..., Run]) -> None:
    aws = RecordedAws("stored")
    end = aws.executions[0]["events"][-1]["ExecutionSucceededDetails"]
    end["Result"]["Payload"] = json.dumps({"batchItemFailures": [{"itemIdentifier": aws.ids["small"]}]})

    _, text, _ = run(aws, "trace", aws.ids["small"])

    assert "UTC: failed: no reason is recorded; its chunk was not run, or ended in an unexpected error" in text


def test_bodies_are_shown_only_if_asked(run: Callable[..., Run]) -> None:
    aws = RecordedAws("isolated")
    body = '"note": "mark-poison"'

    for words in (["trace", aws.ids["poison"]], ["trace", aws.ids["poison"], "--json"], ["history", _arn(aws)]):
        assert "mark-" not in run(aws, *words)[1]
    assert body in run(aws, "trace", aws.ids["poison"], "--bodies")[1]
    (message,) = json.loads(run(aws, "trace", aws.ids["poison"], "--bodies", "--json")[1])["messages"]
    assert body in message["deliveries"][0]["body"]
    assert "mark-poison" in run(aws, "history", _arn(aws), "--bodies")[1]


def test_a_trace_is_json(run: Callable[..., Run]) -> None:
    aws = RecordedAws("isolated")

    status, text, _ = run(aws, "trace", aws.ids["poison"], "--json")

    assert status == 0
    found = json.loads(text)
    assert found["asked"] == aws.ids["poison"]
    assert found["searched"] == {
        "log_group": "/aws/lambda/local-durable-pipeline-orchestrator",
        "since": "2026-11-22T11:00:00Z",
        "complete": True,
    }
    (message,) = found["messages"]
    assert message["now"][0]["where"] == "dead-letter queue"
    assert message["item"] is None
    first = message["deliveries"][0]
    assert (first["number"], first["outcome"], first["own_fault"]) == (1, "failed", True)
    assert first["reason"]["code"] == "invoke_failed"
    assert [visit["error"] and visit["error"]["type"] for visit in first["visits"]] == [
        None,
        *["Runtime.HandlerError"] * 4,
    ]
    assert first["timeline"][0]["operation"] == "execution"


def test_text_of_others_is_harmless(run: Callable[..., Run]) -> None:
    aws = RecordedAws("isolated")
    for event in aws.executions[0]["events"]:
        if event["EventType"] == "ChainedInvokeFailed":
            event["ChainedInvokeFailedDetails"]["Error"]["Payload"] = {"ErrorType": HOSTILE, "ErrorMessage": HOSTILE}
    for line in aws.log:
        line["message"] = line["message"].replace("Runtime.HandlerError", json.dumps(HOSTILE)[1:-1])

    for words in (["trace", aws.ids["poison"]], ["history", _arn(aws)]):
        status, text, _ = run(aws, *words)
        assert status == 0
        assert not {"\x1b", "\x07", "\u202e"} & set(text)
        assert "\\u001b]0;owned\\u0007\\u202e[red]:boom:" in text.replace("\n", "").replace("│", "").replace(" ", "")


def test_a_hostile_id_is_harmless(run: Callable[..., Run]) -> None:
    status, text, problems = run(RecordedAws("stored"), "trace", f"local-key-{HOSTILE}")

    assert (status, text) == (1, "")
    assert not {"\x1b", "\x07", "\u202e"} & set(problems)


def test_nothing_found_says_what_was_searched(run: Callable[..., Run]) -> None:
    status, text, problems = run(RecordedAws("stored"), "trace", "19dd0b57-b21e-4ac1", "--since", "6h")

    assert (status, text) == (1, "")
    group = "/aws/lambda/local-durable-pipeline-orchestrator"
    assert f"no line in {group} since 2026-11-26 05:00:00 UTC, and no item in the table" in problems
    assert "try a longer --since" in problems


def test_a_search_that_was_cut_off_is_no_success(run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> None:
    aws = RecordedAws("isolated")
    times = iter([0.0, 0.0, 0.0, 0.0, 61.0])

    def slow(client: Any, group: str, since: datetime, seconds: float) -> LogSearch:
        return LogSearch(client, group, since, seconds, lambda: next(times, 61.0))

    monkeypatch.setattr(tracing, "LogSearch", slow)
    aws.log = [line for line in aws.log if aws.ids["poison"] in line["message"]] * 6

    status, text, problems = run(aws, "trace", aws.ids["poison"], "--search-seconds", "60")

    assert status == 1
    assert "delivery 1" in text
    assert "was not searched to its end within 60 s: narrow it with --since" in problems


@pytest.mark.parametrize("operation", ["GetItem", "GetDurableExecutionHistory"])
def test_what_could_not_be_read_is_no_success(run: Callable[..., Run], operation: str) -> None:
    aws = RecordedAws("stored")
    aws.refused[operation] = "AccessDeniedException"

    status, text, problems = run(aws, "trace", aws.ids["small"])

    assert status == 1
    assert "cannot be read: AccessDeniedException" in text
    assert "not everything could be read" in problems


def test_a_log_that_may_not_be_read_is_reported(run: Callable[..., Run]) -> None:
    aws = RecordedAws("stored")
    aws.refused["FilterLogEvents"] = "AccessDeniedException"

    status, text, problems = run(aws, "trace", aws.ids["small"])

    assert (status, text) == (1, "")
    assert "not allowed: FilterLogEvents" in problems


def test_the_queues_are_looked_at_only_if_asked(run: Callable[..., Run]) -> None:
    aws = RecordedAws("isolated")
    attributes = {"ApproximateReceiveCount": "1"}
    aws.messages[DEAD_LETTERS] = [
        {"MessageId": message_id, "ReceiptHandle": message_id, "Attributes": attributes}
        for message_id in (*map(str, range(25)), aws.ids["poison"])
    ]

    assert "(deduced)" in run(aws, "trace", aws.ids["poison"])[1]
    assert "ReceiveMessage" not in aws.asked

    text = run(aws, "trace", aws.ids["poison"], "--queues")[1]
    assert "now      it was seen in the dead-letter queue" in text
    assert "(deduced)" not in text
    assert aws.asked.count("ChangeMessageVisibilityBatch") == 3


def test_a_history_is_a_tree(run: Callable[..., Run]) -> None:
    aws = RecordedAws("chunks")

    status, text, _ = run(aws, "history", _arn(aws))

    assert status == 0
    lines = [line.rstrip() for line in text.splitlines()]
    assert lines[1] == "execution  SUCCEEDED  12.74 s  21 invocations"
    assert lines[2] == "├── chunks  SUCCEEDED  12.69 s  +0.02"
    assert "│   ├── validate  SUCCEEDED  2.96 s  +0.04  10 records  1 rejected  1,547 bytes → 1,336 bytes" in lines
    failed = "transform  FAILED  0.07 s  +12.48  1 record  221 bytes  Runtime.HandlerError: Worker process died"
    assert f"│   │   ├── {failed}" in lines
    assert lines[-1] == "└── redeliver  SUCCEEDED  0.00 s  +12.73"


def test_a_history_of_one_record_has_only_its_operations_and_entries(run: Callable[..., Run]) -> None:
    aws = RecordedAws("chunks")
    record = f"local-esm-{aws.ids['good']}"

    _, text, _ = run(aws, "history", _arn(aws), "--id", record, "--bodies")

    names = [
        line.strip("│├└─ ").partition("  ")[0] for line in text.splitlines() if "SUCCEEDED" in line or "FAILED" in line
    ]
    retried = ["transform", "transform-backoff-1", "transform", "transform-backoff-2", "transform"]
    assert names == ["execution", "chunks", "validate", *retried, "isolate-others", "transform", "store"]
    assert set(aws.ids.values()) & set(_ids_in(text)) == {aws.ids["good"]}


def test_a_history_is_json(run: Callable[..., Run]) -> None:
    aws = RecordedAws("stored")

    plain = json.loads(run(aws, "history", _arn(aws), "--json")[1])
    whole = json.loads(run(aws, "history", _arn(aws), "--json", "--bodies")[1])

    assert plain["execution"]["status"] == "SUCCEEDED"
    assert [(one["name"], one["records"], one["status"]) for one in plain["operations"]] == [
        (stage, 2, "SUCCEEDED") for stage in ("validate", "transform", "store")
    ]
    assert "input" not in plain["operations"][0]
    # The request was compressed, and is decoded here.
    assert [record["execution_id"] for record in whole["operations"][0]["input"]["records"]] == [
        f"local-esm-{aws.ids['small']}",
        f"local-esm-{aws.ids['large']}",
    ]


def test_an_execution_is_found_by_its_name(run: Callable[..., Run]) -> None:
    aws = RecordedAws("stored")

    assert run(aws, "history", aws.executions[0]["described"]["DurableExecutionName"])[0] == 0
    status, _, problems = run(aws, "history", "another")
    assert status == 1
    assert "there is no execution named another" in problems


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["history", "an/arn"], "there is no execution an/arn: Lambda keeps histories for a limited time"),
        (["history", "", "--id", "local-esm-unknown"], "the execution has no operation of local-esm-unknown"),
    ],
)
def test_unknown_executions_and_records_are_reported(run: Callable[..., Run], words: list[str], problem: str) -> None:
    aws = RecordedAws("stored")

    status, text, problems = run(aws, *(word or _arn(aws) for word in words))

    assert (status, text) == (1, "")
    assert problem in problems


@pytest.mark.parametrize("oldest_first", [True, False])
def test_executions_are_listed_the_newest_first_whatever_the_service_does(
    run: Callable[..., Run], *, oldest_first: bool
) -> None:
    aws = RecordedAws("stored", "isolated", "duplicates", "died", "stopped")
    aws.lists_oldest_first = oldest_first

    def listed(*words: str) -> list[dict[str, Any]]:
        status, text, _ = run(aws, "executions", "--json", *words)
        assert status == 0
        found: list[dict[str, Any]] = json.loads(text)
        return found

    everything = [one["started"] for one in listed()]
    assert everything == sorted(everything, reverse=True)
    assert len(everything) == len(aws.executions) == 9
    assert [one["status"] for one in listed("--status", "failed,STOPPED")] == ["FAILED", "STOPPED", "FAILED"]
    assert [one["started"] for one in listed("--limit", "2")] == everything[:2]
    assert len(listed("--since", "15m")) == 6


def test_executions_are_a_table(run: Callable[..., Run]) -> None:
    aws = RecordedAws("died")

    status, text, _ = run(aws, "executions")

    assert status == 0
    assert "2026-11-26 10:46:34 FAILED 0.02 s 1    5272d8bc-84f9-49bd-982c-49e7cbf7f6e4" in text
    assert "no executions match" in run(aws, "executions", "--status", "RUNNING")[1]


@pytest.mark.parametrize(
    "words",
    [
        ["executions", "--status", "BROKEN"],
        ["executions", "--since", "yesterday"],
        ["trace", "m", "--since", "0h"],
        ["executions", "--limit", "0"],
    ],
)
def test_a_wrong_command_line_is_refused(run: Callable[..., Run], words: list[str]) -> None:
    assert run(RecordedAws("stored"), *words)[0] == 2


def _arn(aws: RecordedAws) -> str:
    arn: str = aws.executions[0]["described"]["DurableExecutionArn"]
    return arn


def _ids_in(text: str) -> list[str]:
    return [word for word in text.replace("local-esm-", " ").replace('"', " ").split() if len(word) == 36]
