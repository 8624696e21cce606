"""The interface for people and other templates: names, parameters, descriptions, and what the root passes on."""

import re

import pytest
from templates import PARTS, SERVICES, function, of_type, read


def test_a_function_is_named_after_its_environment_and_service(service, template):
    assert function(template)["FunctionName"] == {"Fn::Sub": f"${{EnvironmentName}}-durable-pipeline-{service}"}


def test_the_longest_name_of_an_environment_leaves_room_for_the_names_of_its_resources(root, shared, template):
    pattern = root["Parameters"]["EnvironmentName"]["AllowedPattern"]
    assert re.fullmatch(pattern, "a" * 16)
    assert not re.fullmatch(pattern, "a" * 17)

    queues = [queue["Properties"]["QueueName"] for queue in of_type(shared, "AWS::SQS::Queue").values()]
    for name, limit in [(function(template)["FunctionName"], 64), *((queue, 80) for queue in queues)]:
        assert len(name["Fn::Sub"].replace("${EnvironmentName}", "a" * 16)) <= limit


def test_every_template_parameter_and_output_is_described(any_template):
    described = {"": any_template} | any_template["Parameters"] | any_template["Outputs"]

    assert not [name for name, entry in described.items() if not entry.get("Description", "").strip()]


@pytest.mark.parametrize("name", ["PythonRuntime", "Architecture", "GradualReleaseType"])
def test_a_service_has_the_defaults_and_the_choices_of_the_root(root, template, name):
    for what in ("Default", "AllowedValues"):
        assert template["Parameters"][name][what] == root["Parameters"][name][what]


def test_a_function_runs_on_the_python_and_architecture_of_its_parameters_and_logs_at_their_level(template):
    assert function(template)["Runtime"] == {"Ref": "PythonRuntime"}
    assert function(template)["Architectures"] == [{"Ref": "Architecture"}]
    assert function(template)["Environment"]["Variables"]["POWERTOOLS_LOG_LEVEL"] == {"Ref": "LogLevel"}


def test_a_nested_stack_gets_what_it_needs_and_what_the_root_shares_with_it(root):
    children = {f"{name}/template.yaml": read(name) for name in PARTS}
    children |= {f"../services/{name}/template.yaml": read(name) for name in SERVICES}
    nested = {
        resource["Properties"]["Location"]: resource["Properties"]["Parameters"]
        for resource in of_type(root, "AWS::Serverless::Application").values()
    }
    assert nested.keys() == children.keys()

    for location, template in children.items():
        given, parameters = nested[location], template["Parameters"]
        shared = root["Parameters"].keys() & parameters.keys()
        assert {name: value for name, value in given.items() if name in shared} == {n: {"Ref": n} for n in shared}
        assert {name for name, parameter in parameters.items() if "Default" not in parameter} <= given.keys()
        assert given.keys() <= parameters.keys()
