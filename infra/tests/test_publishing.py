"""Versions, the alias that all callers invoke, and the mapping that feeds it."""

import re

import pytest
from templates import PIPELINE, function, of_type, properties, translate

VERSION, ALIAS = "AWS::Lambda::Version", "AWS::Lambda::Alias"
NOTHING = {"Ref": "AWS::NoValue"}


def references(value):
    """Every parameter or resource that a piece of a template refers to."""
    match value:
        case {"Ref": str(name)}:
            return {name}
        case {"Fn::Sub": str(text)}:
            return set(re.findall(r"\$\{(\w+)\}", text))
        case {"Fn::Sub": [text, local]}:
            return references({"Fn::Sub": text}) - local.keys() | references(local)
        case dict():
            return set().union(*map(references, value.values()))
        case list():
            return set().union(*map(references, value))
    return set()


def test_a_template_translates_alone(any_template):
    types = {resource["Type"] for resource in translate(any_template)["Resources"].values()}

    assert not [kind for kind in types if kind.startswith("AWS::Serverless::")]


def published(template, **packaged):
    """The logical id of the version that SAM makes, which the alias and the output name."""
    translated = translate(template, **packaged)
    ((version, _),) = of_type(translated, VERSION).items()
    ((alias, declared),) = of_type(translated, ALIAS).items()
    assert declared["Properties"]["Name"] == "live"
    assert declared["Properties"]["FunctionVersion"] == {"Fn::GetAtt": [version, "Version"]}
    assert translated["Outputs"]["FunctionArn"]["Value"] == {"Ref": alias}
    return version


def test_other_code_or_another_property_publishes_a_version_and_the_alias_follows(template):
    before = published(template)

    assert published(template) == before
    assert published(template, code="s3://bucket/other") != before
    function(template)["MemorySize"] += 1
    assert published(template) != before


def test_a_change_of_a_parameter_publishes_a_version_if_and_only_if_it_changes_the_function(template):
    """SAM compares the text of templates, so that a changed parameter makes no difference to it.

    CloudFormation publishes a version for a changed description; Lambda refuses one of an unchanged function.
    """
    declared = dict(function(template))
    description = references(declared.pop("VersionDescription"))
    parameters = template["Parameters"].keys()

    # The function's own name changes with the environment's. The others belong to the function or its alias, not to a
    # version.
    elsewhere = {"EnvironmentName", "ReservedConcurrency", "GradualRelease", "GradualReleaseType"}
    assert references(declared) & parameters - elsewhere == description


def test_the_description_of_a_version_is_never_too_long(template):
    environment = "e" * 16  # by the pattern of EnvironmentName
    key = "mrk" + "0" * 32  # of a multi-Region key; that of another one is shorter
    longest = {"ProcessedDataTable": "t" * 128}
    description, local = function(template)["VersionDescription"]["Fn::Sub"]
    names = {"Key": key, "Queue": environment}
    for name in local:
        description = description.replace(f"${{{name}}}", names.get(name, f"{environment}-{name}"))
    if len(local) > 1:
        # A fourth stage has room, too.
        description += f", {environment}-{'n' * 16}" * (4 - len(PIPELINE["stages"]))
    for name, parameter in template["Parameters"].items():
        values = [longest.get(name, ""), parameter.get("MaxValue", ""), *parameter.get("AllowedValues", [])]
        description = description.replace(f"${{{name}}}", max(map(str, values), key=len))

    assert "$" not in description
    assert len(description) <= 256


def test_each_function_is_traced(template):
    assert function(template)["Tracing"] == "Active"


def test_a_version_is_retained_for_executions_in_flight_and_for_a_rollback(template):
    (version,) = of_type(translate(template), VERSION).values()

    assert version["DeletionPolicy"] == version["UpdateReplacePolicy"] == "Retain"


def test_the_queue_feeds_the_alias_and_gets_the_failed_messages_until_the_mapping_is_deleted(orchestrator):
    template = translate(orchestrator)
    (mapping,) = of_type(template, "AWS::Lambda::EventSourceMapping").values()

    assert mapping["Properties"]["FunctionName"]["Ref"] in of_type(template, ALIAS)
    assert mapping["Properties"]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert "Retain" not in (mapping.get("DeletionPolicy"), mapping.get("UpdateReplacePolicy"))


def test_the_mapping_takes_as_much_at_once_as_the_parameters_say_unless_it_is_paused(orchestrator):
    mapping = properties(orchestrator, "AWS::Lambda::EventSourceMapping")

    assert mapping["BatchSize"] == {"Ref": "BatchSize"}
    assert mapping["MaximumBatchingWindowInSeconds"] == {"Ref": "BatchingWindowSeconds"}
    concurrency = {"MaximumConcurrency": {"Ref": "MaximumConcurrency"}}
    assert mapping["ScalingConfig"] == {"Fn::If": ["HasPollers", NOTHING, concurrency]}
    assert mapping["Enabled"] == {"Fn::If": ["EventSourceIsEnabled", True, False]}
    enabled = {"Fn::Equals": [{"Ref": "EventSourceEnabled"}, "true"]}
    assert orchestrator["Conditions"]["EventSourceIsEnabled"] == enabled


def test_the_mapping_has_pollers_of_its_own_instead_of_a_maximum_concurrency(orchestrator):
    mapping = properties(orchestrator, "AWS::Lambda::EventSourceMapping")

    pollers = {"MinimumPollers": 2, "MaximumPollers": {"Ref": "MaximumPollers"}}
    assert mapping["ProvisionedPollerConfig"] == {"Fn::If": ["HasPollers", pollers, NOTHING]}
    none = {"Fn::Equals": [{"Ref": "MaximumPollers"}, "0"]}
    assert orchestrator["Conditions"]["HasPollers"] == {"Fn::Not": [none]}
    assert orchestrator["Parameters"]["MaximumPollers"]["Default"] == "0"


@pytest.mark.parametrize(
    ("value", "accepted"), [("0", True), ("1", False), ("2", True), ("999", True), ("2001", False)]
)
def test_a_queue_has_two_pollers_at_least_or_none(root, value, accepted):
    pattern = root["Parameters"]["MaximumPollers"]["AllowedPattern"]

    assert bool(re.fullmatch(str(pattern), value)) is accepted


def test_concurrency_is_reserved_only_when_one_says_so(template):
    reserved = {"Fn::If": ["ReservesConcurrency", {"Ref": "ReservedConcurrency"}, NOTHING]}
    assert function(template)["ReservedConcurrentExecutions"] == reserved
    assert template["Parameters"]["ReservedConcurrency"]["Default"] == 0
    none = {"Fn::Equals": [{"Ref": "ReservedConcurrency"}, 0]}
    assert template["Conditions"]["ReservesConcurrency"] == {"Fn::Not": [none]}
