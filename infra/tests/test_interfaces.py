"""What people and other templates depend on: parameters, environment variables, outputs."""

import re

import pytest

COMMON_VARIABLES = {
    "ENVIRONMENT": {"Ref": "EnvironmentName"},
    "POWERTOOLS_METRICS_NAMESPACE": "DurablePipeline",
    "POWERTOOLS_LOG_LEVEL": {"Ref": "LogLevel"},
}
OWN_VARIABLES = {
    "validator": {},
    "transformer": {},
    "storer": {"PROCESSED_DATA_TABLE": {"Ref": "ProcessedDataTable"}},
    "orchestrator": {
        "VALIDATION_FUNCTION_ARN": {"Ref": "ValidationFunctionArn"},
        "TRANSFORMATION_FUNCTION_ARN": {"Ref": "TransformationFunctionArn"},
        "STORAGE_FUNCTION_ARN": {"Ref": "StorageFunctionArn"},
        "INVALID_MESSAGE_QUEUE_URL": {"Ref": "InvalidMessageQueueUrl"},
        "CHUNK_SIZE": {"Ref": "ChunkSize"},
    },
}


def nested(root, location):
    (stack,) = [
        r["Properties"]
        for r in root["Resources"].values()
        if r["Type"] == "AWS::Serverless::Application" and r["Properties"]["Location"] == location
    ]
    return stack["Parameters"]


@pytest.fixture(params=["shared", "monitoring", *OWN_VARIABLES])
def child(request, read):
    """Where the root finds a nested template, and the template."""
    name = request.param
    return f"../services/{name}/template.yaml" if name in OWN_VARIABLES else f"{name}/template.yaml", read(name)


def test_a_function_has_the_environment_variables_that_its_settings_read(service, template):
    variables = template["Resources"]["Function"]["Properties"]["Environment"]["Variables"]

    own = {"POWERTOOLS_SERVICE_NAME": service} | OWN_VARIABLES[service]
    assert variables == COMMON_VARIABLES | own


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


@pytest.mark.parametrize("name", ["root", *OWN_VARIABLES])
def test_packages_are_for_the_newest_python_on_arm_unless_one_says_otherwise(read, name):
    parameters = read(name)["Parameters"]

    assert parameters["PythonRuntime"]["Default"] == "python3.14"
    assert parameters["PythonRuntime"]["AllowedValues"] == [f"python3.{minor}" for minor in range(11, 15)]
    assert parameters["Architecture"]["Default"] == "arm64"
    assert parameters["Architecture"]["AllowedValues"] == ["arm64", "x86_64"]


def test_a_function_runs_on_the_python_and_architecture_of_its_parameters(template):
    function = template["Resources"]["Function"]["Properties"]

    assert function["Runtime"] == {"Ref": "PythonRuntime"}
    assert function["Architectures"] == [{"Ref": "Architecture"}]


def test_a_nested_stack_gets_every_parameter_that_the_root_shares_with_it(root, child):
    location, template = child
    given = nested(root, location)
    shared = root["Parameters"].keys() & template["Parameters"].keys()

    assert {name: value for name, value in given.items() if name in shared} == {n: {"Ref": n} for n in shared}


def test_a_nested_stack_gets_every_parameter_that_it_needs_and_none_that_it_lacks(root, child):
    location, template = child
    given = nested(root, location).keys()
    parameters = template["Parameters"]

    assert {name for name, parameter in parameters.items() if "Default" not in parameter} <= given
    assert given <= parameters.keys()
