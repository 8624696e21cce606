"""The data of `pipeline status`, and how it is shown."""

from __future__ import annotations

import io
import json
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from pipeline_cli import app
from pipeline_cli.commands import status
from pipeline_cli.screen import draw
from pipeline_cli.snapshot import Snapshot, Unknown, Version, take
from rich.console import Console

if TYPE_CHECKING:
    from control.conftest import Environment, Refusing

SERVICES = ("validator", "orchestrator")
EMPTY = {"visible": 0, "in_flight": 0, "delayed": 0}


class Executions:
    """Lambda, which returns executions in pages of a hundred."""

    def __init__(self, real: Any, *statuses: str) -> None:
        self._real = real
        self._statuses = statuses

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def list_durable_executions_by_function(self, **request: Any) -> dict[str, Any]:
        start = int(request.get("Marker", 0))
        page = self._statuses[start : start + 100]
        listed = [{"DurableExecutionArn": f"arn-{start + n}", "Status": status} for n, status in enumerate(page)]
        more = {"NextMarker": str(start + 100)} if start + 100 < len(self._statuses) else {}
        return {"DurableExecutions": listed, **more}


def drawn(snapshot: Snapshot, width: int = 80) -> str:
    file = io.StringIO()
    Console(file=file, width=width, force_terminal=True, color_system=None).print(draw(snapshot))
    return file.getvalue()


def test_the_status_has_every_part_of_an_environment(environment: Environment) -> None:
    environment.sqs.send_message(QueueUrl=environment.url("source"), MessageBody="{}", DelaySeconds=900)
    environment.send("invalid", ["{}"])
    done = {"message": "batch is done", "received": 5, "stored": 2, "rejected": 1, "failed": 2}
    environment.log(done, done, done | {"message": "batch is done soon"}, {"message": "batch is received"})
    environment.log(done, at=datetime.now(UTC) - timedelta(minutes=6))

    seen = take(environment.target, SERVICES)

    assert not seen.unknown
    assert {name: (each.visible, each.delayed) for name, each in seen.queues.items()} == {  # type: ignore[union-attr]
        "source": (0, 1),
        "dead letter": (0, 0),
        "invalid message": (1, 0),
    }
    outcomes = seen.outcomes
    assert not isinstance(outcomes, Unknown)
    assert sum(minute.stored for minute in outcomes.minutes) == 6
    assert outcomes.minutes[0].stored == 2
    assert (outcomes.received, outcomes.stored, outcomes.rejected, outcomes.failed) == (10, 4, 2, 4)
    assert (outcomes.source, outcomes.complete) == ("log", True)
    assert seen.event_source.state == "Disabled"  # type: ignore[union-attr]
    assert [str(seen.running), str(seen.paused), seen.alarms] == ["0", "0", {}]
    version = seen.versions["validator"]
    assert isinstance(version, Version)
    assert (version.version, version.description) == ("1", f"the code of {environment.prefix}-validator")


def test_metrics_come_before_the_log(environment: Environment) -> None:
    cloudwatch = environment.client("cloudwatch")
    dimensions = [{"Name": "environment", "Value": environment.name}, {"Name": "service", "Value": "orchestrator"}]
    numbers = {"MessagesReceived": 300, "MessagesStored": 298, "MessagesRejected": 2}
    cloudwatch.put_metric_data(
        Namespace="DurablePipeline",
        MetricData=[{"MetricName": name, "Dimensions": dimensions, "Value": value} for name, value in numbers.items()],
    )
    queue = [{"Name": "QueueName", "Value": f"{environment.prefix}-dead"}]
    age = {"MetricName": "ApproximateAgeOfOldestMessage", "Dimensions": queue, "Value": 4_000}
    cloudwatch.put_metric_data(Namespace="AWS/SQS", MetricData=[age])
    environment.log({"message": "batch is done", "received": 1, "stored": 1, "rejected": 0, "failed": 0})

    seen = take(environment.target, SERVICES)

    outcomes = seen.outcomes
    assert not isinstance(outcomes, Unknown)
    assert (outcomes.received, outcomes.stored, outcomes.rejected, outcomes.failed) == (300, 298, 2, 0)
    assert (outcomes.source, outcomes.per_second) == ("metrics", 1.0)
    assert seen.oldest_seconds == {"dead letter": 4_000}


