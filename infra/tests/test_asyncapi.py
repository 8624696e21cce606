"""What the AsyncAPI document says of queues and functions is what the templates declare."""

from pathlib import Path

import pytest
import yaml

DOCUMENT = yaml.safe_load((Path(__file__).parents[2] / "contracts/asyncapi.yaml").read_text("utf-8"))
QUEUES = {
    "dataProcessingQueue": "DataProcessingQueue",
    "invalidMessageQueue": "InvalidMessageQueue",
    "deadLetterQueue": "DataProcessingDeadLetterQueue",
}


def binding(channel):
    return DOCUMENT["channels"][channel]["bindings"]["sqs"]


def queue(shared, channel):
    return shared["Resources"][QUEUES[channel]]["Properties"]


def test_every_queue_is_a_channel(shared):
    queues = [name for name, resource in shared["Resources"].items() if resource["Type"] == "AWS::SQS::Queue"]

    assert sorted(queues) == sorted(QUEUES.values())
    assert QUEUES.keys() == {name for name, channel in DOCUMENT["channels"].items() if "bindings" in channel}


@pytest.mark.parametrize("channel", QUEUES)
def test_a_queue_has_the_name_and_the_retention_of_its_channel(shared, channel):
    described = binding(channel)["queue"]

    assert queue(shared, channel)["QueueName"] == {
        "Fn::Sub": described["name"].replace("{environment}", "${EnvironmentName}")
    }
    assert queue(shared, channel)["MessageRetentionPeriod"] == described["messageRetentionPeriod"]
    assert described["fifoQueue"] is queue(shared, channel).get("FifoQueue", False)


def test_the_data_processing_queue_has_the_defaults_that_its_channel_names(shared):
    described = binding("dataProcessingQueue")["queue"]
    declared = queue(shared, "dataProcessingQueue")

    assert declared["VisibilityTimeout"] == described["visibilityTimeout"]
    assert declared["RedrivePolicy"]["maxReceiveCount"] == {"Ref": "MaxReceiveCount"}
    assert shared["Parameters"]["MaxReceiveCount"]["Default"] == described["redrivePolicy"]["maxReceiveCount"]
    assert binding("dataProcessingQueue")["deadLetterQueue"] == binding("deadLetterQueue")["queue"]
    assert described["redrivePolicy"]["deadLetterQueue"]["name"] == binding("deadLetterQueue")["queue"]["name"]


def test_a_service_that_is_invoked_is_a_channel_with_the_name_of_its_function(service, template):
    address = template["Resources"]["Function"]["Properties"]["FunctionName"]["Fn::Sub"]

    channel = DOCUMENT["channels"].get(service)
    if service == "orchestrator":
        assert channel is None
    else:
        assert channel["address"] == address.replace("${EnvironmentName}", "{environment}")
