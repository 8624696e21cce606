"""The deployed monitoring stack, and the metrics that a deployed pipeline really emits."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from pipeline_contracts import parse_message
from pipeline_e2e.deploying import Deployer
from pipeline_testing.bodies import TYPE, body
from pipeline_testing.repository_copy import REPOSITORY
from pipeline_testing.stages import SERVICES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local_aws.emulator import Emulator
    from pipeline_e2e.stack import Stack

MONITORING = REPOSITORY / "infra/monitoring"
PREFIX = "e2e-durable-pipeline-"

SIMPLE = {
    "dead-letters",
    "executions-failed",
    "executions-stopped",
    "executions-timed-out",
    "oldest-message",
    "outage",
    "table-throttles",
}
NOT_IN_MINISTACK = {"invalid-messages", "function-throttles", "storer-write-errors", "not-polled", "unhealthy"}
"""Alarms on metric math, and on other alarms."""

MISSPELT = body(processing_type=TYPE.upper())
TYPE_OF_MISSPELT = parse_message(MISSPELT).processing_type
"""The type of all messages if the model has only one processing type."""

Metric = tuple[str, frozenset[tuple[str, str]]]


@pytest.fixture
def cloudwatch(emulator: Emulator) -> Any:
    return emulator.endpoint.session().client("cloudwatch", endpoint_url=emulator.endpoint.url)


def emitted(stack: Stack, service: str) -> Iterator[dict[str, Any]]:
    """The records of the embedded metric format in a function's log."""
    for line in stack.log_lines(service):
        if '"_aws"' in line:
            yield json.loads(line[line.index("{") :])


def named(record: dict[str, Any]) -> Iterator[Metric]:
    """Yield the metrics of a record; of stage, code, nearest type and group, only that they exist."""
    for directive in record["_aws"]["CloudWatchMetrics"]:
        for dimensions in directive["Dimensions"]:
            values = {
                name: "*" if name in ("stage", "code", "nearest", "group") else record[name] for name in dimensions
            }
            for metric in directive["Metrics"]:
                yield metric["Name"], frozenset(values.items())


def listed() -> set[Metric]:
    """The metrics that infra/monitoring/metrics.yaml says the services emit."""
    entries = yaml.safe_load((MONITORING / "metrics.yaml").read_text(encoding="utf-8"))["DurablePipeline"]
    return {
        (name, frozenset({"environment": "e2e", **entry["dimensions"]}.items()))
        for entry in entries
        if "nearest" not in entry["dimensions"] or TYPE != TYPE_OF_MISSPELT
        for name in entry["metrics"]
    }


def test_a_run_with_every_outcome_emits_exactly_the_metrics_that_are_listed(stack: Stack) -> None:
    stack.send(body(), MISSPELT, "not json", group="acme")
    stack.wait_until_drained()
    with stack.without_table():
        stack.send(body(note="the secret"), group="acme")
        stack.wait_for_dead_letters(1)

    records = [record for service in ("orchestrator", *SERVICES) for record in emitted(stack, service)]

    assert {metric for record in records for metric in named(record)} == listed()
    assert {directive["Namespace"] for r in records for directive in r["_aws"]["CloudWatchMetrics"]} == {
        "DurablePipeline"
    }
    assert "the secret" not in json.dumps(records)
    failed = {(r["stage"], r["code"]) for r in records if "code" in r and "MessagesFailed" in r}
    assert failed >= {("store", "unavailable")}
    times = [value for r in records for value in r.get("SentToStored", [])]
    assert times
    assert all(0 < milliseconds < 60_000 for milliseconds in times)


def test_alarms_and_dashboard_are_deployed_with_the_root(cloudwatch: Any) -> None:
    alarms = cloudwatch.describe_alarms(AlarmNamePrefix=PREFIX)["MetricAlarms"]
    (dashboard,) = cloudwatch.list_dashboards(DashboardNamePrefix="e2e-durable-pipeline")["DashboardEntries"]
    drawn = cloudwatch.get_dashboard(DashboardName=dashboard["DashboardName"])["DashboardBody"]

    assert {alarm["AlarmName"].removeprefix(PREFIX) for alarm in alarms} == SIMPLE
    assert all(alarm["AlarmActions"][0].startswith("arn:aws:sns:") for alarm in alarms)
    (shown,) = [widget["properties"]["alarms"] for widget in json.loads(drawn)["widgets"] if widget["type"] == "alarm"]
    assert {arn.rpartition(":")[2].removeprefix(PREFIX) for arn in shown} == SIMPLE | NOT_IN_MINISTACK
    assert "${" not in drawn


def test_monitoring_is_deployed_and_deleted_alone(emulator: Emulator, cloudwatch: Any) -> None:
    deployer = Deployer(emulator.endpoint, "alone")
    deployer.deploy("shared")

    deployer.deploy("monitoring", parameters={"NoTrafficSeconds": "3600"})

    alarms = cloudwatch.describe_alarms(AlarmNamePrefix="alone-durable-pipeline-")["MetricAlarms"]
    assert {alarm["AlarmName"].removeprefix("alone-durable-pipeline-") for alarm in alarms} == SIMPLE | {"no-traffic"}
    deployer.delete("monitoring")
    assert not cloudwatch.describe_alarms(AlarmNamePrefix="alone-durable-pipeline-")["MetricAlarms"]
    deployer.delete("shared")


def test_the_rule_of_the_composite_alarm_is_understood(cloudwatch: Any) -> None:
    """MiniStack's CloudFormation cannot create one, so the rule is passed to its API."""
    template = (MONITORING / "template.yaml").read_text(encoding="utf-8")
    (written,) = re.findall(r"AlarmRule: !Sub >-\s+(.+)", template)
    rule = re.sub(r"\$\{(\w+)\}", lambda found: PREFIX + re.sub(r"(?<!^)(?=[A-Z])", "-", found[1]).lower(), written)

    cloudwatch.put_composite_alarm(AlarmName=f"{PREFIX}unhealthy", AlarmRule=rule)
    cloudwatch.set_alarm_state(AlarmName=f"{PREFIX}dead-letters", StateValue="ALARM", StateReason="a test")

    try:
        (composite,) = cloudwatch.describe_alarms(AlarmTypes=["CompositeAlarm"])["CompositeAlarms"]
        assert composite["StateValue"] == "ALARM"
    finally:  # other tests expect an environment in which no alarm is on
        cloudwatch.delete_alarms(AlarmNames=[f"{PREFIX}unhealthy"])
        cloudwatch.set_alarm_state(AlarmName=f"{PREFIX}dead-letters", StateValue="OK", StateReason="a test")
