"""Searching the log: with a pattern that fits any id, page by page, for a limited time."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from pipeline_cli.executions.log_search import LogSearch
from recorded_aws import RecordedAws

SINCE = datetime(2026, 11, 22, tzinfo=UTC)


class Log:
    """A log group with one line per page, which may be endless."""

    def __init__(self, *lines: Any, endless: bool = False) -> None:
        self._lines = lines
        self._endless = endless
        self.requests: list[dict[str, Any]] = []

    def filter_log_events(self, **request: Any) -> dict[str, Any]:
        self.requests.append(request)
        place = int(request.get("nextToken", 0))
        line = self._lines[min(place, len(self._lines) - 1)]
        event = {"timestamp": 1_795_689_875_000 + place, "message": line if isinstance(line, str) else json.dumps(line)}
        more = self._endless or place + 1 < len(self._lines)
        return {"events": [event]} | ({"nextToken": str(place + 1)} if more else {})


def received(*ids: Any, **fields: Any) -> dict[str, Any]:
    return {"message": "batch is received", "executionArn": "arn", "message_ids": list(ids), **fields}


def test_all_pages_are_read_from_a_moment_on() -> None:
    aws = RecordedAws("isolated")
    log = Log(received("m"), received("m"), received("another"))

    search = LogSearch(log, "group", SINCE, 60)

    assert len(search.lines("m")) == 2
    assert [request["logGroupName"] for request in log.requests] == ["group"] * 3
    assert {request["startTime"] for request in log.requests} == {int(SINCE.timestamp() * 1_000)}
    assert len(LogSearch(aws, "group", SINCE, 60).lines(aws.ids["poison"])) == 4


def test_a_search_that_takes_too_long_is_cut_off() -> None:
    log = Log(received("m"), endless=True)
    clock = itertools.count(0, 10)

    search = LogSearch(log, "group", SINCE, 35, lambda: next(clock))

    assert len(search.lines("m")) == 3
    assert not search.complete


@pytest.mark.parametrize(
    ("identity", "pattern"),
    [
        ("19dd0b57-b21e", '"19dd0b57-b21e"'),
        ("dev-key-orders of köln", '"dev-key-orders"'),
        ('dev-key-say "hello" to-the-whole-world', '"to-the-whole-world"'),
        ("dev-key-\u2028\x1b", '"dev-key-"'),
    ],
)
def test_the_longest_part_of_an_id_that_needs_no_escape_is_searched(identity: str, pattern: str) -> None:
    line = {"message": "message failed", "executionArn": "arn", "message_id": "m", "execution_id": identity}
    log = Log(line, line | {"execution_id": identity + "0"})

    found = LogSearch(log, "group", SINCE, 60).lines(identity)

    assert log.requests[0]["filterPattern"] == pattern
    assert [one.fields for one in found] == [line]
    assert pattern.strip('"') in json.dumps(identity)


@pytest.mark.parametrize(
    "line",
    [
        "START RequestId: m",
        "[]",
        {"message": "m"},
        {"executionArn": 5, "message_ids": ["m"]},
        received("other", note="m"),
    ],
)
def test_lines_about_other_messages_are_ignored(line: Any) -> None:
    assert LogSearch(Log(line), "group", SINCE, 60).lines("m") == []


@pytest.mark.parametrize("fields", [{"message_ids": [5, None]}, {"first_message_ids": ["m"]}, {"message_ids": "m"}])
def test_a_line_of_other_shape_does_no_harm(fields: dict[str, Any]) -> None:
    assert LogSearch(Log({"executionArn": "arn", **fields}), "group", SINCE, 60).lines("m") == []


def test_a_function_that_has_never_run_has_no_lines() -> None:
    aws = RecordedAws("stored")
    aws.refused["FilterLogEvents"] = "ResourceNotFoundException"

    assert LogSearch(aws, "group", SINCE, 60).lines(aws.ids["small"]) == []
