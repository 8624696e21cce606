"""A stack deployed while the endpoint runs, with a durable function that waits for a callback, or fails."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from local_aws.aws import AwsEndpoint
    from mypy_boto3_lambda import LambdaClient

WAITER = "waiter"
SLOW_WAITER = "slow-waiter"
ECHO = "echo"

_WAITER_CODE = """
import os
from aws_durable_execution_sdk_python import durable_execution

@durable_execution
def handler(event, context):
    match event:
        case {"wish": "wait"}:
            return context.create_callback(name="answer").result()
        case {"wish": "fail"}:
            raise ValueError("asked to fail")
        case {"wish": "exit"}:
            os._exit(1)
        case {"wish": "step"}:
            return context.step(lambda step: step.attempt)
        case {"invoke": function}:
            return context.invoke(function, event.get("with"), name="invoked")
    return event
"""
_ECHO_CODE = """
import os

def handler(event, context):
    if event == {"wish": "exit"}:
        os._exit(1)
    return event
"""


def function_resource(name: str, code: str, **further: Any) -> dict[str, Any]:
    """Make the resource of a function."""
    properties = {
        "FunctionName": name,
        "Runtime": f"python{sys.version_info.major}.{sys.version_info.minor}",
        "Handler": "index.handler",
        "Role": "arn:aws:iam::000000000000:role/any",
        "Code": {"ZipFile": code},
        "Environment": {"Variables": {"PYTHONPATH": os.environ["TOY_SITE_PACKAGES"]}},
        "Timeout": 30,
        **further,
    }
    return {"Type": "AWS::Lambda::Function", "Properties": properties}


def deploy_waiter(endpoint: AwsEndpoint) -> None:
    """Create the stack through the endpoint, as the AWS CLI would."""
    resources = {
        "Waiter": function_resource(WAITER, _WAITER_CODE, DurableConfig={"ExecutionTimeout": 60}),
        "SlowWaiter": function_resource(SLOW_WAITER, _WAITER_CODE, DurableConfig={"ExecutionTimeout": 1000}),
        "Echo": function_resource(ECHO, _ECHO_CODE),
    }
    client = endpoint.cloudformation()
    client.create_stack(StackName="waiter", TemplateBody=json.dumps({"Resources": resources}))
    client.get_waiter("stack_create_complete").wait(StackName="waiter", WaiterConfig={"Delay": 1, "MaxAttempts": 30})


def invoke(client: LambdaClient, event: Any, function: str = f"{WAITER}:$LATEST", **further: Any) -> Any:
    """Invoke a function with an event."""
    return client.invoke(FunctionName=function, Payload=json.dumps(event).encode(), **further)


def started(client: LambdaClient, event: Any, **further: Any) -> str:
    """Start an execution, and return its ARN."""
    answer = invoke(client, event, InvocationType="Event", **further)
    assert (answer["StatusCode"], answer["Payload"].read()) == (202, b"")
    return str(answer["DurableExecutionArn"])
