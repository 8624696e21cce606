"""Durable executions through the one endpoint, with the calls that a client makes on AWS."""

from __future__ import annotations

import asyncio
import json
import uuid
from typing import TYPE_CHECKING, Any

import pytest
import urllib3
from aiohttp import ClientSession
from aiohttp.test_utils import TestClient, TestServer
from botocore.exceptions import ClientError
from local_aws.aws import AwsEndpoint
from local_aws.durable_invoke import DurableInvoker, Invocation, function_and_qualifier
from local_aws.forwarding import Answer, UnreachableError
from local_aws.router import Router
from local_aws.testing.toy_application import body, until
from waiter import SLOW_WAITER, WAITER, function_resource, invoke, started

if TYPE_CHECKING:
    from pathlib import Path

    from local_aws.testing.toy_application import Toy
    from mypy_boto3_lambda import LambdaClient

FUNCTION = f"{WAITER}:$LATEST"
NOWHERE = "http://127.0.0.1:9"
ARN = f"arn:aws:lambda:eu-central-2:000000000000:function:{WAITER}"


def status(client: LambdaClient, arn: str) -> str:
    return client.get_durable_execution(DurableExecutionArn=arn)["Status"]


def callback_of(client: LambdaClient, arn: str) -> str:
    """Wait until an execution waits for an answer, and return the callback's id."""

    def found() -> list[str]:
        events = client.get_durable_execution_history(DurableExecutionArn=arn)["Events"]
        return [each["CallbackStartedDetails"]["CallbackId"] for each in events if "CallbackStartedDetails" in each]

    until(lambda: bool(found()))
    return found()[0]


def test_a_synchronous_invoke_answers_the_result_of_the_execution(client: LambdaClient) -> None:
    event = {"text": "ä", "number": 1.5}

    answer = invoke(client, event)

    assert json.loads(answer["Payload"].read()) == event
    assert (answer["StatusCode"], answer["ExecutedVersion"], "FunctionError" in answer) == (200, "$LATEST", False)
    described = client.get_durable_execution(DurableExecutionArn=answer["DurableExecutionArn"])
    assert (described["Status"], json.loads(described["InputPayload"])) == ("SUCCEEDED", event)


def test_an_alias_is_resolved_when_the_execution_starts(toy: Toy, client: LambdaClient) -> None:
    (function,) = toy.aws.deployment.durable_functions
    record = {"messageId": uuid.uuid4().hex, "body": body("stored"), "attributes": {}}

    answer = invoke(client, {"Records": [record]}, f"{function.name}:live")

    assert json.loads(answer["Payload"].read()) == {"batchItemFailures": []}
    assert answer["ExecutedVersion"] == "1"
    assert client.get_durable_execution(DurableExecutionArn=answer["DurableExecutionArn"])["Version"] == "1"


def test_a_failed_execution_is_a_function_error(client: LambdaClient) -> None:
    answer = invoke(client, {"wish": "fail"})

    error = json.loads(answer["Payload"].read())
    assert (answer["FunctionError"], error["errorMessage"]) == ("Unhandled", "asked to fail")
    assert error["errorType"].endswith("ValueError")
    assert status(client, answer["DurableExecutionArn"]) == "FAILED"


@pytest.mark.parametrize("function", [WAITER, ARN])
@pytest.mark.parametrize("kind", ["RequestResponse", "Event", "DryRun"])
def test_an_unqualified_invoke_is_refused(client: LambdaClient, function: str, kind: str) -> None:
    with pytest.raises(client.exceptions.InvalidParameterValueException) as refused:
        invoke(client, {}, function, InvocationType=kind)

    assert refused.value.response["Error"]["Message"] == (
        "You cannot invoke a durable function using an unqualified ARN."
    )


@pytest.mark.parametrize(("function", "further"), [(f"{ARN}:$LATEST", {}), (ARN, {"Qualifier": "$LATEST"})])
def test_every_form_of_a_qualifier_is_understood(client: LambdaClient, function: str, further: dict[str, str]) -> None:
    assert json.loads(invoke(client, {"a": 1}, function, **further)["Payload"].read()) == {"a": 1}
    assert invoke(client, {}, function, InvocationType="DryRun", **further)["StatusCode"] == 204


def test_a_qualifier_that_is_not_there_is_not_found(client: LambdaClient) -> None:
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        invoke(client, {}, Qualifier="no-such-alias", function=ARN)


