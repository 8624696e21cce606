"""Each service's role is sufficient, and none of its permissions is superfluous.

The emulated Lambda gives the functions their roles' credentials. Everything else uses credentials that may do
everything, so actions of AWS itself in a role's name are proven by making the same call with the role's credentials,
or are listed in NOT_PROVEN.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from pipeline_cli.outputs import StackOutputs
from pipeline_e2e.permissions import Grant, grants_of_templates
from pipeline_e2e.stack import PARAMETERS
from pipeline_testing.bodies import INVALID, body
from pipeline_testing.repository_copy import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Callable

    from local_aws.emulator import Emulator
    from pipeline_e2e.permissions import Roles
    from pipeline_e2e.stack import Stack

    Expectation = Callable[[Stack], None]
    Call = Callable[[Roles, str, Emulator], Any]


def a_message_is_stored(stack: Stack) -> None:
    (message,) = stack.send(body())
    key = f"e2e-esm-{message}"
    stack.wait_until(lambda: stack.item(key) or stack.failures_of(message), f"end of the delivery of {message}")
    assert stack.item(key), "it is not stored"


def an_invalid_message_is_rejected(stack: Stack) -> None:
    def given_up() -> int:
        return stack.logged("rejected messages could not be sent")

    before = given_up()
    stack.send(INVALID)
    rejected = stack.wait_until(
        lambda: stack.outcomes().rejected or given_up() > before, "end of the delivery of an invalid message"
    )
    assert rejected is not True, "it is not rejected"


def a_failed_message_is_brought_forward(stack: Stack) -> None:
    def given_up() -> int:
        return stack.logged("redelivery waits for the visibility timeout")

    before = given_up()
    with stack.without_table():
        (message,) = stack.send(body())
        stack.wait_until_failed(message)
    key = f"e2e-esm-{message}"
    stack.wait_until(lambda: stack.item(key) or given_up() > before, f"second delivery of {message}")
    assert stack.item(key), "it is not delivered again before its visibility timeout is over"


def a_message_that_comes_twice_is_stored_once(stack: Stack) -> None:
    text = body(idempotency_key=f"k{time.monotonic_ns()}")
    stack.send(text)
    stack.wait_until_drained()
    (again,) = stack.send(text)
    stack.wait_until(lambda: not stack.in_queue() or stack.failures_of(again), f"end of the delivery of {again}")
    assert not stack.failures_of(again), "it is not compared with the item"


EXPECTATIONS: dict[str, Expectation] = {
    "dynamodb:GetItem": a_message_that_comes_twice_is_stored_once,
    "dynamodb:PutItem": a_message_is_stored,
    "sqs:SendMessage": an_invalid_message_is_rejected,
    "sqs:GetQueueUrl": a_failed_message_is_brought_forward,
    "sqs:ChangeMessageVisibility": a_failed_message_is_brought_forward,
}
"""The consequence when a function loses this permission."""


FALLS_BACK = {"dynamodb:PartiQLInsert"}
"""Permissions that a function can do without, at the cost of more calls."""


def receive(roles: Roles, service: str, aws: Emulator) -> None:
    roles.client(service, "sqs").receive_message(QueueUrl=StackOutputs.of(aws.outputs).queue_url)


def delete(roles: Roles, service: str, aws: Emulator) -> None:
    entries = [{"Id": "1", "ReceiptHandle": "none"}]
    roles.client(service, "sqs").delete_message_batch(QueueUrl=StackOutputs.of(aws.outputs).queue_url, Entries=entries)


def look_at_queue(roles: Roles, service: str, aws: Emulator) -> None:
    roles.client(service, "sqs").get_queue_attributes(
        QueueUrl=StackOutputs.of(aws.outputs).queue_url, AttributeNames=["All"]
    )


def invoke_services(roles: Roles, service: str, aws: Emulator) -> None:
    (durable,) = aws.deployment.durable_functions
    variables = aws.endpoint.lambda_().get_function_configuration(FunctionName=durable.name)
    for name, value in variables["Environment"]["Variables"].items():
        if name.endswith("_FUNCTION_ARN"):
            roles.client(service, "lambda").invoke(FunctionName=value, Payload=b"{}")


def create_log_stream(roles: Roles, service: str, aws: Emulator) -> None:
    name = f"called-{time.monotonic_ns()}"
    roles.client(service, "logs").create_log_stream(logGroupName=log_group(service), logStreamName=name)


def write_log(roles: Roles, service: str, aws: Emulator) -> None:
    name = f"written-{time.monotonic_ns()}"
    aws.endpoint.logs().create_log_stream(logGroupName=log_group(service), logStreamName=name)
    events = [{"timestamp": int(time.time() * 1000), "message": "hello"}]
    roles.client(service, "logs").put_log_events(logGroupName=log_group(service), logStreamName=name, logEvents=events)


def log_group(service: str) -> str:
    return f"/aws/lambda/{PARAMETERS['EnvironmentName']}-durable-pipeline-{service}"


CALLS: dict[str, Call] = {
    "sqs:ReceiveMessage": receive,
    "sqs:DeleteMessage": delete,
    "sqs:GetQueueAttributes": look_at_queue,
    "lambda:InvokeFunction": invoke_services,
    "logs:CreateLogStream": create_log_stream,
    "logs:PutLogEvents": write_log,
}
"""Actions of AWS in a role's name: by the event source mapping, the durable service and the log of a function."""

