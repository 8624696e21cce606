"""Searching the orchestrator's log for a message: the only place that names its executions.

https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
"""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

RECEIVED, REJECTED, FAILED = "batch is received", "message is rejected", "message failed"

# Characters that a pattern in double quotes takes literally. https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
_PLAIN = re.compile(r"[0-9A-Za-z_.:/@#+=-]+")


@dataclass(frozen=True)
class LogLine:
    """A line of the orchestrator's log that concerns the message."""

    at: datetime
    execution: str
    message: str
    fields: dict[str, Any] = field(repr=False)

    def text(self, name: str) -> str:
        """Return a field; empty if the line does not have it."""
        value = self.fields.get(name)
        return value if isinstance(value, str) else ""

    @property
    def message_ids(self) -> list[str]:
        """The ids of the messages that it concerns."""
        listed = self.fields.get("message_ids")
        return (
            [one for one in listed if isinstance(one, str)] if isinstance(listed, list) else [self.text("message_id")]
        )

    @property
    def first_message_ids(self) -> dict[str, str]:
        """The original ids of the messages that were sent again."""
        listed = self.fields.get("first_message_ids")
        return listed if isinstance(listed, dict) else {}

    def names(self, identity: str) -> bool:
        """Whether it concerns a message or a record, by any of its ids."""
        others = (self.text("execution_id"), *self.first_message_ids.values())
        return identity in self.message_ids or identity in others


class LogSearch:
    """Searches of one log group, with a common time limit."""

    def __init__(
        self,
        client: Any,
        group: str,
        since: datetime,
        seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Search the log since a time, for a number of seconds."""
        self.group = group
        self.since = since
        self.seconds = seconds
        self.complete = True
        """Whether every search reached the end of the log."""
        self._client = client
        self._clock = clock
        self._latest = clock() + seconds

    def lines(self, identity: str) -> list[LogLine]:
        """Find the lines about a message or a record, oldest first."""
        found = (_line(event) for event in self._events(_pattern(identity)))
        return sorted((line for line in found if line and line.names(identity)), key=lambda line: line.at)

    def _events(self, pattern: str) -> Iterator[dict[str, Any]]:
        request = {
            "logGroupName": self.group,
            "filterPattern": pattern,
            "startTime": int(self.since.timestamp() * 1_000),
        }
        while True:
            if self._clock() > self._latest:
                self.complete = False
                return
            try:
                answer = self._client.filter_log_events(**request)
            except ClientError as error:
                if error.response["Error"]["Code"] == "ResourceNotFoundException":
                    return  # on the emulated AWS, a function that has never run has no log group
                raise
            yield from answer["events"]
            if not answer.get("nextToken"):
                return
            request["nextToken"] = answer["nextToken"]


def _pattern(identity: str) -> str:
    """Quote the longest part of an id that needs no escaping in the log; `LogLine.names` compares the whole id."""
    parts = _PLAIN.findall(json.dumps(identity))
    return f'"{max(parts, key=len)}"'


def _line(event: dict[str, Any]) -> LogLine | None:
    try:
        fields = json.loads(event["message"])
    except ValueError:
        return None
    if not isinstance(fields, dict) or not isinstance(fields.get("executionArn"), str):
        return None
    at = datetime.fromtimestamp(event["timestamp"] / 1_000, UTC)
    return LogLine(at, fields["executionArn"], str(fields.get("message", "")), fields)
