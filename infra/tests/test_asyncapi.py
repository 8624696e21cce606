"""The AsyncAPI document describes queues and functions as the templates declare them."""

import yaml
from templates import REPOSITORY, function, of_type

CHANNELS = yaml.safe_load((REPOSITORY / "contracts/asyncapi.yaml").read_text("utf-8"))["channels"]


def test_a_channel_describes_each_queue(shared):
    described = [c["bindings"]["sqs"]["queue"] for c in CHANNELS.values() if "bindings" in c]
    declared = [queue["Properties"] for queue in of_type(shared, "AWS::SQS::Queue").values()]

    assert {(one["name"], one["messageRetentionPeriod"], one["fifoQueue"]) for one in described} == {
        (
            one["QueueName"]["Fn::Sub"].replace("${EnvironmentName}", "{environment}"),
            one["MessageRetentionPeriod"],
            one.get("FifoQueue", False),
        )
        for one in declared
    }


def test_the_data_processing_queue_has_the_defaults_that_its_channel_names(shared):
    described = CHANNELS["dataProcessingQueue"]["bindings"]["sqs"]
    declared = shared["Resources"]["DataProcessingQueue"]["Properties"]
    redrive = described["queue"]["redrivePolicy"]

    assert declared["VisibilityTimeout"] == described["queue"]["visibilityTimeout"]
    assert shared["Parameters"]["MaxReceiveCount"]["Default"] == redrive["maxReceiveCount"]
    assert described["deadLetterQueue"] == CHANNELS["deadLetterQueue"]["bindings"]["sqs"]["queue"]
    assert redrive["deadLetterQueue"]["name"] == described["deadLetterQueue"]["name"]


def test_a_service_that_is_invoked_is_a_channel_with_the_name_of_its_function(service, template):
    address = CHANNELS.get(service, {}).get("address")

    name = function(template)["FunctionName"]["Fn::Sub"].replace("${EnvironmentName}", "{environment}")
    assert address == (None if service == "orchestrator" else name)
