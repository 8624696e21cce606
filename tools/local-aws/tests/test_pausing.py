"""A mapping is disabled and enabled by a client, as on AWS."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
from local_aws.testing.toy_application import Toy, body, executions_of, until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local_aws.aws import AwsEndpoint
    from mypy_boto3_lambda.type_defs import EventSourceMappingConfigurationTypeDef


class Mapping:
    """The mapping of the toy, as a client sees it."""

    def __init__(self, toy: Toy, endpoint: AwsEndpoint) -> None:
        self._client = endpoint.lambda_()
        (function,) = toy.aws.deployment.durable_functions
        self.function = f"{function.name}:live"
        (self.uuid,) = (each["UUID"] for each in self.listed(FunctionName=self.function))

    def listed(self, **chosen: Any) -> list[EventSourceMappingConfigurationTypeDef]:
        return self._client.list_event_source_mappings(**chosen)["EventSourceMappings"]

    def state(self) -> str:
        return self._client.get_event_source_mapping(UUID=self.uuid)["State"]

    def enable(self, enabled: bool) -> str:
        """Change the state, and return the state in the response."""
        return self._client.update_event_source_mapping(UUID=self.uuid, Enabled=enabled)["State"]


@pytest.fixture
def mapping(toy: Toy, endpoint: AwsEndpoint) -> Iterator[Mapping]:
    found = Mapping(toy, endpoint)
    yield found
    found.enable(True)
    until(lambda: found.state() == "Enabled")


def queue_arn(toy: Toy) -> str:
    url = toy.aws.outputs["DataProcessingQueueUrl"]
    answer = toy.aws.endpoint.sqs().get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return answer["Attributes"]["QueueArn"]


def first_received(toy: Toy, message: str) -> float:
    item = toy.item(message)
    assert item is not None
    return int(item["system_attributes"]["ApproximateFirstReceiveTimestamp"]) / 1000


def test_a_mapping_is_described_as_on_aws(toy: Toy, mapping: Mapping) -> None:
    (described,) = mapping.listed(EventSourceArn=queue_arn(toy))

    assert described["UUID"] == mapping.uuid
    assert described["EventSourceArn"] == queue_arn(toy)
    assert described["FunctionArn"].endswith(f":function:{mapping.function}")
    assert described["State"] == "Enabled"
    assert "BisectBatchOnFunctionError" not in described
    assert mapping.listed(FunctionName=mapping.function) == [described]
    assert mapping.listed(EventSourceArn=queue_arn(toy) + "s") == []


def test_a_disabled_mapping_receives_nothing_until_it_is_enabled(toy: Toy, mapping: Mapping) -> None:
    (running,) = toy.send(body("slow"))
    until(lambda: bool(executions_of(toy.aws, running)))

    mapping.enable(False)
    until(lambda: mapping.state() == "Disabled")
    (waiting,) = toy.send(body("stored"))
    until(lambda: toy.settled([running]))
    # One whose visibility timeout is over may be deleted only now.
    until(lambda: (toy.depth(), toy.depth("NotVisible")) == (1, 0))

    enabled_at = time.time()
    mapping.enable(True)
    until(lambda: toy.settled([waiting]))
    assert first_received(toy, running) < enabled_at <= first_received(toy, waiting)
    assert mapping.state() == "Enabled"


@pytest.mark.parametrize(
    ("enabled", "at_first", "then"), [(False, "Disabling", "Disabled"), (True, "Enabling", "Enabled")]
)
def test_the_state_changes_when_the_process_of_the_mapping_has_noticed(
    enabled: bool, at_first: str, then: str, toy: Toy, mapping: Mapping
) -> None:
    if enabled:
        mapping.enable(False)
        until(lambda: mapping.state() == "Disabled")
    toy.aws.event_source.pause()

    answered = mapping.enable(enabled)

    assert (answered, mapping.state()) == (at_first, at_first)
    toy.aws.event_source.resume()
    until(lambda: mapping.state() == then)


def test_a_mapping_stays_disabled_when_its_process_is_killed_and_restarted(toy: Toy, mapping: Mapping) -> None:
    log = toy.aws.logs / "event-source.log"
    starts = log.read_text().count("deployed: ")
    mapping.enable(False)
    until(lambda: mapping.state() == "Disabled")

    toy.aws.event_source.restart()
    (waiting,) = toy.send(body("stored"))
    until(lambda: log.read_text().count("deployed: ") > starts)
    time.sleep(1)  # in which it would be received

    enabled_at = time.time()
    mapping.enable(True)
    until(lambda: toy.settled([waiting]))
    assert enabled_at <= first_received(toy, waiting)


def test_ministack_itself_polls_for_no_durable_function(toy: Toy, mapping: Mapping) -> None:
    mapping.enable(False)
    until(lambda: mapping.state() == "Disabled" and toy.depth("NotVisible") == 0)
    toy.aws.event_source.kill()
    mapping.enable(True)
    (waiting,) = toy.send(body("stored"))

    # A polling round for a mapping that is younger than the message includes that of the toy.
    sqs, client = toy.aws.endpoint.sqs(), toy.aws.endpoint.lambda_()
    url = sqs.create_queue(QueueName="of-a-plain-function")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="{}")
    plain = client.create_event_source_mapping(
        FunctionName="toy-toy-judge", EventSourceArn=queue_arn(toy).rpartition(":")[0] + ":of-a-plain-function"
    )
    name = "ApproximateNumberOfMessagesNotVisible"
    until(lambda: sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])["Attributes"][name] == "1")  # type: ignore[list-item,index]
    client.delete_event_source_mapping(UUID=plain["UUID"])

    assert (toy.depth(), toy.depth("NotVisible")) == (1, 0)
    toy.aws.event_source.restart()
    until(lambda: toy.settled([waiting]))
    assert toy.ends([waiting]) == ["stored"]