def test_alarms_that_are_on_are_named_and_those_of_other_environments_are_not(environment: Environment) -> None:
    cloudwatch = environment.client("cloudwatch")
    for name in (f"{environment.prefix}-dead-letters", f"{environment.prefix}-outage"):
        _put_alarm(cloudwatch, name)
    cloudwatch.set_alarm_state(AlarmName=f"{environment.prefix}-outage", StateValue="ALARM", StateReason="a test")
    _put_alarm(cloudwatch, "other-durable-pipeline-outage")
    cloudwatch.set_alarm_state(AlarmName="other-durable-pipeline-outage", StateValue="ALARM", StateReason="a test")

    seen = take(environment.target, SERVICES)

    assert seen.alarms == {"dead-letters": "INSUFFICIENT_DATA", "outage": "ALARM"}
    (line,) = [line for line in drawn(seen).splitlines() if line.startswith("alarms")]
    assert line.split() == ["alarms", "outage"]


@pytest.mark.parametrize(
    ("states", "words"),
    [
        ({"outage": "OK", "dead-letters": "OK"}, "none of 2 is on"),
        ({"outage": "OK", "dead-letters": "INSUFFICIENT_DATA"}, "none of 2 is on, 1 without data"),
        ({}, "no alarm is deployed"),
    ],
)
def test_alarms_that_are_missing_or_without_data_are_not_taken_for_silence(
    environment: Environment, states: dict[str, str], words: str
) -> None:
    seen = replace(take(environment.target, SERVICES), alarms=states)

    assert f"alarms          {words}" in drawn(seen)


def test_executions_are_counted_by_status_and_no_more_than_a_hundred(environment: Environment) -> None:
    real = environment.client("lambda")
    environment.fakes["lambda"] = Executions(real, *["SUCCEEDED"] * 150, *["RUNNING"] * 101, "PAUSED", "PAUSING")

    seen = take(environment.target, SERVICES)

    assert [str(seen.running), str(seen.paused)] == ["100+", "2"]
    assert "100+ running, 2 paused" in drawn(seen)


def test_a_refused_part_is_marked_and_the_rest_is_shown(environment: Environment, refusing: type[Refusing]) -> None:
    methods = "get_alias", "list_event_source_mappings"
    environment.fakes["lambda"] = refusing(environment.client("lambda"), "AccessDeniedException", *methods)

    seen = take(environment.target, SERVICES)
    shown = drawn(seen)

    assert {part.action for part in seen.unknown} == {"test:GetAlias", "test:ListEventSourceMappings"}
    assert "event source    not allowed" in shown
    assert "0 running, 0 paused" in shown
    assert "not allowed: test:GetAlias, test:ListEventSourceMappings. The stack access" in " ".join(shown.split())


def test_every_part_may_be_refused(environment: Environment, refusing: type[Refusing]) -> None:
    refused = {
        "sqs": ["get_queue_attributes"],
        "cloudwatch": ["get_metric_data", "describe_alarms"],
        "lambda": ["get_alias", "list_event_source_mappings", "list_durable_executions_by_function"],
    }
    for service, methods in refused.items():
        environment.fakes[service] = refusing(environment.client(service), "AccessDenied", *methods)

    seen = take(environment.target, SERVICES)

    assert len(seen.unknown) == len(seen.queues) + 6 + len(SERVICES)
    assert drawn(seen).count("not allowed") == len(seen.queues) + 5 + len(SERVICES)


