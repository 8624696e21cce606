"""The data in the handlers' logs: their times, the messages they stored, and the billed bytes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mypy_boto3_logs import CloudWatchLogsClient

OWN = "bench:"
EVENT_BYTES = 26
"""Added to the bytes of each event: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html"""


@dataclass
class LogTally:
    """Sums over the log of one function."""

    invocations: int = 0
    handler_seconds: float = 0.0
    computing_seconds: float = 0.0
    billed_bytes: int = 0
    """Of all events except those of the benchmark."""
    stored: dict[str, float] = field(default_factory=dict)
    """When each message was stored, by its id, in seconds since 1970; logged only by ordinary functions."""

    def add(self, event: str) -> None:
        """Count one event."""
        words = event.split()
        if words[:1] != [OWN]:
            self.billed_bytes += len(event.encode()) + EVENT_BYTES
        elif words[1:3] == ["stored", "at"]:
            self.stored |= dict.fromkeys(words[4:], float(words[3]))
        else:
            self.invocations += 1
            self.handler_seconds += float(words[1])
            self.computing_seconds += float(words[3])


def read_log(client: CloudWatchLogsClient, function: str, since: float) -> LogTally:
    """Add up the log of a function since a time, in seconds since 1970."""
    pages = client.get_paginator("filter_log_events").paginate(
        logGroupName=f"/aws/lambda/{function}", startTime=int(1_000 * since)
    )
    return tally(event["message"] for page in pages for event in page["events"])


def tally(events: Iterable[str]) -> LogTally:
    """Add up events."""
    found = LogTally()
    for event in events:
        found.add(event)
    return found
