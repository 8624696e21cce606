"""The whole emulated AWS, with the toy in place of the real services."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from local_aws.aws import REGION
from local_aws.deploy.stack import create_stack
from local_aws.errors import EmulatorError
from local_aws.testing.toy_application import body, executions_of, until

if TYPE_CHECKING:
    from local_aws.emulator import Emulator
    from local_aws.testing.toy_application import Toy


def log_of_the_mapping(aws: Emulator) -> str:
    return (aws.logs / "event-source.log").read_text()


def test_messages_end_stored_rejected_or_as_dead_letters(toy: Toy) -> None:
    messages = toy.send(body("stored"), "not JSON", body("failed"), body("stored"))

    until(lambda: toy.settled(messages))

    assert toy.ends(messages) == ["stored", "rejected", "failed", "stored"]


def test_a_batch_whose_execution_fails_is_delivered_again_until_it_is_dead(toy: Toy) -> None:
    messages = toy.send(body("crash"), body("stored"))

    until(lambda: toy.settled(messages), seconds=60)

    assert toy.ends(messages) == ["failed", "failed"]
    assert "messages failed: the execution is FAILED: " in log_of_the_mapping(toy.aws)


def test_a_batch_whose_execution_is_stopped_is_delivered_again(toy: Toy) -> None:
    aws = toy.aws
    service = aws.durable_endpoint.lambda_()
    (message,) = toy.send(body("slow"))
    until(lambda: len(executions_of(aws, message)) == 1)
    (execution,) = executions_of(aws, message)

    service.stop_durable_execution(DurableExecutionArn=execution)

    assert service.get_durable_execution(DurableExecutionArn=execution)["Status"] == "STOPPED"
    # The toy may still finish what it was doing when it was stopped: the message must be redelivered nevertheless.
    until(lambda: len(executions_of(aws, message)) == 2)
    until(lambda: toy.settled([message]))
    assert toy.ends([message]) == ["stored"]
    assert f"{execution}: all 1 messages failed: the execution is STOPPED" in log_of_the_mapping(aws)


def test_the_event_has_the_system_attributes_of_a_message(toy: Toy) -> None:
    trace = "Root=1-5e1b4151-5ac6c58b5d1e9d9b6d1e9d9b;Parent=5d1e9d9b6d1e9d9b;Sampled=1"
    before = time.time()

    sent = toy.aws.endpoint.sqs().send_message(
        QueueUrl=toy.aws.outputs["DataProcessingQueueUrl"],
        MessageBody=body("stored"),
        MessageGroupId="customer-7",
        MessageSystemAttributes={"AWSTraceHeader": {"DataType": "String", "StringValue": trace}},
    )

    until(lambda: toy.item(sent["MessageId"]) is not None)
    item = toy.item(sent["MessageId"])
    assert item is not None
    attributes: dict[str, str] = item["system_attributes"]
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
    for setting in ("batch_size=100", "window=1", "visibility_timeout=6", "reports_batch_item_failures=True"):
        assert setting in log_of_the_mapping(aws)


def test_nothing_is_lost_when_the_event_source_mapping_is_killed_and_restarted(toy: Toy) -> None:
    messages = toy.send(*(body("slow") for _ in range(3)), *(body("stored") for _ in range(30)))
    until(lambda: toy.depth("NotVisible") > 0)

    toy.aws.event_source.kill()
    with pytest.raises(EmulatorError, match="event source mapping ended unexpectedly with signal SIGKILL"):
        toy.aws.check()
    toy.aws.event_source.restart()

    until(lambda: toy.settled(messages), seconds=60)
    assert set(toy.ends(messages)) <= {"stored", "failed"}


def test_messages_pass_after_the_durable_service_was_killed_and_restarted(toy: Toy) -> None:
    toy.aws.durable_runner.kill()
    messages = toy.send(body("stored"))
    time.sleep(1.5)
    toy.aws.durable_runner.restart()

    until(lambda: toy.settled(messages), seconds=60)

    assert toy.ends(messages) == ["stored"]


def test_messages_reach_the_table_within_three_seconds(toy: Toy) -> None:
    started = time.monotonic()
    messages = toy.send(body("stored"))
    until(lambda: toy.settled(messages))

    assert time.monotonic() - started < 3


def test_a_whole_batch_of_a_hundred_is_one_execution(toy: Toy) -> None:
    log = toy.aws.logs / "event-source.log"
    before = len(log.read_text())

    # While it is paused, the queue fills.
    toy.aws.event_source.pause()
    messages = toy.send(*(body("stored") for _ in range(100)))
    toy.aws.event_source.resume()
    until(lambda: toy.settled(messages))

    until(lambda: "100 messages succeeded, 0 failed" in log.read_text()[before:])
    assert toy.depth() == 0


def test_the_shell_variables_are_enough_for_an_ordinary_program(aws: Emulator) -> None:
    script = (
        "import boto3, os\n"
        "url = os.environ['QUEUE_URL']\n"
        "boto3.client('sqs').send_message(QueueUrl=url, MessageBody='not JSON')\n"
        "answer = boto3.client('sqs').get_queue_attributes(QueueUrl=url, AttributeNames=['QueueArn'])\n"
        "print(answer['Attributes']['QueueArn'])\n"
    )
    queue = {"QUEUE_URL": aws.outputs["DataProcessingQueueUrl"]}
    environment = {"PATH": os.environ["PATH"], **aws.endpoint.variables(), **queue}

    answer = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)

    assert answer.stdout.startswith(f"arn:aws:sqs:{REGION}:")


def test_a_stack_that_cannot_be_created_says_which_resource_and_why(aws: Emulator) -> None:
    client, s3 = aws.endpoint.cloudformation(), aws.endpoint.s3()
    url = f"{aws.endpoint.url}/artifacts"
    inner = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": f"{url}/inner.json"}}
    for name, resource in (("inner", {"Type": "AWS::Nonsense::Thing"}), ("outer", inner)):
        template = json.dumps({"Resources": {"Broken": resource}})
        s3.put_object(Bucket="artifacts", Key=f"{name}.json", Body=template.encode())

    with pytest.raises(EmulatorError, match=r"the stack broken could not be created[\s\S]*AWS::Nonsense::Thing"):
        create_stack(client, "broken", f"{url}/outer.json", {}, seconds=20)
