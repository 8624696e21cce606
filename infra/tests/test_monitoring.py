"""Alarms and dashboard: each metric exists, each alarm notifies somebody, and no widgets overlap."""

import itertools
import json
import re
import tomllib

import pytest
import yaml
from templates import PIPELINE, REPOSITORY, SERVICES, function, of_type, properties, read

METRICS = yaml.safe_load((REPOSITORY / "infra/monitoring/metrics.yaml").read_text())
ALARM, COMPOSITE = "AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm"
PAGES = {"DeadLetters", "OldestMessage", "Outage", "ExecutionsFailed", "ExecutionsTimedOut"}
COLUMNS = 24
NAME = "dev-durable-pipeline-"

VALUES = {
    "EnvironmentName": "dev",
    "ProcessedDataTable": "table",
    "RunbookUrl": "docs/operations.md",
    "OldestMessageSeconds": "1800",
}


def value(entry, **values):
    """Return a value with its parameters filled in; references to resources become their names, and conditions hold."""
    match entry:
        case {"Fn::Sub": [text, own]}:
            return value({"Fn::Sub": text}, **{name: value(each) for name, each in own.items()})
        case {"Fn::Sub": text}:
            return re.sub(r"\$\{([^}]+)\}", lambda found: (VALUES | values).get(found[1], found[1]), text)
        case {"Fn::If": [_, held, _]}:
            return value(held)
        case {"Ref": name}:
            return VALUES.get(name, name)
    return entry


def known(namespace, metric, dimensions):
    """Whether the list has a metric with exactly these dimensions."""
    for entry in METRICS.get(namespace, []):
        if metric not in entry["metrics"]:
            continue
        if namespace != "DurablePipeline":
            if sorted(dimensions) == entry["dimensions"]:
                return True
            continue
        expected = {"environment": "dev", **entry["dimensions"]}
        if dimensions.keys() == expected.keys() and all(
            dimensions[name] == wanted or "*" in (wanted, dimensions[name]) for name, wanted in expected.items()
        ):
            return True
    return False


def alarms(template):
    return {name: alarm["Properties"] for name, alarm in of_type(template, ALARM).items()}


def metrics_of(alarm):
    """The metrics of an alarm: namespace, name and dimensions."""
    for stat in [m["MetricStat"]["Metric"] for m in alarm.get("Metrics", []) if "MetricStat" in m] or [alarm]:
        yield stat["Namespace"], stat["MetricName"], {d["Name"]: value(d["Value"]) for d in stat["Dimensions"]}


@pytest.fixture
def widgets(monitoring):
    return json.loads(value(monitoring["Resources"]["Dashboard"]["Properties"]["DashboardBody"]))["widgets"]


@pytest.fixture
def cost(widgets):
    (found,) = [w["properties"]["metrics"] for w in widgets if w["properties"].get("title", "").startswith("Cost")]
    return found


def metrics_shown(widgets):
    """The metrics of the dashboard: namespace, name and dimensions, those of a search with an asterisk."""
    for metric in (metric for widget in widgets for metric in widget["properties"].get("metrics", [])):
        words = [word for word in metric if isinstance(word, str)]
        if words:
            yield words[0], words[1], dict(zip(words[2::2], words[3::2], strict=True))
            continue
        search = r"SEARCH\('\{([^}]+)\} MetricName=\"(\w+)\"([^']*)'"
        for schema, name, rest in re.findall(search, metric[0].get("expression", "")):
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


def test_queues_and_functions_are_those_of_the_other_templates(monitoring, widgets, shared):
    names = {
        "FunctionName": {value(function(read(name))["FunctionName"]) for name in SERVICES},
        "QueueName": {value(q["Properties"]["QueueName"]) for q in of_type(shared, "AWS::SQS::Queue").values()},
        "TableName": {"table"},
        "environment": {"dev"},
    }
    named = [metric for alarm in alarms(monitoring).values() for metric in metrics_of(alarm)]

    for *_, dimensions in [*named, *metrics_shown(widgets)]:
        for name in dimensions.keys() & names.keys():
            assert dimensions[name] in names[name]


