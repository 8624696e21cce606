"""Pausing, resuming and draining."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from pipeline_cli import app, event_source
from pipeline_cli.commands import pausing
from pipeline_cli.errors import CommandError
from pipeline_cli.halt import wait_until_empty, wait_until_nothing_runs
from pipeline_cli.patience import Patience
from pipeline_cli.target import Target

if TYPE_CHECKING:
    from collections.abc import Callable

    from control.conftest import Environment, Refusing

FUNCTION = "arn:aws:lambda:eu-west-1:1:function:dev-durable-pipeline-orchestrator:live"
QUEUE = "https://sqs.eu-west-1.amazonaws.com/1/dev-durable-pipeline-data-processing"
MAPPING = "arn:aws:sqs:eu-west-1:1:dev-durable-pipeline-data-processing"


@dataclass
class Aws:
    """Lambda, SQS, SSM and STS of an account; each look advances to the next state, and the last one stays."""

    states: list[str] = field(default_factory=lambda: ["Enabled"])
    statuses: list[list[str]] = field(default_factory=lambda: [[]])
    depths: list[tuple[int, int, int]] = field(default_factory=lambda: [(0, 0, 0)])
    refusals: list[str] = field(default_factory=list)
    mappings: int = 1
    has_log: bool = True
    switched: list[bool] = field(default_factory=list)
    written: list[str] = field(default_factory=list)
    clock: float = 0.0

    def target(self) -> Target:
        return Target("dev", lambda _: self)

    def patience(self, seconds: float = 900) -> Patience:
        return Patience(seconds, clock=lambda: self.clock, sleep=self._sleep)

    def _sleep(self, seconds: float) -> None:
        self.clock += seconds

    def get_parameters(self, Names: list[str]) -> dict[str, Any]:  # noqa: N803 - boto3's name
        values = dict.fromkeys(Names, "x") | {
            "/durable-pipeline/dev/data-processing-queue/url": QUEUE,
            "/durable-pipeline/dev/orchestrator/function-arn": FUNCTION,
        }
        return {"InvalidParameters": [], "Parameters": [{"Name": name, "Value": values[name]} for name in Names]}

    def get_paginator(self, operation: str) -> Aws:
        assert operation == "list_event_source_mappings"
        return self

    def paginate(self, FunctionName: str) -> list[dict[str, Any]]:  # noqa: N803 - boto3's name
        assert FunctionName == FUNCTION
        state = _next(self.states)
        other = {"UUID": "other", "State": "Enabled", "EventSourceArn": f"{MAPPING}-2"}
        mapping = {"UUID": "id", "State": state, "EventSourceArn": MAPPING}
        return [{"EventSourceMappings": [other]}, {"EventSourceMappings": [mapping] * self.mappings}]

    def update_event_source_mapping(self, UUID: str, Enabled: bool) -> None:  # noqa: N803 - boto3's names
        assert UUID == "id"
        if self.refusals:
            raise ClientError({"Error": {"Code": self.refusals.pop(0)}}, "UpdateEventSourceMapping")
        self.switched.append(Enabled)

    def list_durable_executions_by_function(self, Statuses: list[str], **_: Any) -> dict[str, Any]:  # noqa: N803
        listed = _next(self.statuses) if "RUNNING" in Statuses else self.statuses[0]
        return {"DurableExecutions": [{"DurableExecutionArn": f"arn-{n}", "Status": s} for n, s in enumerate(listed)]}

    def get_queue_attributes(self, **_: Any) -> dict[str, Any]:
        visible, hidden, delayed = _next(self.depths)
        names = (f"ApproximateNumberOfMessages{end}" for end in ("", "NotVisible", "Delayed"))
        return {"Attributes": dict(zip(names, map(str, (visible, hidden, delayed)), strict=True))}

    def get_caller_identity(self) -> dict[str, str]:
        return {"Arn": "arn:aws:iam::1:user/me"}

    def create_log_stream(self, **_: Any) -> None:
        if not self.has_log:
            raise ClientError({"Error": {"Code": "ResourceNotFoundException"}}, "CreateLogStream")

    def put_log_events(self, logEvents: list[dict[str, Any]], **_: Any) -> dict[str, Any]:  # noqa: N803 - boto3's name
        self.written += [event["message"] for event in logEvents]
        return {}


def _next(states: list[Any]) -> Any:
    return states.pop(0) if len(states) > 1 else states[0]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Yield a function that runs a command line against an account, with a clock that takes no time."""

    def run(aws: Aws, *words: str) -> int:
        monkeypatch.setattr(pausing, "target", lambda *_, **__: aws.target())
        monkeypatch.setattr(pausing, "Patience", aws.patience)
        return app.main(list(words))

    return run


