"""Versions, the alias that everybody invokes, and the mapping that feeds it."""

import re


def references(value):
    """Every parameter or resource that a piece of a template refers to."""
    if isinstance(value, dict):
        if isinstance(value.get("Ref"), str):
            return {value["Ref"]}
        if isinstance(value.get("Fn::Sub"), str):
            return set(re.findall(r"\$\{(\w+)\}", value["Fn::Sub"]))
        if "Fn::Sub" in value:
            text, local = value["Fn::Sub"]
            return references({"Fn::Sub": text}) - local.keys() | references(local)
        return set().union(*map(references, value.values()))
    if isinstance(value, list):
        return set().union(*map(references, value))
    return set()


def only(template, kind):
    (resource,) = [r for r in template["Resources"].values() if r["Type"] == kind]
    return resource


def test_a_template_translates_alone(any_template, translate):
    types = {resource["Type"] for resource in translate(any_template)["Resources"].values()}

    assert not [kind for kind in types if kind.startswith("AWS::Serverless::")]


def test_a_service_is_built_by_its_makefile_in_its_own_folder(template):
    function = template["Resources"]["Function"]

    assert function["Metadata"]["BuildMethod"] == "makefile"
    assert function["Properties"]["CodeUri"] == "."


def test_each_function_is_traced(translated):
    assert only(translated, "AWS::Lambda::Function")["Properties"]["TracingConfig"] == {"Mode": "Active"}


def test_what_is_invoked_is_the_alias_of_a_version(translated):
    alias = only(translated, "AWS::Lambda::Alias")["Properties"]
    (alias_id,) = [n for n, r in translated["Resources"].items() if r["Type"] == "AWS::Lambda::Alias"]
    (version_id,) = [n for n, r in translated["Resources"].items() if r["Type"] == "AWS::Lambda::Version"]

    assert alias["Name"] == "live"
    assert alias["FunctionVersion"] == {"Fn::GetAtt": [version_id, "Version"]}
    assert translated["Outputs"]["FunctionArn"]["Value"] == {"Ref": alias_id}


def test_a_change_of_any_property_publishes_a_version(template, translate):
    before = translate(template)["Resources"].keys()
    template["Resources"]["Function"]["Properties"]["MemorySize"] += 1
    after = translate(template)["Resources"].keys()

    (published,) = after - before
    assert published.startswith("FunctionVersion")


def test_other_code_publishes_a_version_and_the_alias_follows(template, translate):
    def published(code):
        translated = translate(template, code=code)["Resources"]
        (version,) = [name for name, r in translated.items() if r["Type"] == "AWS::Lambda::Version"]
        alias = only({"Resources": translated}, "AWS::Lambda::Alias")["Properties"]
        assert alias["FunctionVersion"] == {"Fn::GetAtt": [version, "Version"]}
        return version

    assert published("s3://bucket/one") == published("s3://bucket/one")
    assert published("s3://bucket/one") != published("s3://bucket/other")


def test_the_root_hands_a_changed_parameter_to_the_function_that_it_changes(root, orchestrator):
    """An update of the root with another ChunkSize, followed to the version that it publishes."""
    (nested,) = [r for r in root["Resources"].values() if "orchestrator" in str(r["Properties"].get("Location"))]
    function = orchestrator["Resources"]["Function"]["Properties"]

    assert nested["Properties"]["Parameters"]["ChunkSize"] == {"Ref": "ChunkSize"}
    assert function["Environment"]["Variables"]["CHUNK_SIZE"] == {"Ref": "ChunkSize"}
    assert "ChunkSize" in references(function["VersionDescription"])


