"""The alarms of an environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline_cli.target import Target

ALARM = "ALARM"
"""The state of a firing alarm."""
_NO_DATA = "INSUFFICIENT_DATA"


def alarm_states(target: Target) -> Mapping[str, str]:
    """Return the state of each alarm by its name without the environment's prefix."""
    prefix = f"{target.environment}-durable-pipeline-"
    pages = (
        target.client("cloudwatch")
        .get_paginator("describe_alarms")
        .paginate(AlarmNamePrefix=prefix, AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    )
    found = [alarm for page in pages for kind in ("MetricAlarms", "CompositeAlarms") for alarm in page.get(kind, ())]
    return {alarm["AlarmName"].removeprefix(prefix): alarm["StateValue"] for alarm in found}


def firing(states: Mapping[str, str]) -> list[str]:
    """Return the names of the firing alarms."""
    return sorted(name for name, state in states.items() if state == ALARM)


def are_watching(states: Mapping[str, str]) -> bool:
    """Tell whether any alarm has data. If none has, the absence of firing alarms means nothing."""
    return any(state != _NO_DATA for state in states.values())


def summary(states: Mapping[str, str]) -> str:
    """Name the firing alarms; if there are none, say how many alarms there are, and how many of them lack data."""
    if not states:
        return "no alarm is deployed"
    quiet = sum(state == _NO_DATA for state in states.values())
    return ", ".join(firing(states)) or f"none of {len(states)} is on" + (f", {quiet} without data" if quiet else "")
