"""The one endpoint for clients."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from local_aws.testing.toy_application import body, executions_of, until

if TYPE_CHECKING:
    from local_aws.aws import AwsEndpoint
    from local_aws.testing.toy_application import Toy


def test_one_endpoint_serves_executions_and_all_else(toy: Toy, endpoint: AwsEndpoint) -> None:
    (message,) = toy.send(body("stored"))
    until(lambda: toy.settled([message]))
    (execution,) = executions_of(toy.aws, message)
    (function,) = toy.aws.deployment.durable_functions

    service = endpoint.lambda_()

    listed = service.list_durable_executions_by_function(FunctionName=function.name)
    assert execution in {each["DurableExecutionArn"] for each in listed["DurableExecutions"]}
    history = service.get_durable_execution_history(DurableExecutionArn=execution, IncludeExecutionData=True)
    assert history["Events"][0]["EventType"] == "ExecutionStarted"
    assert service.get_function(FunctionName=function.name)["Configuration"]["FunctionName"] == function.name
    assert endpoint.sqs().send_message(QueueUrl=toy.aws.outputs["DataProcessingQueueUrl"], MessageBody=body("stored"))


def test_a_plain_function_is_invoked_and_its_error_is_answered(toy: Toy, endpoint: AwsEndpoint) -> None:
    client, function = endpoint.lambda_(), "toy-toy-judge:live"

    fine = client.invoke(FunctionName=function, Payload=json.dumps({"bodies": [body("stored")]}).encode())
    failed = client.invoke(FunctionName=function, Payload=json.dumps({"bodies": [body("crash")]}).encode())

    assert json.loads(fine["Payload"].read()) == {"verdicts": ["stored"]}
    assert failed["FunctionError"] == "Unhandled"
    assert json.loads(failed["Payload"].read())["errorMessage"] == "asked to crash"


def test_an_object_is_described_without_being_read(endpoint: AwsEndpoint) -> None:
    s3, key = endpoint.s3(), "a folder/ä+b"

    s3.put_object(Bucket="artifacts", Key=key, Body=b"x" * 1000)

    assert s3.head_object(Bucket="artifacts", Key=key)["ContentLength"] == 1000
    assert s3.get_object(Bucket="artifacts", Key=key)["Body"].read() == b"x" * 1000