NO_DURABLE_IAM = "dex-local-runner, which is the durable service here, knows no IAM"
NO_XRAY = "MiniStack has no X-Ray"
NOT_PROVEN = {
    "lambda:CheckpointDurableExecution": NO_DURABLE_IAM,
    "lambda:GetDurableExecutionState": NO_DURABLE_IAM,
    "xray:PutTraceSegments": NO_XRAY,
    "xray:PutTelemetryRecords": NO_XRAY,
}
"""Permissions that are not needed here, with the reason. Nor is KMS: the queues and the table use AWS's own keys."""

GRANTS = grants_of_templates(REPOSITORY)


def granting(actions: dict[str, Any]) -> list[Grant]:
    return [grant for grant in GRANTS if grant.action in actions]


def test_every_grant_is_proven_or_has_a_reason_why_not(roles: Roles) -> None:
    deployed = roles.grants()

    assert deployed == GRANTS
    assert {grant.action for grant in deployed} == EXPECTATIONS.keys() | CALLS.keys() | FALLS_BACK | NOT_PROVEN.keys()
    assert not (EXPECTATIONS.keys() | CALLS.keys()) & NOT_PROVEN.keys()


@pytest.mark.parametrize("expectation", dict.fromkeys(EXPECTATIONS.values()), ids=lambda each: each.__name__)
def test_the_roles_suffice_so_that(stack: Stack, expectation: Expectation) -> None:
    expectation(stack)


@pytest.mark.parametrize("grant", granting(EXPECTATIONS), ids=str)
def test_without_this_grant_an_expectation_fails(stack: Stack, roles: Roles, grant: Grant) -> None:
    expectation = EXPECTATIONS[grant.action]

    with roles.without(grant), pytest.raises(AssertionError, match="it is not"):
        expectation(stack)

    assert stack.in_queue() == 1, "the message is lost"


@pytest.mark.parametrize("grant", granting(CALLS), ids=str)
def test_a_role_allows_what_aws_does_in_its_name_and_only_by_this_grant(
    emulator: Emulator, roles: Roles, grant: Grant
) -> None:
    call = CALLS[grant.action]

    call(roles, grant.service, emulator)

    with roles.without(grant), pytest.raises(ClientError) as refused:
        call(roles, grant.service, emulator)
    assert refused.value.response["Error"]["Code"] in {"AccessDenied", "AccessDeniedException"}


def test_a_message_that_failed_without_a_permission_is_stored_once_the_role_has_it_again(
    stack: Stack, roles: Roles
) -> None:
    with roles.without(Grant("storer", "StoreRecords", "dynamodb:PutItem")):
        (message,) = stack.send(body())
        stack.wait_until_failed(message)

    assert stack.wait_for_item(f"e2e-esm-{message}")["message_id"] == message
    stack.wait_until_drained()


def test_items_are_written_in_groups_and_without_the_permission_for_it_one_at_a_time(
    stack: Stack, roles: Roles
) -> None:
    def one_at_a_time() -> int:
        return sum("items are written one at a time" in line for line in stack.log_lines("storer"))

    def send_a_chunk() -> None:
        sent = stack.send(*(body(n=number) for number in range(10)))
        stack.wait_until_drained()
        assert stack.outcomes().of(sent) == {message: {"stored"} for message in sent}

    before = one_at_a_time()
    send_a_chunk()
    assert one_at_a_time() == before

    with roles.without(Grant("storer", "StoreRecords", "dynamodb:PartiQLInsert")):
        send_a_chunk()

    assert one_at_a_time() > before
