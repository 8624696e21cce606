"""Messages that fail again unless a function changes, on real functions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from aws_environment import FAST, SERVICES, body, rejected
from lambda_functions import publish
from pipeline_cli.messages.releases import last_release
from pipeline_cli.repository import find_repository
from pipeline_cli.target import Target

if TYPE_CHECKING:
    from aws_environment import AwsEnvironment


HOUR = timedelta(hours=1)


@pytest.fixture
def published(aws: AwsEnvironment) -> datetime:
    """Publish a version of each function; return the time by which all exist."""
    for name in ("orchestrator", *SERVICES):
        publish(aws.client("lambda"), f"{aws.prefix}-{name}")
    return datetime.now(UTC)


def test_what_would_fail_again_stays(
    aws: AwsEnvironment, published: datetime, capsys: pytest.CaptureFixture[str]
) -> None:
    crashed, throttled = aws.send("dead", [body(1), body(2)])
    aws.log_failures([crashed], "invoke_failed", published + HOUR)
    aws.log_failures([throttled], "throttled", published + HOUR)

    assert aws.run("dead", "redrive", *FAST) == 1

    assert "neither its body nor a function has changed" in capsys.readouterr().out
    assert aws.messages("dead").keys() == {crashed}
    assert aws.run("dead", "redrive", *FAST, "--unchanged") == 0
    assert aws.messages("dead") == {}


def test_the_last_release_is_that_of_the_function_that_was_published_last(
    aws: AwsEnvironment, published: datetime
) -> None:
    functions = aws.client("lambda")
    newest = functions.get_function_configuration(FunctionName=f"{aws.prefix}-{SERVICES[-1]}:live")

    found = last_release(Target(aws.name, aws.make_client), find_repository())

    assert found == datetime.fromisoformat(newest["LastModified"])
    assert abs(found - published) < HOUR
    assert len(aws.called("GetFunction")) == 1 + len(SERVICES)


def test_a_rejected_message_is_unchanged_too(aws: AwsEnvironment, published: datetime) -> None:
    (again,) = aws.send("invalid", [body(1)], rejected())
    aws.send("invalid", [body(2)], rejected(code="idempotency_conflict"))

    assert aws.run("invalid", "resend", *FAST) == 1

    assert aws.messages("invalid").keys() == {again}


def test_functions_that_cannot_be_looked_up_keep_everything(
    aws: AwsEnvironment, capsys: pytest.CaptureFixture[str]
) -> None:
    aws.send("invalid", [body(1)], rejected())
    aws.client("ssm").delete_parameter(Name=f"/durable-pipeline/{aws.name}/storer/function-arn")

    assert aws.run("invalid", "resend", *FAST) == 1

    assert "storer/function-arn, so it is unknown which functions changed" in capsys.readouterr().err
    assert len(aws.messages("invalid")) == 1