def test_an_execution_of_more_than_15_minutes_is_started_by_an_event_only(client: LambdaClient) -> None:
    function = f"{SLOW_WAITER}:$LATEST"

    with pytest.raises(client.exceptions.InvalidParameterValueException, match="greater than 15 minutes"):
        invoke(client, {}, function)

    assert invoke(client, {}, function, InvocationType="Event")["StatusCode"] == 202


@pytest.mark.parametrize("payload", [b"{not JSON", b"[" * 200_000, '{"a": 1}'.encode("utf-16")])
def test_a_payload_that_is_not_json_is_refused(client: LambdaClient, payload: bytes) -> None:
    with pytest.raises(client.exceptions.InvalidRequestContentException):
        client.invoke(FunctionName=FUNCTION, Payload=payload)


def test_a_request_on_which_the_endpoint_fails_gets_an_error(endpoint: AwsEndpoint) -> None:
    url = f"{endpoint.url}/2025-12-01/functions/{FUNCTION.partition(':')[0]}/durable-executions"

    answer = urllib3.request("GET", f"{url}?StartedAfter=tomorrow", retries=False)

    assert answer.status == 500
    assert answer.headers["x-amzn-errortype"] == "ServiceException"
    assert answer.json()["Message"].startswith("the endpoint has failed: ValueError: ")


def test_an_unknown_invocation_type_is_refused(client: LambdaClient) -> None:
    with pytest.raises(client.exceptions.InvalidParameterValueException, match="Sometimes"):
        invoke(client, {}, InvocationType="Sometimes")


def test_a_name_and_its_payload_start_one_execution(client: LambdaClient) -> None:
    name = uuid.uuid4().hex
    first = started(client, {"a": 1, "b": 2}, DurableExecutionName=name)

    again = started(client, {"b": 2, "a": 1}, DurableExecutionName=name)
    answer = invoke(client, {"a": 1, "b": 2}, DurableExecutionName=name)

    assert (again, answer["DurableExecutionArn"]) == (first, first)
    assert json.loads(answer["Payload"].read()) == {"a": 1, "b": 2}
    assert client.get_durable_execution(DurableExecutionArn=first)["DurableExecutionName"] == name
    with pytest.raises(client.exceptions.DurableExecutionAlreadyStartedException):
        invoke(client, {"a": 2}, DurableExecutionName=name)


def test_a_callback_succeeds_after_a_heartbeat(client: LambdaClient) -> None:
    arn = started(client, {"wish": "wait"})
    callback = callback_of(client, arn)

    client.send_durable_execution_callback_heartbeat(CallbackId=callback)
    client.send_durable_execution_callback_success(CallbackId=callback, Result=b"yes")

    until(lambda: status(client, arn) != "RUNNING")
    assert client.get_durable_execution(DurableExecutionArn=arn)["Result"] == '"yes"'


def test_a_callback_that_fails_fails_the_execution(client: LambdaClient) -> None:
    arn = started(client, {"wish": "wait"})
    error = {"ErrorMessage": "no", "ErrorType": "Refused"}

    client.send_durable_execution_callback_failure(CallbackId=callback_of(client, arn), Error=error)  # type: ignore[arg-type]

    until(lambda: status(client, arn) != "RUNNING")
    assert client.get_durable_execution(DurableExecutionArn=arn)["Error"]["ErrorMessage"] == "no"


def test_an_execution_is_stopped(client: LambdaClient) -> None:
    arn = started(client, {"wish": "wait"})
    callback_of(client, arn)

    client.stop_durable_execution(DurableExecutionArn=arn, Error={"ErrorMessage": "enough"})

    assert status(client, arn) == "STOPPED"


def test_what_is_not_emulated_is_refused_by_name(client: LambdaClient) -> None:
    arn = started(client, {"wish": "wait"})

    for operation in (
        client.pause_durable_execution,  # type: ignore[attr-defined] # the stubs are older
        client.resume_durable_execution,  # type: ignore[attr-defined]
        client.delete_durable_execution,  # type: ignore[attr-defined]
    ):
        with pytest.raises(ClientError, match="UnsupportedOperationException"):
            operation(DurableExecutionArn=arn)


def test_an_execution_that_is_not_there_is_not_found(client: LambdaClient) -> None:
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_durable_execution(DurableExecutionArn="arn:aws:lambda:eu-central-2:000000000000:function:no/such")


