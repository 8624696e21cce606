"""What people and other templates depend on: parameters, environment variables, outputs."""

import re

import pytest

COMMON_VARIABLES = {
    "ENVIRONMENT": {"Ref": "EnvironmentName"},
    "POWERTOOLS_METRICS_NAMESPACE": "DurablePipeline",
    "POWERTOOLS_LOG_LEVEL": {"Ref": "LogLevel"},
}
OWN_VARIABLES = {"storer": {"PROCESSED_DATA_TABLE": {"Ref": "ProcessedDataTable"}}}


def nested(root, location):
    (stack,) = [
        r["Properties"]
        for r in root["Resources"].values()
        if r["Type"] == "AWS::Serverless::Application" and r["Properties"]["Location"] == location
    ]
    return stack["Parameters"]


@pytest.fixture
def children(read, services):
    """The templates that the root nests, by where it finds them."""
    infra = {f"{name}/template.yaml": read(name) for name in ("shared", "monitoring")}
    return infra | {f"../services/{name}/template.yaml": read(name) for name in services}


def test_a_function_has_the_environment_variables_that_its_settings_read(service, template, pipeline, functions):
    variables = template["Resources"]["Function"]["Properties"]["Environment"]["Variables"]
    own = OWN_VARIABLES.get(service, {})
    if service == "orchestrator":
        own = {stage["variable"]: {"Ref": functions[stage["service"]]} for stage in pipeline["stages"]}
        own |= {"INVALID_MESSAGE_QUEUE_URL": {"Ref": "InvalidMessageQueueUrl"}, "CHUNK_SIZE": {"Ref": "ChunkSize"}}

    assert variables == COMMON_VARIABLES | {"POWERTOOLS_SERVICE_NAME": service} | own


def test_a_function_is_named_after_its_environment_and_service(service, template):
    function = template["Resources"]["Function"]["Properties"]

    assert function["FunctionName"] == {"Fn::Sub": f"${{EnvironmentName}}-durable-pipeline-{service}"}
    assert function["Handler"] == f"{service}.handler.handler"


def test_the_longest_name_of_an_environment_leaves_room_for_the_names_of_its_resources(root, shared, template):
    pattern = root["Parameters"]["EnvironmentName"]["AllowedPattern"]
    assert re.fullmatch(pattern, "a" * 16)
    assert not re.fullmatch(pattern, "a" * 17)

    function = template["Resources"]["Function"]["Properties"]["FunctionName"]
    queues = [r["Properties"]["QueueName"] for r in shared["Resources"].values() if r["Type"] == "AWS::SQS::Queue"]
    for name, limit in [(function, 64), *((queue, 80) for queue in queues)]:
        assert len(name["Fn::Sub"].replace("${EnvironmentName}", "a" * 16)) <= limit


def test_the_root_stack_says_where_to_send_and_where_to_look(root):
    assert {name: output["Value"] for name, output in root["Outputs"].items()} == {
        "DataProcessingQueueUrl": {"Fn::GetAtt": ["Shared", "Outputs.DataProcessingQueueUrl"]},
        "DataProcessingDeadLetterQueueUrl": {"Fn::GetAtt": ["Shared", "Outputs.DataProcessingDeadLetterQueueUrl"]},
        "InvalidMessageQueueUrl": {"Fn::GetAtt": ["Shared", "Outputs.InvalidMessageQueueUrl"]},
        "ProcessedDataTable": {"Fn::GetAtt": ["Shared", "Outputs.ProcessedDataTable"]},
        "DurableFunctionArn": {"Fn::GetAtt": ["Orchestrator", "Outputs.FunctionArn"]},
    }


def test_a_service_says_its_name_and_the_arn_of_its_alias(template):
    assert {name: output["Value"] for name, output in template["Outputs"].items()} == {
        "FunctionName": {"Ref": "Function"},
        "FunctionArn": {"Ref": "Function.Alias"},
        "FunctionArnParameter": {"Ref": "FunctionArnParameter"},
    }


def test_every_template_parameter_and_output_is_described(any_template):
    described = {"": any_template} | any_template["Parameters"] | any_template["Outputs"]

    assert not [name for name, entry in described.items() if not entry.get("Description", "").strip()]


def test_packages_are_for_the_newest_python_on_arm_unless_one_says_otherwise(root, read, services):
    for parameters in (one["Parameters"] for one in (root, *map(read, services))):
        assert parameters["PythonRuntime"]["Default"] == "python3.14"
        assert parameters["PythonRuntime"]["AllowedValues"] == [f"python3.{minor}" for minor in range(11, 15)]
        assert parameters["Architecture"]["Default"] == "arm64"
        assert parameters["Architecture"]["AllowedValues"] == ["arm64", "x86_64"]


def test_a_function_runs_on_the_python_and_architecture_of_its_parameters(template):
    function = template["Resources"]["Function"]["Properties"]

    assert function["Runtime"] == {"Ref": "PythonRuntime"}
    assert function["Architectures"] == [{"Ref": "Architecture"}]


def test_the_root_nests_every_template(root, children):
    nested = [r for r in root["Resources"].values() if r["Type"] == "AWS::Serverless::Application"]

    assert sorted(r["Properties"]["Location"] for r in nested) == sorted(children)


def test_a_nested_stack_gets_every_parameter_that_the_root_shares_with_it(root, children):
    for location, template in children.items():
        given = nested(root, location)
        shared = root["Parameters"].keys() & template["Parameters"].keys()

        assert {name: value for name, value in given.items() if name in shared} == {n: {"Ref": n} for n in shared}


def test_a_nested_stack_gets_every_parameter_that_it_needs_and_none_that_it_lacks(root, children):
    for location, template in children.items():
        given = nested(root, location).keys()
        parameters = template["Parameters"]

        assert {name for name, parameter in parameters.items() if "Default" not in parameter} <= given
        assert given <= parameters.keys()
