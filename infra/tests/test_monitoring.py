"""Alarms and dashboard: each metric exists, each alarm reaches somebody, and no widget lies on another."""

import itertools
import json
import re
import tomllib
from pathlib import Path

import pytest
import yaml

REPOSITORY = Path(__file__).parents[2]
METRICS = yaml.safe_load((REPOSITORY / "infra/monitoring/metrics.yaml").read_text())
RUNBOOK = (REPOSITORY / "docs/operations.md").read_text()
ALARM, COMPOSITE = "AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm"
COLUMNS = 24
DECIMAL = re.compile(r"\d+\.\d+")

VALUES = {
    "EnvironmentName": "dev",
    "ProcessedDataTable": "table",
    "RunbookUrl": "docs/operations.md",
    "OldestMessageSeconds": "1800",
}


def filled_in(text):
    """A Fn::Sub with its parameters; what refers to resources becomes their names."""
    return re.sub(r"\$\{([^}]+)\}", lambda found: VALUES.get(found[1], found[1]), text)


def value(entry):
    match entry:
        case {"Fn::Sub": text}:
            return filled_in(text)
        case {"Ref": name}:
            return VALUES.get(name, name)
        case _:
            return entry


def known(namespace, metric, dimensions):
    """Whether the list has a metric with exactly these dimensions."""
    for entry in METRICS.get(namespace, []):
        if metric not in entry["metrics"]:
            continue
        if namespace == "DurablePipeline":
            expected = {"environment": "dev", **entry["dimensions"]}
            if dimensions.keys() == expected.keys() and all(
                dimensions[name] == wanted or "*" in (wanted, dimensions[name]) for name, wanted in expected.items()
            ):
                return True
        elif sorted(dimensions) == entry["dimensions"]:
            return True
    return False


def alarms(template):
    return {name: r["Properties"] for name, r in template["Resources"].items() if r["Type"] == ALARM}


def metrics_of(alarm):
    """The metrics of an alarm: namespace, name and dimensions."""
    stats = [m["MetricStat"]["Metric"] for m in alarm.get("Metrics", []) if "MetricStat" in m] or [alarm]
    for stat in stats:
        dimensions = {d["Name"]: value(d["Value"]) for d in stat["Dimensions"]}
        yield stat["Namespace"], stat["MetricName"], dimensions


