"""The outcomes of messages in the last minutes, and the age of the oldest ones."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline_cli.target import Target

WINDOW = timedelta(minutes=5)
"""The time that the totals cover."""
HISTORY = timedelta(minutes=10)
"""The time that the minutes cover; CloudWatch gets SQS's numbers once a minute, some minutes late."""
_NAMES = ("received", "stored", "rejected", "failed")
_DONE = "batch is done"
_PAGES = 10


@dataclass(frozen=True)
class Minute:
    """Deliveries that ended in one minute."""

    at: datetime
    """The beginning of the minute."""
    received: int = 0
    stored: int = 0
    rejected: int = 0
    failed: int = 0


@dataclass(frozen=True)
class RecentOutcomes:
    """Deliveries that ended in the last minutes: a message that fails and is redelivered counts once per delivery."""

    received: int
    stored: int
    rejected: int
    failed: int
    source: str
    """The source of the numbers: metrics, or the log of the orchestrator."""
    complete: bool = True
    """False if only a part of the log was read."""
    minutes: tuple[Minute, ...] = ()
    """The minutes, newest last, without those in which nothing ended."""

    @property
    def per_second(self) -> float:
        """Messages received per second."""
        return self.received / WINDOW.total_seconds()


@dataclass(frozen=True)
class Metrics:
    """The metrics in CloudWatch."""

    outcomes: RecentOutcomes | None
    """None if the pipeline has no metrics in these minutes."""
    oldest_seconds: Mapping[str, float]
    """The age of the oldest message by queue; an empty queue has none."""


def read_metrics(target: Target, queues: Mapping[str, str], now: datetime) -> Metrics:
    """Read the metrics, including those of the queues with these names and URLs, in one call."""
    own = [
        {"Name": "environment", "Value": target.environment},
        {"Name": "service", "Value": "orchestrator"},
    ]
    queries = [_query(name, "DurablePipeline", f"Messages{name.capitalize()}", own, "Sum") for name in _NAMES] + [
        _query(
            f"oldest{number}",
            "AWS/SQS",
            "ApproximateAgeOfOldestMessage",
            [{"Name": "QueueName", "Value": url.rpartition("/")[2]}],
            "Maximum",
        )
        for number, url in enumerate(queues.values())
    ]
    answer = target.client("cloudwatch").get_metric_data(
        MetricDataQueries=queries, StartTime=now - HISTORY, EndTime=now, ScanBy="TimestampDescending"
    )
    points = {
        result["Id"]: sorted(zip(result["Timestamps"], result["Values"], strict=True), reverse=True)
        for result in answer["MetricDataResults"]
    }
    oldest = {name: points.get(f"oldest{number}") for number, name in enumerate(queues)}
    return Metrics(
        outcomes=_outcomes({name: points.get(name, []) for name in _NAMES}, now - WINDOW),
        oldest_seconds={name: found[0][1] for name, found in oldest.items() if found},
    )


def read_log(target: Target, now: datetime) -> RecentOutcomes:
    """Read the lines that the orchestrator logs at the end of each batch; at most ten pages of the log."""
    minutes: dict[datetime, Counter[str]] = {}
    counts: Counter[str] = Counter()
    request: dict[str, Any] = {
        "logGroupName": target.resources.log_group,
        "startTime": int((now - HISTORY).timestamp() * 1_000),
        "filterPattern": f'"{_DONE}"',
    }
    for _ in range(_PAGES):
        answer = target.client("logs").filter_log_events(**request)
        for event in answer["events"]:
            at, told = datetime.fromtimestamp(event["timestamp"] / 1_000, UTC), _counts_of(event["message"])
            minutes.setdefault(_minute(at), Counter()).update(told)
            counts.update(told if at >= now - WINDOW else {})
        if "nextToken" not in answer:
            break
        request["nextToken"] = answer["nextToken"]
    received, stored, rejected, failed = (counts[name] for name in _NAMES)
    return RecentOutcomes(
        received,
        stored,
        rejected,
        failed,
        source="log",
        complete="nextToken" not in answer,
        minutes=tuple(Minute(at, **minutes[at]) for at in sorted(minutes) if minutes[at].total()),
    )


def _query(name: str, namespace: str, metric: str, dimensions: list[dict[str, str]], statistic: str) -> dict[str, Any]:
    described = {"Namespace": namespace, "MetricName": metric, "Dimensions": dimensions}
    return {"Id": name, "MetricStat": {"Metric": described, "Period": 60, "Stat": statistic}}


def _outcomes(points: Mapping[str, list[tuple[datetime, float]]], since: datetime) -> RecentOutcomes | None:
    # A minute's values have the time of its beginning.
    since = _minute(since.astimezone(UTC))
    recent = {name: [value for at, value in found if at >= since] for name, found in points.items()}
    if not recent["received"]:
        return None
    received, stored, rejected, failed = (round(sum(recent[name])) for name in _NAMES)
    known = {name: {at: round(value) for at, value in found} for name, found in points.items()}
    times = sorted({at for found in known.values() for at in found})
    minutes = tuple(Minute(at, **{name: known[name].get(at, 0) for name in _NAMES}) for at in times)
    return RecentOutcomes(received, stored, rejected, failed, source="metrics", minutes=minutes)


def _minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)


def _counts_of(line: str) -> dict[str, int]:
    """Read one line; other lines that contain the same words count as nothing."""
    try:
        said = json.loads(line[line.index("{") :])
        return {name: int(said[name]) for name in _NAMES} if said["message"] == _DONE else {}
    except (KeyError, TypeError, ValueError):
        return {}
