"""Why dead letters failed, according to the orchestrator's log."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError
from pipeline_cli.messages.failure import DIED, UNKNOWN, search_log

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aws_environment import AwsEnvironment
    from pipeline_cli.messages.failure import LoggedFailures

HOUR = timedelta(hours=1)
NOW = datetime.now(UTC).replace(microsecond=0)
LONG = 10.0


def search(aws: AwsEnvironment, *ids: str, since: datetime = NOW - 3 * HOUR) -> LoggedFailures:
    return search_log(aws.logs, aws.log_group, ids, since, seconds=LONG)


def test_the_last_line_of_a_message_counts(aws: AwsEnvironment) -> None:
    aws.log_failures(["a", "b"], "throttled", NOW - 2 * HOUR)
    aws.log_failures(["a"], "invoke_failed", NOW - HOUR, stage="transform", reason="timed out", executionArn="arn:1")

    found = search(aws, "a", "b", "c")

    assert found.incomplete == ""
    a = found.of("a")
    assert (a.stage, a.code, a.reason, a.execution_arn) == ("transform", "invoke_failed", "timed out", "arn:1")
    assert (a.at, a.repeats) == (NOW - HOUR, True)
    assert (found.of("b").code, found.of("b").repeats) == ("throttled", False)
    assert (found.of("c").code, found.of("c").repeats) == (DIED, False)


def test_only_lines_since_the_oldest_message_are_searched(aws: AwsEnvironment) -> None:
    aws.log_failures(["a"], at=NOW - 2 * HOUR)

    assert search(aws, "a", since=NOW - HOUR).of("a").code == DIED


def test_other_lines_with_the_same_words_are_no_failures(aws: AwsEnvironment) -> None:
    lines = [
        json.dumps({"message": "no message failed", "message_id": "a", "code": "x"}),
        json.dumps(["message failed"]),
        "message failed",
        "[" * 100_000 + "message failed",
    ]
    aws.log_lines(lines)

    assert search(aws, "a").of("a").code == DIED


class Logs:
    """A log whose pages are slow or refused."""

    def __init__(self, aws: AwsEnvironment, *, refuse: bool = False) -> None:
        self._logs = aws.logs
        self._refuse = refuse
        self.now = 0.0

    def get_paginator(self, name: str) -> Logs:
        return self

    def paginate(self, **call: Any) -> Iterator[dict[str, Any]]:
        for _ in range(3):
            self.now += LONG * 2 / 3
            yield self._logs.filter_log_events(**call) | {"nextToken": "more"}
            if self._refuse:
                raise ClientError({"Error": {"Code": "ThrottlingException"}}, "FilterLogEvents")


def test_a_search_that_takes_too_long_says_so(aws: AwsEnvironment) -> None:
    aws.log_failures(["a"])
    logs = Logs(aws)

    found = search_log(logs, aws.log_group, ["a", "b"], NOW - HOUR, seconds=LONG, clock=lambda: logs.now)

    assert "took longer than 10 s" in found.incomplete
    assert logs.now == LONG * 4 / 3
    assert found.of("a").code == "throttled"
    assert found.of("b").code == UNKNOWN


def test_a_search_that_is_refused_says_so(aws: AwsEnvironment) -> None:
    aws.log_failures(["a"])

    found = search_log(Logs(aws, refuse=True), aws.log_group, ["a"], NOW - HOUR, seconds=LONG)

    assert "could not be searched" in found.incomplete
    assert "ThrottlingException" in found.incomplete
    assert found.of("a").code == "throttled"


def test_a_log_that_does_not_exist_leaves_reasons_unknown(aws: AwsEnvironment) -> None:
    found = search_log(aws.logs, "/aws/lambda/none", ["a"], NOW - HOUR, seconds=LONG)

    assert "ResourceNotFoundException" in found.incomplete
    assert found.of("a").code == UNKNOWN
