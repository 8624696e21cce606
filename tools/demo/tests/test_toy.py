"""What becomes of messages, and why they failed, with the toy pipeline in place of the real services."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import time
import uuid
from typing import TYPE_CHECKING

import pytest
from local_aws.aws import REGION, AwsEndpoint
from pipeline_cli.outputs import StackOutputs
from pipeline_demo.audit import Audit
from pipeline_demo.command import shell_variables
from pipeline_demo.failures import failure_reasons
from pipeline_demo.lines import Line
from pipeline_demo.outcome import Outcome
from pipeline_demo.run import run_messages
from pipeline_demo.sending import SentMessage, send
from rich.console import Console

if TYPE_CHECKING:
    from collections.abc import Callable

    from local_aws.emulator import Emulator


def body(outcome: str) -> str:
    return json.dumps({"outcome": outcome, "data_source": uuid.uuid4().hex})


def send_bodies(aws: Emulator, *bodies: str) -> Audit:
    """Send the bodies and follow them."""
    audit = Audit.of(aws)
    lines = [Line(number, text) for number, text in enumerate(bodies, start=1)]
    for message in send(aws.endpoint.sqs(), StackOutputs.of(aws.outputs).queue_url, lines):
        assert isinstance(message, SentMessage)
        audit.add(message)
    return audit


def until(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"it did not happen in {seconds} s"
        time.sleep(0.1)


def executions_of(aws: Emulator, message_id: str) -> set[str]:
    """Give the executions that had a message in their batch."""
    service = AwsEndpoint(f"http://127.0.0.1:{aws.durable_port}").lambda_()
    (function,) = aws.deployment.durable_functions
    listed = service.list_durable_executions_by_function(FunctionName=function.name, ReverseOrder=True)
    arns = [execution["DurableExecutionArn"] for execution in listed["DurableExecutions"]]
    inputs = {arn: service.get_durable_execution(DurableExecutionArn=arn)["InputPayload"] for arn in arns}
    return {arn for arn, event in inputs.items() if message_id in event}


def settled(audit: Audit) -> bool:
    audit.look()
    return audit.pending == 0


@pytest.fixture(scope="module", autouse=True)
def warm(aws: Emulator) -> None:
    """Start the functions once: a cold start on a busy machine may take as long as a message is hidden."""
    audit = send_bodies(aws, "not JSON, to warm up")
    until(lambda: settled(audit), seconds=60)


def test_a_dead_letter_whose_execution_failed_has_its_reason(aws: Emulator) -> None:
    audit = send_bodies(aws, body("crash"), body("stored"))

    until(lambda: settled(audit), seconds=60)

    assert {tracked.outcome for tracked in audit.messages} == {Outcome.FAILED}
    for tracked in audit.messages:
        (reason,) = failure_reasons(aws)[tracked.message.message_id]
        assert reason.startswith("the execution is FAILED: ")
        assert reason.endswith("InvokeError: asked to crash")
    audit.finish()


def test_a_message_whose_execution_was_stopped_has_its_reason(aws: Emulator) -> None:
    service = AwsEndpoint(f"http://127.0.0.1:{aws.durable_port}").lambda_()
    audit = send_bodies(aws, body("slow"))
    (tracked,) = audit.messages
    until(lambda: len(executions_of(aws, tracked.message.message_id)) == 1)
    (execution,) = executions_of(aws, tracked.message.message_id)

    service.stop_durable_execution(DurableExecutionArn=execution)

    assert service.get_durable_execution(DurableExecutionArn=execution)["Status"] == "STOPPED"
    # What the toy was doing when it was stopped may still be done: the message has to come again all the same.
    until(lambda: len(executions_of(aws, tracked.message.message_id)) == 2)
    until(lambda: settled(audit))
    assert tracked.outcome is Outcome.STORED
    reason = "the execution is STOPPED: Execution stopped by user request"
    assert failure_reasons(aws)[tracked.message.message_id] == [reason]
    audit.finish()


def test_a_body_of_a_megabyte_arrives_and_a_larger_one_is_reported_as_not_sent(aws: Emulator) -> None:
    frame = len(json.dumps({"outcome": "rejected", "x": ""}))
    largest = json.dumps({"outcome": "rejected", "x": "x" * (1024 * 1024 - frame)})
    lines = [Line(1, largest), Line(2, largest + " "), Line(3, '{"a": "\x01"}'), Line(4, body("stored"))]

    finished = run_messages(aws, lines, Console(file=io.StringIO()))

    assert [(refusal.line.number, refusal.reason.split(":")[0]) for refusal in finished.not_sent] == [
        (2, "InvalidParameterValue"),
        (3, "InvalidMessageContents"),
    ]
    assert [tracked.outcome for tracked in finished.audit.messages] == [Outcome.REJECTED, Outcome.STORED]


def test_the_shell_variables_are_enough_for_an_ordinary_program(aws: Emulator) -> None:
    script = (
        "import boto3, os\n"
        "boto3.client('sqs').send_message(QueueUrl=os.environ['QUEUE_URL'], MessageBody='not JSON')\n"
        "print(boto3.client('dynamodb').scan(TableName=os.environ['TABLE_NAME'])['Count'])\n"
        "print(boto3.client('sqs').get_queue_attributes("
        "QueueUrl=os.environ['DEAD_LETTER_QUEUE_URL'], AttributeNames=['QueueArn'])['Attributes']['QueueArn'])\n"
    )
    environment = {"PATH": os.environ["PATH"], **shell_variables(aws).values}

    answer = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)

    assert answer.stdout.splitlines()[1].startswith(f"arn:aws:sqs:{REGION}:")
