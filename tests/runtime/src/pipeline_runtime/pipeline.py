"""The pipeline in AWS's runtime interface client, between MiniStack's queue and table and AWS's own durable service."""

from __future__ import annotations

import http.client
import json
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from local_aws.aws import REGION, AwsEndpoint
from local_aws.deploy.deployment import DeployedFunction
from local_aws.durable_runner import durable_runner_process
from local_aws.environment import service_environment
from local_aws.ministack import START_SECONDS, is_there, ministack_alone
from local_aws.ports import LOOPBACK, reserve_port
from local_aws.run_folder import RunFolder
from pipeline_testing.stages import STAGES

from pipeline_runtime.function import ACCOUNT, FUNCTIONS, Function, arn_of
from pipeline_runtime.invoke_api import invoke_api

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mypy_boto3_dynamodb import DynamoDBClient

ENVIRONMENT, TABLE = "runtime", "processed"


@dataclass(frozen=True)
class Pipeline:
    """The functions by name (of the stages and the durable one), and the table."""

    functions: dict[str, Function]
    dynamodb: DynamoDBClient
    durable_port: int

    def run(self, *bodies: str) -> dict[str, Any]:
        """Run a batch as a durable execution, and describe the execution after its end."""
        (durable,) = (function for function in self.functions.values() if function.execution_timeout)
        request = {
            "AccountId": ACCOUNT,
            "FunctionName": durable.name,
            "FunctionQualifier": "1",
            "ExecutionName": str(uuid.uuid4()),
            "ExecutionTimeoutSeconds": durable.execution_timeout,
            "ExecutionRetentionPeriodDays": 1,
            "Input": json.dumps({"Records": [_sqs_record(body) for body in bodies]}),
        }
        arn = self._ask("POST", "/start-durable-execution", request)["ExecutionArn"]
        described = f"/2025-12-01/durable-executions/{quote(arn, safe='')}"
        while (execution := self._ask("GET", described))["Status"] == "RUNNING":
            time.sleep(0.05)
        return execution

    def errors(self, arn: str) -> list[str]:
        """Return the error types of an execution's chained invokes, in order."""
        events = self._ask("GET", f"/2025-12-01/durable-executions/{quote(arn, safe='')}/history")["Events"]
        failed = [event["ChainedInvokeFailedDetails"] for event in events if "ChainedInvokeFailedDetails" in event]
        return [details["Error"]["Payload"]["ErrorType"] for details in failed]

    def item(self, execution_id: str) -> dict[str, Any]:
        """Read a stored item, in DynamoDB's JSON."""
        key = {"execution_id": {"S": execution_id}}
        return dict(self.dynamodb.get_item(TableName=TABLE, Key=key, ConsistentRead=True)["Item"])

    def _ask(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        with closing(http.client.HTTPConnection(LOOPBACK, self.durable_port)) as connection:
            connection.request(method, path, json.dumps(body), {"Content-Type": "application/json"})
            answer: dict[str, Any] = json.loads(connection.getresponse().read())
            return answer


def _sqs_record(body: str) -> dict[str, Any]:
    message_id = str(uuid.uuid4())
    return {
        "messageId": message_id,
        "receiptHandle": message_id,
        "body": body,
        "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1700000000000"},
        "messageAttributes": {},
        "md5OfBody": "",
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:{REGION}:{ACCOUNT}:queue",
        "awsRegion": REGION,
    }


@contextmanager
def running(folder: Path) -> Iterator[Pipeline]:
    """Build all services, and start what they need; all files are in the folder."""
    with ExitStack() as stack:
        aws = stack.enter_context(ministack_alone(folder / "ministack"))
        run = RunFolder.create(folder / "durable", print)
        stack.callback(run.close, keep_logs=False)
        durable = AwsEndpoint(f"http://{LOOPBACK}:{(port := reserve_port())}")
        dynamodb, queue = aws.dynamodb(), aws.sqs().create_queue(QueueName="invalid")["QueueUrl"]
        dynamodb.create_table(
            TableName=TABLE,
            KeySchema=[{"AttributeName": "execution_id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "execution_id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        variables = {
            **service_environment(run.id, run.path, aws),
            "AWS_ENDPOINT_URL_LAMBDA": durable.url,
            "ENVIRONMENT": ENVIRONMENT,
            "PROCESSED_DATA_TABLE": TABLE,
            "INVALID_MESSAGE_QUEUE_URL": queue,
            **{stage["variable"]: arn_of(stage["service"]) for stage in STAGES},
        }
        with ThreadPoolExecutor() as pool:
            build = partial(Function.built, folder=folder / "packages", variables=variables)
            functions = {function.name: function for function in pool.map(build, FUNCTIONS)}
        for function in functions.values():
            stack.callback(function.close)
        url = stack.enter_context(invoke_api(functions))
        known = [DeployedFunction(name, function.execution_timeout) for name, function in functions.items()]
        process = durable_runner_process(run, AwsEndpoint(url), port, known, store="memory")
        process.start()
        stack.callback(process.kill)
        process.wait_until(lambda: is_there(f"{durable.url}/health"), seconds=START_SECONDS)
        yield Pipeline(functions, dynamodb, port)