def test_a_change_of_a_parameter_publishes_a_version_if_and_only_if_it_changes_the_function(template):
    """SAM compares templates as they are written, so that a parameter's change is none to it.

    CloudFormation publishes a version for another description; Lambda refuses one of an unchanged function.
    """
    properties = dict(template["Resources"]["Function"]["Properties"])
    description = references(properties.pop("VersionDescription"))
    parameters = template["Parameters"].keys()

    # The function's own name changes with the environment's. The others belong to the function or its alias, and to no
    # version.
    elsewhere = {"EnvironmentName", "ReservedConcurrency", "GradualRelease", "GradualReleaseType"}
    assert references(properties) & parameters - elsewhere == description


def test_the_description_of_a_version_is_never_too_long(template, pipeline):
    environment = "e" * 16  # by the pattern of EnvironmentName
    key = "0b1c2d3e-4f50-6172-8394-a5b6c7d8e9f0"
    longest = {"ProcessedDataTable": "t" * 128}
    description = template["Resources"]["Function"]["Properties"]["VersionDescription"]["Fn::Sub"]
    if isinstance(description, list):
        description, local = description
        for name in local:
            description = description.replace(
                f"${{{name}}}", f"{environment}-{'invalid-message' if name == 'Queue' else name}"
            )
        # A fourth stage and a key have room, too.
        description += f", {key}" + f", {environment}-{'n' * 16}" * (4 - len(pipeline["stages"]))
    for name, parameter in template["Parameters"].items():
        values = [longest.get(name, ""), parameter.get("MaxValue", ""), *parameter.get("AllowedValues", [])]
        description = description.replace(f"${{{name}}}", max(map(str, values), key=len))

    assert "$" not in description
    assert len(description) <= 256


def test_an_execution_in_flight_keeps_its_version(orchestrator, translate):
    version = only(translate(orchestrator), "AWS::Lambda::Version")

    assert version["DeletionPolicy"] == version["UpdateReplacePolicy"] == "Retain"


def test_a_mapping_that_is_replaced_or_deleted_takes_no_more_messages(orchestrator, translate):
    mapping = only(translate(orchestrator), "AWS::Lambda::EventSourceMapping")

    assert "Retain" not in (mapping.get("DeletionPolicy"), mapping.get("UpdateReplacePolicy"))


def test_the_orchestrator_is_durable_and_the_others_are_not(service, template):
    config = template["Resources"]["Function"]["Properties"].get("DurableConfig")

    durable = {"ExecutionTimeout": 840, "RetentionPeriodInDays": {"Ref": "ExecutionRetentionDays"}}
    assert config == (durable if service == "orchestrator" else None)


def test_the_queue_feeds_the_alias_and_hears_which_messages_failed(orchestrator, translate):
    template = translate(orchestrator)
    mapping = only(template, "AWS::Lambda::EventSourceMapping")["Properties"]

    assert template["Resources"][mapping["FunctionName"]["Ref"]]["Type"] == "AWS::Lambda::Alias"
    assert mapping["EventSourceArn"] == {"Ref": "DataProcessingQueueArn"}
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_batches_are_as_large_and_as_many_as_the_parameters_say(orchestrator):
    mapping = only(orchestrator, "AWS::Lambda::EventSourceMapping")["Properties"]

    assert mapping["BatchSize"] == {"Ref": "BatchSize"}
    assert mapping["MaximumBatchingWindowInSeconds"] == {"Ref": "BatchingWindowSeconds"}
    assert mapping["ScalingConfig"] == {"MaximumConcurrency": {"Ref": "MaximumConcurrency"}}


def test_the_pipeline_runs_unless_it_is_paused(orchestrator):
    mapping = only(orchestrator, "AWS::Lambda::EventSourceMapping")["Properties"]

    assert mapping["Enabled"] == {"Fn::If": ["EventSourceIsEnabled", True, False]}
    enabled = {"Fn::Equals": [{"Ref": "EventSourceEnabled"}, "true"]}
    assert orchestrator["Conditions"]["EventSourceIsEnabled"] == enabled
    assert orchestrator["Parameters"]["EventSourceEnabled"]["Default"] == "true"
    assert orchestrator["Parameters"]["EventSourceEnabled"]["AllowedValues"] == ["true", "false"]
