"""Notifications of a bucket, from the put object to its item, directly and through a topic."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from pipeline_cli.local import local_pipeline
from pipeline_cli.rejected_message import told_of
from pipeline_cli.target import Target, client_of
from pipeline_contracts import PipelineMessage
from pipeline_e2e.stack import PARAMETERS, Stack
from pipeline_testing.repository_copy import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from local_aws.emulator import Emulator

pytestmark = pytest.mark.skipif(
    "data_source" not in PipelineMessage.model_fields, reason="the message is not made of an object in S3"
)
KEY = "incoming/red flower, ü.csv"
BODY = b"1;2\n"


@pytest.fixture(scope="module")
def aws() -> Iterator[Emulator]:
    declared = {"Envelope": "s3", "ProducerArns": "arn:aws:s3:::arrivals,arn:aws:s3:::told"}
    with local_pipeline(REPOSITORY, parameters=PARAMETERS | declared) as emulator:
        yield emulator


@pytest.fixture
def stack(aws: Emulator) -> Iterator[Stack]:
    yield Stack(aws)
    aws.check()


@pytest.fixture
def client(aws: Emulator) -> Callable[[str], Any]:
    return client_of(aws.endpoint)


def queue_arn(aws: Emulator, client: Callable[[str], Any]) -> str:
    url = aws.outputs["DataProcessingQueueUrl"]
    answer = client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return str(answer["Attributes"]["QueueArn"])


def create_bucket(s3: Any, name: str) -> None:
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": s3.meta.region_name})


def item_of(stack: Stack, source: str) -> dict[str, Any]:
    """Wait for the only item of a source."""

    def found() -> list[dict[str, Any]]:
        items = [stack.item(name) or {} for name in stack.items()]
        return [item for item in items if item.get("data_source") == source]

    (item,) = stack.wait_until(found, f"the item of {source}")
    return dict(item)


def test_an_object_that_is_put_becomes_an_item_and_the_test_event_is_rejected(
    aws: Emulator, client: Callable[[str], Any], stack: Stack
) -> None:
    s3 = client("s3")
    create_bucket(s3, "arrivals")
    to_queue = {"QueueArn": queue_arn(aws, client), "Events": ["s3:ObjectCreated:*"]}

    s3.put_bucket_notification_configuration(
        Bucket="arrivals", NotificationConfiguration={"QueueConfigurations": [to_queue]}
    )
    s3.put_object(Bucket="arrivals", Key=KEY, Body=BODY)

    item = item_of(stack, f"s3://arrivals/{KEY}")
    assert item["original_data"]["size"] == len(BODY)
    assert item["metadata"]["envelope_type"].startswith("ObjectCreated:")
    assert item["execution_id"].startswith("e2e-key-s3-")
    (rejected,) = stack.wait_for_rejected(1)
    assert told_of(rejected)["code"] == "s3_test_event"
    assert json.loads(rejected["Body"])["Event"] == "s3:TestEvent"


def test_an_object_that_a_topic_tells_of_becomes_an_item(
    aws: Emulator, client: Callable[[str], Any], stack: Stack
) -> None:
    s3, sns = client("s3"), client("sns")
    topic = sns.create_topic(Name="arrivals")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue_arn(aws, client))
    create_bucket(s3, "told")
    to_topic = {"TopicArn": topic, "Events": ["s3:ObjectCreated:*"]}

    s3.put_bucket_notification_configuration(
        Bucket="told", NotificationConfiguration={"TopicConfigurations": [to_topic]}
    )
    s3.put_object(Bucket="told", Key=KEY, Body=BODY)

    assert item_of(stack, f"s3://told/{KEY}")["original_data"]["size"] == len(BODY)


def test_the_commands_know_the_envelope(aws: Emulator) -> None:
    assert Target("e2e", client_of(aws.endpoint)).intake.envelope == "s3"