def test_an_alarm_pages_or_writes_a_ticket_and_says_what_missing_data_means(monitoring):
    missing = {"DeadLetters": "ignore", "NoTraffic": "breaching", "NotPolled": "breaching"}
    for name, alarm in alarms(monitoring).items():
        topic = [{"Ref": "PageTopic" if name in PAGES else "TicketTopic"}]
        assert (alarm["AlarmActions"], alarm["OKActions"]) == (topic, topic), name
        assert alarm["TreatMissingData"] == missing.get(name, "notBreaching"), name


def test_the_pipeline_is_unhealthy_while_anything_that_pages_is_on(monitoring):
    composite = properties(monitoring, COMPOSITE)
    rule = composite["AlarmRule"]["Fn::Sub"].strip()

    assert {re.fullmatch(r'ALARM\("\$\{(\w+)\}"\)', part)[1] for part in rule.split(" OR ")} == PAGES
    assert "AlarmActions" not in composite


def test_failures_of_executions_are_taken_from_the_durable_metrics(monitoring):
    """Lambda's own Errors do not include them: they happen inside successful invocations."""
    named = {name: [metric for _, metric, _ in metrics_of(alarm)] for name, alarm in alarms(monitoring).items()}

    assert named["ExecutionsFailed"] == ["DurableExecutionFailed"]
    assert named["ExecutionsTimedOut"] == ["DurableExecutionTimedOut"]


def test_an_outage_pages_within_five_minutes(monitoring):
    """From its beginning: a service that hangs is waited for in each attempt, and then for some records alone."""
    alarm = alarms(monitoring)["Outage"]

    assert PIPELINE["outage_seconds"] + 2 * alarm["Period"] * alarm["EvaluationPeriods"] <= 300