@pytest.fixture
def widgets(monitoring):
    body = monitoring["Resources"]["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    return json.loads(filled_in(body))["widgets"]


def metrics_shown(widgets):
    """The metrics of the dashboard: namespace, name and dimensions, those of a search with an asterisk."""
    for widget in widgets:
        for metric in widget["properties"].get("metrics", []):
            words = [word for word in metric if isinstance(word, str)]
            if words:
                yield words[0], words[1], dict(zip(words[2::2], words[3::2], strict=True))
            for schema, name, rest in re.findall(
                r"SEARCH\('\{([^}]+)\} MetricName=\"(\w+)\"([^']*)'",
                metric[0].get("expression", "") if not words else "",
            ):
                namespace, *names = schema.split(",")
                given = dict(re.findall(r'(\w+)="([^"]+)"', rest))
                yield namespace, name, {dimension: given.get(dimension, "*") for dimension in names}


def test_every_metric_of_an_alarm_exists(any_template):
    named = [metric for alarm in alarms(any_template).values() for metric in metrics_of(alarm)]

    assert len(named) >= len(alarms(any_template))
    assert not [metric for metric in named if not known(*metric)]


def test_every_metric_of_the_dashboard_exists(widgets):
    shown = list(metrics_shown(widgets))

    assert {namespace for namespace, *_ in shown} == set(METRICS)
    assert any("*" in dimensions.values() for *_, dimensions in shown), "the searches were not found"
    assert not [metric for metric in shown if not known(*metric)]


def test_what_is_listed_as_documented_says_where():
    for namespace, entries in METRICS.items():
        if namespace != "DurablePipeline":
            assert all(entry["source"].startswith("https://docs.aws.amazon.com/") for entry in entries)


def test_queues_and_functions_are_those_of_the_other_templates(monitoring, widgets, shared, read, services):
    functions = {value(read(name)["Resources"]["Function"]["Properties"]["FunctionName"]) for name in services}
    queues = {
        value(r["Properties"]["QueueName"]) for r in shared["Resources"].values() if r["Type"] == "AWS::SQS::Queue"
    }
    named = [metric for alarm in alarms(monitoring).values() for metric in metrics_of(alarm)]

    for *_, dimensions in [*named, *metrics_shown(widgets)]:
        assert dimensions.get("FunctionName", "dev-durable-pipeline-orchestrator") in functions
        assert dimensions.get("QueueName", "dev-durable-pipeline-data-processing") in queues
        assert dimensions.get("TableName", "table") == "table"
        assert dimensions.get("environment", "dev") == "dev"


def test_every_alarm_that_the_pipeline_needs_is_there(monitoring):
    assert {
        value(alarm["AlarmName"]).removeprefix("dev-durable-pipeline-") for alarm in alarms(monitoring).values()
    } == {
        "dead-letters",
        "oldest-message",
        "outage",
        "executions-failed",
        "executions-timed-out",
        "invalid-messages",
        "function-throttles",
        "table-throttles",
        "storer-write-errors",
        "no-traffic",
    }


def test_failures_of_executions_are_taken_from_the_durable_metrics(monitoring):
    """Lambda's own Errors do not know them: they happen inside successful invocations."""
    metrics = {name: [metric for _, metric, _ in metrics_of(alarm)] for name, alarm in alarms(monitoring).items()}

    assert metrics["ExecutionsFailed"] == ["DurableExecutionFailed"]
    assert metrics["ExecutionsTimedOut"] == ["DurableExecutionTimedOut"]


PAGES = {"DeadLetters", "OldestMessage", "Outage", "ExecutionsFailed", "ExecutionsTimedOut"}


def test_each_severity_has_a_topic_and_each_alarm_one_of_them(monitoring):
    for name, alarm in alarms(monitoring).items():
        topic = [{"Ref": "PageTopic" if name in PAGES else "TicketTopic"}]
        assert (alarm["AlarmActions"], alarm["OKActions"]) == (topic, topic), name


def test_an_outage_pages_within_five_minutes(monitoring, pipeline):
    """From its beginning: a service that hangs is waited for in each attempt, and then for some records alone."""
    alarm = alarms(monitoring)["Outage"]

    assert pipeline["outage_seconds"] + 2 * alarm["Period"] * alarm["EvaluationPeriods"] <= 300


def test_what_missing_data_means_is_said_for_each_alarm(monitoring):
    meaning = {name: alarm["TreatMissingData"] for name, alarm in alarms(monitoring).items()}

    assert meaning.pop("DeadLetters") == "ignore"
    assert meaning.pop("NoTraffic") == "breaching"
    assert set(meaning.values()) == {"notBreaching"}


def test_the_pipeline_is_unhealthy_while_anything_that_pages_is_on(monitoring):
    (composite,) = [r["Properties"] for r in monitoring["Resources"].values() if r["Type"] == COMPOSITE]
    rule = composite["AlarmRule"]["Fn::Sub"].strip()

    assert {re.fullmatch(r'ALARM\("\$\{(\w+)\}"\)', part)[1] for part in rule.split(" OR ")} == PAGES
    assert "AlarmActions" not in composite


def test_no_traffic_is_watched_only_when_somebody_says_so(monitoring):
    assert monitoring["Parameters"]["NoTrafficSeconds"]["Default"] == 0
    assert monitoring["Conditions"]["WatchesTraffic"] == {
        "Fn::Not": [{"Fn::Equals": [{"Ref": "NoTrafficSeconds"}, "0"]}]
    }
    assert monitoring["Resources"]["NoTraffic"]["Condition"] == "WatchesTraffic"
    # https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html: a multiple of 60
    assert all(seconds % 60 == 0 for seconds in monitoring["Parameters"]["NoTrafficSeconds"]["AllowedValues"])


@pytest.mark.parametrize("topic", ["PageTopic", "TicketTopic"])
def test_only_the_alarms_of_this_account_may_publish(monitoring, topic):
    policy = monitoring["Resources"][f"{topic}Policy"]["Properties"]
    allow, deny = policy["PolicyDocument"]["Statement"]

    assert policy["Topics"] == [{"Ref": topic}]
    assert (allow["Effect"], allow["Principal"]) == ("Allow", {"Service": "cloudwatch.amazonaws.com"})
    assert (allow["Action"], allow["Resource"]) == ("sns:Publish", {"Ref": topic})
    assert allow["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    assert value(allow["Condition"]["ArnLike"]["aws:SourceArn"]).endswith(":alarm:dev-durable-pipeline-*")
    assert (deny["Effect"], deny["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})


def test_every_alarm_points_to_its_section_of_the_runbook(monitoring):
    headings = set(re.findall(r"^### (\S+)$", RUNBOOK, re.MULTILINE))
    resources = [r["Properties"] for r in monitoring["Resources"].values() if r["Type"] in (ALARM, COMPOSITE)]

    assert len(resources) == 11
    for alarm in resources:
        name = value(alarm["AlarmName"]).removeprefix("dev-durable-pipeline-")
        assert value(alarm["AlarmDescription"]).endswith(f" Runbook docs/operations.md#{name}")
        assert name in headings


def test_no_widget_overlaps_another_or_leaves_the_grid(widgets):
    taken = {}
    for number, widget in enumerate(widgets):
        assert widget["x"] + widget["width"] <= COLUMNS
        columns = range(widget["x"], widget["x"] + widget["width"])
        for cell in itertools.product(columns, range(widget["y"], widget["y"] + widget["height"])):
            assert cell not in taken, f"widget {number} lies on widget {taken[cell]}"
            taken[cell] = number
    height = max(y for _, y in taken) + 1
    assert len(taken) == COLUMNS * height, "the dashboard has a hole"


def test_every_widget_is_whole(widgets):
    for widget in widgets:
        properties = widget["properties"]
        if widget["type"] == "metric":
            assert properties["title"]
            assert properties["region"] == "AWS::Region"
        ids = [m[-1]["id"] for m in properties.get("metrics", []) if isinstance(m[-1], dict) and "id" in m[-1]]
        assert len(ids) == len(set(ids))
        for metric in properties.get("metrics", []):
            expression = metric[0].get("expression", "") if isinstance(metric[0], dict) else ""
            if not expression.startswith("SEARCH("):
                for beginning in re.findall(r'METRICS\("(\w+)"\)', expression):
                    assert any(name.startswith(beginning) for name in ids)
                assert set(re.findall(r'\b[a-z]\w*\b(?!")', expression)) <= set(ids)


def test_every_alarm_that_is_always_there_is_on_the_dashboard(monitoring, widgets):
    (shown,) = [widget["properties"]["alarms"] for widget in widgets if widget["type"] == "alarm"]
    resources = [
        r for r in monitoring["Resources"].values() if r["Type"] in (ALARM, COMPOSITE) and "Condition" not in r
    ]

    assert {arn.rpartition(":")[2] for arn in shown} == {value(r["Properties"]["AlarmName"]) for r in resources}


def test_the_cost_estimate_knows_the_memory_of_each_function(widgets, read, services):
    """Those of half a gigabyte by the beginning of their ids, as the expression multiplies their durations."""
    (cost,) = [w["properties"] for w in widgets if w["properties"].get("title", "").startswith("Cost")]
    ids = {m[-1]["id"]: m[3].removeprefix("dev-durable-pipeline-") for m in cost["metrics"] if m[0] == "AWS/Lambda"}
    memory = {name: read(name)["Resources"]["Function"]["Properties"]["MemorySize"] for name in services}

    assert {name for name, size in memory.items() if size == 512} == {
        service for name, service in ids.items() if name == f"half_{service}"
    }
    assert [(name, size) for name, size in memory.items() if size != 512] == [("orchestrator", 1024)]
    assert {service for name, service in ids.items() if name == f"invocations_{service}"} == set(services)


@pytest.mark.parametrize("metric", ["Errors", "Throttles", "Duration"])
def test_every_function_is_on_the_dashboard(widgets, services, metric):
    shown = {
        dimensions["FunctionName"].removeprefix("dev-durable-pipeline-")
        for namespace, name, dimensions in metrics_shown(widgets)
        if (namespace, name) == ("AWS/Lambda", metric)
    }

    assert shown == set(services)


def test_every_function_that_is_throttled_raises_the_alarm(monitoring, services):
    throttled = {dimensions["FunctionName"] for *_, dimensions in metrics_of(alarms(monitoring)["FunctionThrottles"])}

    assert throttled == {f"dev-durable-pipeline-{service}" for service in services}


def test_the_cost_estimate_has_the_prices_of_the_cost_model(widgets):
    prices = tomllib.loads((REPOSITORY / "bench/src/bench/prices.toml").read_text())
    (cost,) = [w["properties"] for w in widgets if w["properties"].get("title", "").startswith("Cost")]
    expressions = {m[0]["id"]: m[0]["expression"] for m in cost["metrics"] if isinstance(m[0], dict)}
    durable, functions = prices["durable"], prices["lambda"]

    assert {name: [float(number) for number in DECIMAL.findall(text)] for name, text in expressions.items()} == {
        "durable": [durable["operation"], durable["gigabyte_written"]],
        "functions": [functions["request"], 0.5, functions["gigabyte_second"]],
        "queue": [prices["sqs"]["request"]],
        "table": [prices["dynamodb"]["write_unit"]],
        "million": [],
    }


def test_a_queue_is_old_only_when_an_execution_had_its_time(monitoring, orchestrator):
    execution = orchestrator["Resources"]["Function"]["Properties"]["DurableConfig"]["ExecutionTimeout"]

    assert monitoring["Parameters"]["OldestMessageSeconds"]["Default"] > execution