def test_pausing_switches_the_mapping_off_and_is_recorded(
    run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    aws = Aws()

    assert run(aws, "pause") == 0
    assert aws.switched == [False]
    (line,) = aws.written
    assert '"by": "arn:aws:iam::1:user/me"' in line
    assert '"action": "pause"' in line
    assert "EventSourceEnabled=false" in capsys.readouterr().out


def test_pausing_waits_until_the_mapping_is_off_and_nothing_runs(
    run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    aws = Aws(
        states=["Enabled", "Disabling", "Disabling", "Disabled"],
        statuses=[["RUNNING"] * 2, ["RUNNING"], [], ["RUNNING"], [], ["SUCCEEDED"]],
    )

    assert run(aws, "pause", "--wait") == 0
    assert aws.statuses == [["SUCCEEDED"]]
    told = "".join(capsys.readouterr())
    assert "the event source mapping is Disabling" in told
    assert "executions running: 2" in told
    assert "Paused. Messages wait in the queue, for 4 days at most." in told


def test_executions_that_somebody_has_paused_are_listed(
    run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    aws = Aws(states=["Disabled"], statuses=[["PAUSED", "PAUSING", "SUCCEEDED"]])

    assert run(aws, "pause", "--wait") == 1
    error = capsys.readouterr().err
    assert "2 executions are paused and do not end by themselves:\n    arn-0\n    arn-1\n" in error


@pytest.mark.parametrize(
    ("aws", "state"),
    [
        (Aws(states=["Disabling"]), "the event source mapping is Disabling, not Disabled"),
        (Aws(states=["Disabled"], statuses=[["RUNNING"] * 101]), "executions running: 100+"),
    ],
)
def test_it_does_not_wait_for_ever(
    run: Callable[..., int], capsys: pytest.CaptureFixture[str], aws: Aws, state: str
) -> None:
    assert run(aws, "pause", "--wait", "--timeout", "60") == 1
    assert f"error: after 60 s, {state}; --timeout SECONDS waits longer" in capsys.readouterr().err
    assert 60 <= aws.clock < 66


def test_a_change_that_is_under_way_is_waited_for(run: Callable[..., int]) -> None:
    aws = Aws(refusals=["ResourceInUseException", "ResourceConflictException"])

    assert run(aws, "pause") == 0
    assert aws.switched == [False]
    assert aws.clock == 4


def test_another_refusal_of_the_change_ends_it(run: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    aws = Aws(refusals=["ServiceException"])

    assert run(aws, "pause") == 1
    assert "ServiceException" in capsys.readouterr().err
    assert not aws.switched
    assert not aws.written


def test_a_change_that_is_always_under_way_is_given_up() -> None:
    aws = Aws(refusals=["ResourceInUseException"] * 9)
    source = event_source.EventSource("id", "Updating", "")

    with pytest.raises(CommandError, match=r"mapping id cannot be changed: .*ResourceInUseException"):
        event_source.switch(aws.target(), source, aws.patience(10), on=False)


@pytest.mark.parametrize("mappings", [0, 2])
def test_there_is_one_mapping_of_the_queue_or_nothing_is_done(
    run: Callable[..., int], capsys: pytest.CaptureFixture[str], mappings: int
) -> None:
    aws = Aws(mappings=mappings)

    assert run(aws, "pause") == 1
    assert f"has {mappings} event source mappings of dev-durable-pipeline-data-processing" in capsys.readouterr().err
    assert not aws.switched


def test_a_change_that_cannot_be_recorded_is_made_all_the_same(
    run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    aws = Aws(has_log=False)

    assert run(aws, "pause") == 1
    assert aws.switched == [False]
    assert capsys.readouterr().err == (
        "error: it is done, but not recorded: there is no operations log /durable-pipeline/dev/operations: deploy the "
        "stack access, ./nox -s deploy -- access --env dev\n"
    )


def test_resuming_waits_until_the_mapping_is_on(run: Callable[..., int]) -> None:
    aws = Aws(states=["Disabled", "Enabling", "Enabled"])

    assert run(aws, "resume") == 0
    assert aws.switched == [True]
    assert '"action": "resume"' in aws.written[0]
    assert aws.states == ["Enabled"]


def test_draining_pauses_when_the_queue_is_empty_in_two_looks_in_a_row(run: Callable[..., int]) -> None:
    aws = Aws(states=["Enabled", "Enabled", "Disabled"], depths=[(3, 0, 0), (0, 0, 0), (0, 1, 0), (0, 0, 1), (0, 0, 0)])

    assert run(aws, "drain") == 0
    assert aws.switched == [False]
    assert aws.clock == 12  # six looks at the queue, and two at the executions
    assert '"action": "drain"' in aws.written[0]


def test_draining_does_not_pause_a_queue_that_never_empties(
    run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    aws = Aws(depths=[(1_200, 100, 0)])

    assert run(aws, "drain", "--timeout", "60") == 1
    assert (
        "after 60 s, messages in the source queue: 1,200 visible, 100 in flight, 0 delayed" in capsys.readouterr().err
    )
    assert not aws.switched


def test_messages_that_arrive_while_it_is_drained_are_reported(
    run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    aws = Aws(states=["Enabled", "Enabled", "Disabled"], depths=[(0, 0, 0), (0, 0, 0), (1, 0, 0)])

    assert run(aws, "drain") == 1
    assert "paused, but messages have arrived meanwhile: 1 visible" in capsys.readouterr().err


def test_a_paused_pipeline_is_not_drained(run: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    aws = Aws(states=["Disabled"], depths=[(1, 0, 0)])

    assert run(aws, "drain") == 1
    assert "resume it first" in capsys.readouterr().err


def test_it_is_done_to_a_real_mapping(environment: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pausing, "target", lambda *_, **__: environment.target)
    monkeypatch.setattr(pausing, "Patience", partial(Patience, interval=0))

    assert app.main(["resume"]) == 0
    assert event_source.find(environment.target).state == "Enabled"
    assert app.main(["pause", "--wait"]) == 0

    assert event_source.find(environment.target).state == "Disabled"
    assert [line["action"] for line in environment.operations()] == ["resume", "pause"]
    assert all(line["by"].startswith("arn:aws:iam::") and line["at"].endswith("Z") for line in environment.operations())


def test_a_real_queue_is_looked_at(environment: Environment) -> None:
    patience = Patience(0, sleep=lambda _: None)
    environment.sqs.send_message(QueueUrl=environment.url("source"), MessageBody="{}", DelaySeconds=900)

    with pytest.raises(CommandError, match="0 visible, 0 in flight, 1 delayed"):
        wait_until_empty(environment.target, patience, lambda _: None)


def test_a_missing_permission_for_the_log_is_reported(
    environment: Environment,
    refusing: type[Refusing],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    environment.fakes["logs"] = refusing(environment.client("logs"), "AccessDeniedException", "put_log_events")
    monkeypatch.setattr(pausing, "target", lambda *_, **__: environment.target)

    assert app.main(["pause"]) == 1
    assert "it is done, but not recorded: not allowed: test:PutLogEvents" in capsys.readouterr().err


def test_nothing_runs_when_two_readings_agree() -> None:
    aws = Aws(states=["Disabled"], statuses=[[], ["RUNNING"], [], []])

    assert not wait_until_nothing_runs(aws.target(), aws.patience(), lambda _: None).arns
    assert aws.clock == 6


@pytest.mark.parametrize(
    ("command", "states", "state"),
    [
        (("pause", "--wait"), ["Enabled", "Disabling", "Disabled"], "Disabled"),
        (("pause",), ["Enabled", "Disabling"], "Disabling"),
        (("resume",), ["Disabled", "Enabling", "Enabled"], "Enabled"),
        (("drain",), ["Enabled", "Enabled", "Disabled"], "Disabled"),
    ],
)
def test_a_program_reads_the_state_as_json(
    command: tuple[str, ...],
    states: list[str],
    state: str,
    run: Callable[..., int],
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(Aws(states=states), *command, "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"environment": "dev", "state": state}