@pytest.mark.parametrize(
    ("alarm", "condition", "default"), [("NoTraffic", "WatchesTraffic", 0), ("NotPolled", "WatchesPolling", 3600)]
)
def test_a_silent_queue_is_watched_in_periods_that_cloudwatch_takes_unless_they_are_zero(
    monitoring, alarm, condition, default
):
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html: a multiple of 60"""
    parameter = monitoring["Parameters"][f"{alarm}Seconds"]

    assert parameter["Default"] == default
    assert all(seconds % 60 == 0 for seconds in parameter["AllowedValues"])
    unwatched = {"Fn::Equals": [{"Ref": f"{alarm}Seconds"}, "0"]}
    assert monitoring["Conditions"][condition] == {"Fn::Not": [unwatched]}
    assert monitoring["Resources"][alarm]["Condition"] == condition


def test_a_mapping_is_off_when_the_queue_counts_no_receive_of_any_kind(monitoring):
    alarm = alarms(monitoring)["NotPolled"]
    expressions = [metric["Expression"] for metric in alarm["Metrics"] if "Expression" in metric]

    assert {name for _, name, _ in metrics_of(alarm)} == {"NumberOfMessagesReceived", "NumberOfEmptyReceives"}
    assert expressions == ["SUM(FILL(METRICS(), 0))"], "SQS may report one of the two alone"
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("LessThanThreshold", 1)


@pytest.mark.parametrize("topic", ["PageTopic", "TicketTopic"])
def test_only_the_alarms_of_this_account_may_publish(monitoring, topic):
    policy = monitoring["Resources"][f"{topic}Policy"]["Properties"]
    allow, deny = policy["PolicyDocument"]["Statement"]

    assert policy["Topics"] == [{"Ref": topic}]
    assert (allow["Effect"], allow["Principal"]) == ("Allow", {"Service": "cloudwatch.amazonaws.com"})
    assert (allow["Action"], allow["Resource"]) == ("sns:Publish", {"Ref": topic})
    assert allow["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    assert value(allow["Condition"]["ArnLike"]["aws:SourceArn"]).endswith(f":alarm:{NAME}*")
    assert (deny["Effect"], deny["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})


def test_every_section_of_the_runbook_has_its_alarm_which_points_to_it(monitoring):
    headings = re.findall(r"^### (\S+)$", (REPOSITORY / "docs/operations.md").read_text(), re.MULTILINE)
    described = {
        value(alarm["Properties"]["AlarmName"]).removeprefix(NAME): value(alarm["Properties"]["AlarmDescription"])
        for alarm in of_type(monitoring, ALARM, COMPOSITE).values()
    }

    assert described.keys() == set(headings)
    for name, description in described.items():
        assert description.endswith(f" Runbook docs/operations.md#{name}")


def test_no_widget_overlaps_another_or_leaves_the_grid(widgets):
    taken = [
        cell
        for widget in widgets
        for cell in itertools.product(
            range(widget["x"], widget["x"] + widget["width"]), range(widget["y"], widget["y"] + widget["height"])
        )
    ]
    assert max(column for column, _ in taken) < COLUMNS
    assert len(taken) == len(set(taken))


def test_an_expression_has_the_metrics_that_it_computes_with(widgets):
    for metrics in (widget["properties"].get("metrics", []) for widget in widgets):
        ids = [metric[-1]["id"] for metric in metrics if isinstance(metric[-1], dict) and "id" in metric[-1]]
        assert len(ids) == len(set(ids))
        for expression in (metric[0].get("expression", "") for metric in metrics if isinstance(metric[0], dict)):
            if not expression.startswith("SEARCH("):
                for beginning in re.findall(r'METRICS\("(\w+)"\)', expression):
                    assert any(name.startswith(beginning) for name in ids)
                assert set(re.findall(r'\b[a-z]\w*\b(?!")', expression)) <= set(ids)


def test_every_alarm_is_on_the_dashboard_an_optional_one_while_it_is_there(monitoring, widgets):
    (shown,) = [widget["properties"]["alarms"] for widget in widgets if widget["type"] == "alarm"]
    resources = of_type(monitoring, ALARM, COMPOSITE)
    _, optional = monitoring["Resources"]["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]

    assert {arn.rpartition(":")[2] for arn in shown} == {
        value(resource["Properties"]["AlarmName"]) for resource in resources.values()
    }
    conditions = {f"{name}Shown": alarm["Condition"] for name, alarm in resources.items() if "Condition" in alarm}
    assert {name: (each["Fn::If"][0], each["Fn::If"][2]) for name, each in optional.items()} == {
        name: (condition, "") for name, condition in conditions.items()
    }


def test_every_function_is_on_the_dashboard_and_raises_the_alarm_when_it_is_throttled(monitoring, widgets):
    shown = {(name, dimensions.get("FunctionName")) for _, name, dimensions in metrics_shown(widgets)}
    throttled = {dimensions["FunctionName"] for *_, dimensions in metrics_of(alarms(monitoring)["FunctionThrottles"])}

    functions = {f"{NAME}{service}" for service in SERVICES}
    assert shown >= set(itertools.product(["Errors", "Throttles", "Duration"], functions))
    assert throttled == functions


def test_the_cost_estimate_knows_each_function_and_which_have_half_a_gigabyte(cost):
    """Identified by the beginning of their ids, because the expression multiplies their durations."""
    ids = {(metric[-1]["id"], metric[3].removeprefix(NAME)) for metric in cost if metric[0] == "AWS/Lambda"}
    memory = {name: function(read(name))["MemorySize"] for name in SERVICES}

    assert set(memory.values()) == {512, 1024}
    assert {name for kind, name in ids if kind == f"half_{name}"} == {n for n, size in memory.items() if size == 512}
    assert {name for kind, name in ids if kind == f"invocations_{name}"} == set(SERVICES)


def test_the_cost_estimate_has_the_prices_of_the_cost_model(cost):
    prices = tomllib.loads((REPOSITORY / "bench/src/bench/prices.toml").read_text())
    expressions = {metric[0]["id"]: metric[0]["expression"] for metric in cost if isinstance(metric[0], dict)}
    durable, functions = prices["durable"], prices["lambda"]

    assert {name: list(map(float, re.findall(r"\d+\.\d+", text))) for name, text in expressions.items()} == {
        "durable": [durable["operation"], durable["gigabyte_written"]],
        "functions": [functions["request"], 0.5, functions["gigabyte_second"]],
        "queue": [prices["sqs"]["request"]],
        "table": [prices["dynamodb"]["write_unit"]],
        "million": [],
    }
