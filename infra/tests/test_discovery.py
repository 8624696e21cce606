"""How stacks find what other stacks have: by SSM parameters, alone and nested alike."""

import pytest

VALUE_OF_PARAMETER = "AWS::SSM::Parameter::Value<String>"


def published(template):
    """The value of each SSM parameter that a template writes, by name in the environment dev."""
    return {
        r["Properties"]["Name"]["Fn::Sub"].replace("${EnvironmentName}", "dev"): r["Properties"]["Value"]
        for r in template["Resources"].values()
        if r["Type"] == "AWS::SSM::Parameter"
    }


def taken(template):
    """The default name of the SSM parameter behind each parameter that takes its value."""
    return {n: p["Default"] for n, p in template["Parameters"].items() if p["Type"] == VALUE_OF_PARAMETER}


@pytest.fixture
def everything_published(read, services):
    return {name: owner for owner in ("shared", *services) for name in published(read(owner))}


def test_a_service_publishes_the_arn_of_its_alias(service, template):
    assert published(template) == {f"/durable-pipeline/dev/{service}/function-arn": {"Ref": "Function.Alias"}}


def test_the_shared_stack_publishes_its_queues_and_its_table(shared):
    queues = {
        "data-processing-queue": "DataProcessingQueue",
        "data-processing-dead-letter-queue": "DataProcessingDeadLetterQueue",
        "invalid-message-queue": "InvalidMessageQueue",
    }
    expected = {"/durable-pipeline/dev/processed-data-table/name": {"Ref": "ProcessedDataTable"}}
    for name, resource in queues.items():
        expected[f"/durable-pipeline/dev/{name}/arn"] = {"Fn::GetAtt": [resource, "Arn"]}
        expected[f"/durable-pipeline/dev/{name}/url"] = {"Ref": resource}

    assert published(shared) == expected


def test_a_stack_says_the_names_of_the_parameters_that_it_publishes(any_template):
    outputs = {output["Value"].get("Ref") for output in any_template["Outputs"].values()}

    assert {n for n, r in any_template["Resources"].items() if r["Type"] == "AWS::SSM::Parameter"} <= outputs


def test_what_a_template_takes_by_default_is_what_another_publishes(any_template, everything_published):
    assert set(taken(any_template).values()) <= everything_published.keys()


def test_each_parameter_is_the_thing_that_it_is_called(orchestrator, read, functions):
    assert taken(orchestrator) == {
        "DataProcessingQueueArn": "/durable-pipeline/dev/data-processing-queue/arn",
        "InvalidMessageQueueArn": "/durable-pipeline/dev/invalid-message-queue/arn",
        "InvalidMessageQueueUrl": "/durable-pipeline/dev/invalid-message-queue/url",
        **{parameter: f"/durable-pipeline/dev/{service}/function-arn" for service, parameter in functions.items()},
    }
    for name in ("storer", "monitoring"):
        assert taken(read(name)) == {"ProcessedDataTable": "/durable-pipeline/dev/processed-data-table/name"}


@pytest.mark.parametrize("consumer", ["orchestrator", "storer", "monitoring"])
def test_the_root_passes_the_name_that_the_owner_of_the_same_thing_gives(root, read, services, consumer):
    stacks = {
        r["Properties"]["Location"].split("/")[-2]: (name, r["Properties"]["Parameters"])
        for name, r in root["Resources"].items()
    }
    owner_of = {stacks[name][0]: name for name in ("shared", *services)}
    given = stacks[consumer][1]

    for parameter, default in taken(read(consumer)).items():
        stack, output = given[parameter]["Fn::GetAtt"]
        owner = read(owner_of[stack])
        resource = owner["Outputs"][output.removeprefix("Outputs.")]["Value"]["Ref"]
        name = owner["Resources"][resource]["Properties"]["Name"]["Fn::Sub"]
        assert name.replace("${EnvironmentName}", "dev") == default