def test_another_error_has_its_code_in_the_place_of_the_part(
    environment: Environment, refusing: type[Refusing]
) -> None:
    environment.fakes["cloudwatch"] = refusing(environment.client("cloudwatch"), "Throttling", "describe_alarms")

    assert "alarms          DescribeAlarms: Throttling" in drawn(take(environment.target, SERVICES))


def test_credentials_that_have_expired_end_it(environment: Environment, refusing: type[Refusing]) -> None:
    environment.fakes["lambda"] = refusing(environment.client("lambda"), "ExpiredTokenException", "get_alias")

    with pytest.raises(ClientError):
        take(environment.target, SERVICES)


def test_a_log_that_is_read_in_part_gives_a_lower_bound(environment: Environment) -> None:
    done = {"message": "batch is done", "received": 7, "stored": 7, "rejected": 0, "failed": 0}

    class Endless:
        def filter_log_events(self, **_: Any) -> dict[str, Any]:
            return {"events": [{"timestamp": time.time() * 1_000, "message": json.dumps(done)}], "nextToken": "more"}

    environment.fakes["logs"] = Endless()

    assert "at least 70 received" in drawn(take(environment.target, SERVICES))


@pytest.mark.parametrize("width", [80, 120])
def test_it_fits_the_screen(environment: Environment, width: int) -> None:
    lines = drawn(take(environment.target, SERVICES), width).splitlines()

    assert len(lines) <= 24
    assert max(map(len, lines)) <= width
    assert not [line for line in lines if "…" in line and "description" not in line and "the " not in line]


def test_a_long_description_is_cut_and_nothing_else(environment: Environment) -> None:
    seen = take(environment.target, SERVICES)
    seen.versions["orchestrator"] = Version("12", "2026-11-26T10:52:11.046Z", "python3.14, arm64, " * 20, {})  # type: ignore[index]

    (line,) = [line for line in drawn(seen).splitlines() if line.startswith("orchestrator")]

    assert line.startswith("orchestrator       12  2026-11-26 10:52:11  python3.14, arm64, ")
    assert line.endswith("…")


def test_a_hostile_description_is_shown_as_text(environment: Environment) -> None:
    seen = take(environment.target, SERVICES)
    hostile = Version("7", "\x1b[2J", "[red]\x1b[31m\u202e", {"8": 0.1})
    seen.versions["validator"] = hostile  # type: ignore[index]

    shown = drawn(seen, 120)

    assert "\x1b" not in shown
    assert "7, 10% 8" in shown
    assert "[red]\\u001b[31m\\u202e" in shown


def test_the_command_exits_with_1_if_a_part_is_unknown(
    environment: Environment,
    refusing: type[Refusing],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(status, "target", lambda *_, **__: environment.target)
    monkeypatch.setattr(status, "services", lambda _: list(SERVICES))

    assert app.main(["status", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["queues"]["source"] == EMPTY

    environment.fakes["cloudwatch"] = refusing(environment.client("cloudwatch"), "AccessDenied", "describe_alarms")
    assert app.main(["status"]) == 1
    assert "not allowed: test:DescribeAlarms" in capsys.readouterr().out


def test_watching_ends_with_ctrl_c_and_the_last_look_decides(
    environment: Environment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(status, "target", lambda *_, **__: environment.target)
    monkeypatch.setattr(status, "services", lambda _: list(SERVICES))
    waits: list[float] = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(status, "sleep", sleep)

    assert app.main(["status", "--watch", "9"]) == 0
    assert waits == [9.0] * 3
    assert environment.name in capsys.readouterr().out


@pytest.mark.parametrize("wrong", [["status", "9"], ["status", "--watch", "--json"], ["status", "--watch", "0"]])
def test_a_wrong_command_line_is_refused(wrong: list[str]) -> None:
    assert app.main(wrong) == 2


def _put_alarm(cloudwatch: Any, name: str) -> None:
    cloudwatch.put_metric_alarm(
        AlarmName=name,
        Namespace="n",
        MetricName="m",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=0,
        ComparisonOperator="GreaterThanThreshold",
    )
