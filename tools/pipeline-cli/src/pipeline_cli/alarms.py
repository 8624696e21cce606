"""The alarms of an environment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline_cli.target import Target

ALARM = "ALARM"
"""The state of a firing alarm."""


def alarm_states(target: Target, **only: Any) -> Mapping[str, str]:
    """Return the state of each alarm by its name without the environment's prefix; ``only`` is for DescribeAlarms."""
    prefix = f"{target.environment}-durable-pipeline-"
    pages = (
        target.client("cloudwatch")
        .get_paginator("describe_alarms")
        .paginate(AlarmNamePrefix=prefix, AlarmTypes=["MetricAlarm", "CompositeAlarm"], **only)
    )
    found = [alarm for page in pages for kind in ("MetricAlarms", "CompositeAlarms") for alarm in page.get(kind, ())]
    return {alarm["AlarmName"].removeprefix(prefix): alarm["StateValue"] for alarm in found}
