"""The additions of the patch of dex-local-runner, which leaves other versions alone."""

from __future__ import annotations

import json
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import pytest
from aws_durable_execution_sdk_python_testing.model import Event
from local_aws.crashed_functions import as_lambda_reports
from local_aws.dex_patch import PATCHED_VERSION, patch
from local_aws.testing.toy_application import until
from waiter import ECHO, WAITER, invoke, started

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

CRASH = "Runtime.ExitError"


def events(client: LambdaClient, arn: str, kind: str) -> list[dict[str, Any]]:
    """Return the details of an execution's events of one kind."""
    history = client.get_durable_execution_history(DurableExecutionArn=arn, IncludeExecutionData=True)
    found: list[Any] = [each for each in history["Events"] if each["EventType"] == kind]
    return [each[f"{kind}Details"] for each in found]


def test_the_patch_is_for_the_installed_version() -> None:
    assert version("aws-durable-execution-sdk-python-testing") == PATCHED_VERSION


def test_another_version_is_not_patched_and_a_warning_says_so(caplog: pytest.LogCaptureFixture) -> None:
    before = Event.from_event_with_id

    patched = patch("1.5.0")

    assert (patched, Event.from_event_with_id) == (False, before)
    (warning,) = caplog.messages
    assert "1.5.0 is not patched, as the patch is for 1.4.0" in warning


@pytest.mark.parametrize(
    ("target", "executed"), [(ECHO, "$LATEST"), (f"{WAITER}:$LATEST", "$LATEST"), ("toy-toy-judge:live", None)]
)
def test_a_function_that_was_deployed_later_is_invoked_by_a_durable_one(
    client: LambdaClient, target: str, executed: str | None
) -> None:
    event: dict[str, list[str]] = {"bodies": []}

    answer = invoke(client, {"invoke": target, "with": event})

    assert json.loads(answer["Payload"].read()) == ({"verdicts": []} if "judge" in target else event)
    (invoked,) = events(client, answer["DurableExecutionArn"], "ChainedInvokeStarted")
    # Which version an alias was at is not known.
    assert invoked.get("ExecutedVersion") == executed


def test_a_history_says_when_each_invocation_began_and_ended(client: LambdaClient) -> None:
    answer = invoke(client, {"invoke": ECHO})

    for invocation in (completed := events(client, answer["DurableExecutionArn"], "InvocationCompleted")):
        assert invocation["StartTimestamp"] <= invocation["EndTimestamp"]
        assert "Error" not in invocation
    assert len({each["RequestId"] for each in completed}) == len(completed) == 2


def test_a_step_that_succeeds_says_at_which_attempt(client: LambdaClient) -> None:
    answer = invoke(client, {"wish": "step"})

    (step,) = events(client, answer["DurableExecutionArn"], "StepSucceeded")
    assert step["RetryDetails"] == {"CurrentAttempt": 1}


def test_a_crash_is_in_the_history(client: LambdaClient) -> None:
    arn = started(client, {"wish": "exit"})

    until(lambda: bool(events(client, arn, "InvocationCompleted")))

    client.stop_durable_execution(DurableExecutionArn=arn)
    crash = events(client, arn, "InvocationCompleted")[0]
    assert crash["Error"]["Payload"]["ErrorType"] == CRASH
    assert crash["StartTimestamp"] < crash["EndTimestamp"]


def test_a_crash_of_an_invoked_function_has_the_type_that_it_has_on_aws(client: LambdaClient) -> None:
    alone = invoke(client, {"wish": "exit"}, ECHO)
    chained = invoke(client, {"invoke": ECHO, "with": {"wish": "exit"}})

    assert json.loads(alone["Payload"].read())["errorType"] == CRASH
    (failed,) = events(client, chained["DurableExecutionArn"], "ChainedInvokeFailed")
    assert failed["Error"]["Payload"]["ErrorType"] == CRASH


@pytest.mark.parametrize("payload", ["not JSON", '{"errorMessage": "of its own", "errorType": "Runtime.HandlerError"}'])
def test_other_errors_stay(payload: str) -> None:
    assert as_lambda_reports(payload) == payload