def test_executions_are_listed_as_on_aws(client: LambdaClient) -> None:
    waits, ends = started(client, {"wish": "wait"}), str(invoke(client, {"a": 1})["DurableExecutionArn"])

    def listed(**further: Any) -> list[str]:
        found = client.list_durable_executions_by_function(FunctionName=ARN, **further)["DurableExecutions"]
        return [each["DurableExecutionArn"] for each in found]

    assert listed()[:2] == [ends, waits]
    assert listed(ReverseOrder=True)[-2:] == [waits, ends]
    assert waits in listed(Statuses=["RUNNING"])
    assert ends not in listed(Statuses=["RUNNING"])
    assert ends in listed(Statuses=["SUCCEEDED", "FAILED"])
    assert waits not in listed(Statuses=["SUCCEEDED", "FAILED"])
    began = client.get_durable_execution(DurableExecutionArn=ends)["StartTimestamp"]
    assert listed(StartedAfter=began)[-1] == ends


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("name", ("name", None)),
        ("name:live", ("name", "live")),
        ("000000000000:function:name:$LATEST", ("name", "$LATEST")),
        ("function:name:1", ("name", "1")),
        (ARN, (WAITER, None)),
        ("not a name", ("not a name", None)),
    ],
)
def test_a_function_is_named_in_every_form(text: str, parts: tuple[str, str | None]) -> None:
    assert function_and_qualifier(text) == parts


def changing_stack(timeout: Any) -> str:
    """Make a template of a durable function with that execution timeout."""
    code = "def handler(event, context):\n    return event\n"
    resource = function_resource("changing", code, DurableConfig={"ExecutionTimeout": timeout})
    return json.dumps({"Resources": {"Changing": resource}})


def test_a_changed_execution_timeout_is_that_of_the_next_invoke(endpoint: AwsEndpoint) -> None:
    stacks, service = endpoint.cloudformation(), endpoint.lambda_()
    stacks.create_stack(StackName="changing", TemplateBody=changing_stack(1000))
    stacks.get_waiter("stack_create_complete").wait(StackName="changing", WaiterConfig={"Delay": 1})
    too_long = pytest.raises(service.exceptions.InvalidParameterValueException, match="greater than 15 minutes")
    with too_long:
        invoke(service, {}, "changing:$LATEST")

    stacks.update_stack(StackName="changing", TemplateBody=changing_stack(900))
    stacks.get_waiter("stack_update_complete").wait(StackName="changing", WaiterConfig={"Delay": 1})

    with pytest.raises(service.exceptions.InvalidRequestContentException):  # so that no execution is started
        service.invoke(FunctionName="changing:$LATEST", Payload=b"{not JSON")


def test_a_timeout_that_is_not_understood_is_named(endpoint: AwsEndpoint) -> None:
    stacks = endpoint.cloudformation()
    stacks.create_stack(
        StackName="unclear", TemplateBody=changing_stack({"Fn::Sub": "60"}).replace("changing", "unclear")
    )
    try:
        stacks.get_waiter("stack_create_complete").wait(StackName="unclear", WaiterConfig={"Delay": 1})
        url = f"{endpoint.url}/2015-03-31/functions/unclear:$LATEST/invocations"

        answer = urllib3.request("POST", url, body=b"{}")

        assert (answer.status, "ExecutionTimeout of Changing" in answer.data.decode()) == (502, True)
    finally:
        stacks.delete_stack(StackName="unclear")


@pytest.mark.parametrize("path", ["/2025-12-01/durable-executions/any", "/2015-03-31/functions/any/invocations"])
def test_a_part_that_does_not_answer_is_named(tmp_path: Path, path: str) -> None:
    async def asked() -> tuple[int, str]:
        router = Router(AwsEndpoint(NOWHERE), NOWHERE, tmp_path)
        async with TestClient(TestServer(router.application())) as client, client.post(path, data=b"{}") as answer:
            return answer.status, await answer.text()

    status, text = asyncio.run(asked())

    assert status == 502
    assert NOWHERE in text


def test_a_durable_service_that_is_gone_is_named() -> None:
    async def allowed() -> Answer:
        return Answer(204, {"x-amz-executed-version": "1"})

    async def unanswered() -> None:
        async with ClientSession() as session:
            invocation = Invocation("name", "live", "Event", None, b"{}")
            await DurableInvoker(session, NOWHERE).invoke(invocation, 60, allowed)

    with pytest.raises(UnreachableError, match=NOWHERE):
        asyncio.run(unanswered())
