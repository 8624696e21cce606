"""How stacks find resources of other stacks: by SSM parameters, whether separate or nested."""

import re

import pytest
from templates import PIPELINE, SERVICES, of_type, read

PREFIX = "/durable-pipeline/dev/"


def published(template):
    """The value of each SSM parameter that a template writes, by name in the environment dev."""
    return {
        resource["Properties"]["Name"]["Fn::Sub"].replace("${EnvironmentName}", "dev"): resource["Properties"]["Value"]
        for resource in of_type(template, "AWS::SSM::Parameter").values()
    }


def taken(template):
    """The default name of the SSM parameter behind each parameter that takes its value."""
    kind = "AWS::SSM::Parameter::Value<String>"
    return {name: given["Default"] for name, given in template["Parameters"].items() if given["Type"] == kind}


def test_a_service_publishes_the_arn_of_its_alias_and_the_orchestrator_its_mapping_and_envelope(service, template):
    expected = {f"{PREFIX}{service}/function-arn": {"Ref": "Function.Alias"}}
    if service == "orchestrator":
        mapping = {"Fn::GetAtt": ["EventSource", "EventSourceMappingArn"]}
        expected |= {f"{PREFIX}orchestrator/event-source-mapping-arn": mapping}
        expected |= {f"{PREFIX}orchestrator/envelope": {"Ref": "Envelope"}}

    assert published(template) == expected


def test_the_shared_stack_publishes_its_queues_and_its_table(shared):
    expected = {f"{PREFIX}processed-data-table/name": {"Ref": "ProcessedDataTable"}}
    for queue in of_type(shared, "AWS::SQS::Queue"):
        name = PREFIX + re.sub(r"(?<!^)(?=[A-Z])", "-", queue).lower()
        expected |= {f"{name}/arn": {"Fn::GetAtt": [queue, "Arn"]}, f"{name}/url": {"Ref": queue}}

    assert published(shared) == expected


def test_a_stack_says_the_names_of_the_parameters_that_it_publishes(any_template):
    outputs = {output["Value"].get("Ref") for output in any_template["Outputs"].values()}

    assert of_type(any_template, "AWS::SSM::Parameter").keys() <= outputs


def test_what_a_template_takes_by_default_is_what_another_publishes(any_template):
    everything = {name for owner in ("shared", *SERVICES) for name in published(read(owner))}

    assert set(taken(any_template).values()) <= everything


def test_each_parameter_is_the_thing_that_it_is_called(orchestrator):
    functions = {
        "".join(word.capitalize() for word in stage["variable"].split("_")): f"{stage['service']}/function-arn"
        for stage in PIPELINE["stages"]
    }
    queues = {
        "DataProcessingQueueArn": "data-processing-queue/arn",
        "InvalidMessageQueueArn": "invalid-message-queue/arn",
        "InvalidMessageQueueUrl": "invalid-message-queue/url",
    }
    assert taken(orchestrator) == {name: PREFIX + value for name, value in (queues | functions).items()}


@pytest.mark.parametrize("consumer", ["orchestrator", "storer", "monitoring", "access"])
def test_the_root_passes_the_name_that_the_owner_of_the_same_thing_gives(root, consumer):
    stacks = {
        resource["Properties"]["Location"].split("/")[-2]: (name, resource["Properties"]["Parameters"])
        for name, resource in root["Resources"].items()
    }
    owner_of = {stacks[name][0]: name for name in ("shared", *SERVICES)}
    given = stacks[consumer][1]

    for parameter, default in taken(read(consumer)).items():
        stack, output = given[parameter]["Fn::GetAtt"]
        owner = read(owner_of[stack])
        resource = owner["Outputs"][output.removeprefix("Outputs.")]["Value"]["Ref"]
        name = owner["Resources"][resource]["Properties"]["Name"]["Fn::Sub"]
        assert name.replace("${EnvironmentName}", "dev") == default
