"""The whole of it, with the toy pipeline in place of the real services."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import time
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from pipeline_emulator.aws import REGION, AwsEndpoint
from pipeline_emulator.demo.audit import Audit
from pipeline_emulator.demo.failures import failure_reasons
from pipeline_emulator.demo.lines import Line
from pipeline_emulator.demo.outcome import Outcome
from pipeline_emulator.demo.run import run_messages
from pipeline_emulator.demo.sending import SentMessage, send
from pipeline_emulator.demo.table import Table
from pipeline_emulator.deploy.stack import create_stack, delete_stack
from pipeline_emulator.errors import EmulatorError
from pipeline_emulator.shell_variables import ShellVariables
from rich.console import Console

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline_emulator import Emulator


def body(outcome: str) -> str:
    return json.dumps({"outcome": outcome, "data_source": uuid.uuid4().hex})


def send_bodies(aws: Emulator, *bodies: str) -> Audit:
    """Send the bodies and follow them."""
    audit = Audit.of(aws)
    lines = [Line(number, text) for number, text in enumerate(bodies, start=1)]
    for message in send(aws.endpoint.sqs(), aws.outputs.queue_url, lines):
        assert isinstance(message, SentMessage)
        audit.add(message)
    return audit


def until(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"it did not happen in {seconds} s"
        time.sleep(0.1)


def system_attributes(aws: Emulator, execution_id: str) -> dict[str, str]:
    """Give the attributes that the event had for a message, which the toy stores."""
    item = Table(aws.endpoint.dynamodb(), aws.outputs.table_name).item(execution_id)
    assert item is not None
    return item["system_attributes"]


def executions_of(aws: Emulator, message_id: str) -> set[str]:
    """Give the executions that had a message in their batch."""
    service = AwsEndpoint(f"http://127.0.0.1:{aws.durable_port}").lambda_()
    function = aws.deployment.durable_function().name
    listed = service.list_durable_executions_by_function(FunctionName=function, ReverseOrder=True)
    arns = [execution["DurableExecutionArn"] for execution in listed["DurableExecutions"]]
    inputs = {arn: service.get_durable_execution(DurableExecutionArn=arn)["InputPayload"] for arn in arns}
    return {arn for arn, event in inputs.items() if message_id in event}


def log_of_the_mapping(aws: Emulator) -> str:
    return (aws.logs / "event-source.log").read_text()


def settled(audit: Audit) -> bool:
    audit.look()
    return audit.pending == 0


@pytest.fixture(scope="module", autouse=True)
def warm(aws: Emulator) -> None:
    """Start the functions once: a cold start on a busy machine may take as long as a message is hidden."""
    audit = send_bodies(aws, "not JSON, to warm up")
    until(lambda: settled(audit), seconds=60)


def test_messages_end_stored_rejected_or_as_dead_letters(aws: Emulator) -> None:
    audit = send_bodies(aws, body("stored"), "not JSON", body("failed"), body("stored"))

    until(lambda: settled(audit))

    assert [tracked.outcome for tracked in audit.messages] == [
        Outcome.STORED,
        Outcome.REJECTED,
        Outcome.FAILED,
        Outcome.STORED,
    ]
    dead = audit.messages[2].places[0]
    assert dead.reason.startswith("in the dead letter queue, received ")
    audit.finish()


def test_a_batch_whose_execution_fails_is_delivered_again_until_it_is_dead(aws: Emulator) -> None:
    audit = send_bodies(aws, body("crash"), body("stored"))

    until(lambda: settled(audit), seconds=60)

    assert {tracked.outcome for tracked in audit.messages} == {Outcome.FAILED}
    for tracked in audit.messages:
        (reason,) = failure_reasons(aws)[tracked.message.message_id]
        assert reason.startswith("the execution is FAILED: ")
        assert reason.endswith("InvokeError: asked to crash")
    audit.finish()


def test_a_batch_whose_execution_is_stopped_is_delivered_again(aws: Emulator) -> None:
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
    assert f"{execution}: all 1 messages failed: the execution is STOPPED" in log_of_the_mapping(aws)
    reason = "the execution is STOPPED: Execution stopped by user request"
    assert failure_reasons(aws)[tracked.message.message_id] == [reason]
    audit.finish()


def test_the_event_has_the_system_attributes_of_a_message(aws: Emulator) -> None:
    trace = "Root=1-5e1b4151-5ac6c58b5d1e9d9b6d1e9d9b;Parent=5d1e9d9b6d1e9d9b;Sampled=1"
    before = time.time()

    sent = aws.endpoint.sqs().send_message(
        QueueUrl=aws.outputs.queue_url,
        MessageBody=body("stored"),
        MessageGroupId="customer-7",
        MessageSystemAttributes={"AWSTraceHeader": {"DataType": "String", "StringValue": trace}},
    )

    identity = f"local-esm-{sent['MessageId']}"
    until(lambda: bool(Table(aws.endpoint.dynamodb(), aws.outputs.table_name).item(identity)))
    attributes = system_attributes(aws, identity)
    assert attributes.keys() == {
        "ApproximateFirstReceiveTimestamp",
        "ApproximateReceiveCount",
        "AWSTraceHeader",
        "MessageGroupId",
        "SenderId",
        "SentTimestamp",
    }
    assert (attributes["AWSTraceHeader"], attributes["MessageGroupId"]) == (trace, "customer-7")
    assert before - 1 < int(attributes["SentTimestamp"]) / 1000 < time.time() + 1


def test_the_mapping_is_deployed_as_the_parameters_say(aws: Emulator) -> None:
    log = log_of_the_mapping(aws)

    assert "batch_size=100" in log
    assert "window=1" in log
    assert "visibility_timeout=6" in log
    assert "maximum_concurrency=" in log
    assert "reports_batch_item_failures=True" in log


def test_nothing_is_lost_when_the_event_source_mapping_is_killed_and_restarted(aws: Emulator) -> None:
    audit = send_bodies(aws, *(body("slow") for _ in range(3)), *(body("stored") for _ in range(30)))
    until(lambda: _depth(aws, "NotVisible") > 0)

    aws.event_source.kill()
    with pytest.raises(EmulatorError, match="event source mapping ended unexpectedly with signal SIGKILL"):
        aws.check()
    aws.event_source.restart()

    until(lambda: settled(audit), seconds=60)
    audit.finish()
    assert audit.counts()[Outcome.STORED] + audit.counts()[Outcome.FAILED] == 33


def test_messages_pass_after_the_durable_service_was_killed_and_restarted(aws: Emulator) -> None:
    aws.durable_runner.kill()
    audit = send_bodies(aws, body("stored"))
    time.sleep(1.5)
    aws.durable_runner.restart()

    until(lambda: settled(audit), seconds=60)

    assert audit.messages[0].outcome is Outcome.STORED


def test_messages_reach_the_table_within_three_seconds(aws: Emulator) -> None:
    started = time.monotonic()
    audit = send_bodies(aws, body("stored"))
    until(lambda: settled(audit))

    assert time.monotonic() - started < 3


def test_a_whole_batch_of_a_hundred_is_one_execution(aws: Emulator) -> None:
    log = aws.logs / "event-source.log"
    before = len(log.read_text())

    audit = send_bodies(aws, *(body("stored") for _ in range(100)))
    until(lambda: settled(audit))

    until(lambda: "100 messages succeeded, 0 failed" in log.read_text()[before:])
    assert _depth(aws) == 0


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
    environment = {"PATH": os.environ["PATH"], **ShellVariables.of(aws).values}

    answer = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)

    assert answer.stdout.splitlines()[1].startswith(f"arn:aws:sqs:{REGION}:")


def test_a_stack_that_cannot_be_created_says_which_resource_and_why(aws: Emulator) -> None:
    client, s3 = aws.endpoint.cloudformation(), aws.endpoint.s3()
    inner = _stack({"Broken": ("AWS::Nonsense::Thing", {})})
    s3.put_object(Bucket="artifacts", Key="inner.json", Body=inner)
    outer = _stack(
        {"Inner": ("AWS::CloudFormation::Stack", {"TemplateURL": f"{aws.endpoint.url}/artifacts/inner.json"})}
    )
    s3.put_object(Bucket="artifacts", Key="outer.json", Body=outer)

    with pytest.raises(EmulatorError, match=r"the stack broken could not be created[\s\S]*AWS::Nonsense::Thing"):
        create_stack(client, "broken", f"{aws.endpoint.url}/artifacts/outer.json", {}, seconds=20)


def test_a_stack_can_be_deleted(aws: Emulator) -> None:
    client, s3 = aws.endpoint.cloudformation(), aws.endpoint.s3()
    s3.put_object(Bucket="artifacts", Key="small.json", Body=_stack({"Queue": ("AWS::SQS::Queue", {})}))
    create_stack(client, "small", f"{aws.endpoint.url}/artifacts/small.json", {}, seconds=20)

    delete_stack(client, "small", seconds=20)

    with pytest.raises(ClientError, match="does not exist"):
        client.describe_stacks(StackName="small")


def _stack(resources: dict[str, tuple[str, dict[str, Any]]]) -> bytes:
    return json.dumps(
        {"Resources": {name: {"Type": kind, "Properties": values} for name, (kind, values) in resources.items()}}
    ).encode()


def _depth(aws: Emulator, kind: str = "") -> int:
    name = f"ApproximateNumberOfMessages{kind}"
    answer = aws.endpoint.sqs().get_queue_attributes(QueueUrl=aws.outputs.queue_url, AttributeNames=["All"])
    return int(answer["Attributes"][name])  # type: ignore[literal-required]
