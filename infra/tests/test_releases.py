"""How a new version takes over: at once, or little by little with alarms that put the old one back.

The emulated AWS has no CodeDeploy, so this looks at what SAM makes of the templates.
"""

import re

ON = {"GradualRelease": "true"}
EXECUTION_SECONDS = 840


def of_type(template, kind):
    return {name: r for name, r in template["Resources"].items() if r["Type"] == kind}


def alarms(template):
    return {
        n: r for n, r in of_type(template, "AWS::CloudWatch::Alarm").items() if r["Condition"] == "ReleasesGradually"
    }


def metrics(alarm):
    """The names of an alarm's metrics with their dimensions."""
    properties = alarm["Properties"]
    plain = [properties] if "MetricName" in properties else []
    found = plain + [entry["MetricStat"]["Metric"] for entry in properties.get("Metrics", []) if "MetricStat" in entry]
    assert all(metric["Namespace"] == "AWS/Lambda" for metric in found)
    return {metric["MetricName"]: {d["Name"]: d["Value"] for d in metric["Dimensions"]} for metric in found}


def test_a_version_takes_over_at_once_unless_one_says_otherwise(template, translate):
    translated = translate(template)

    assert not [r["Type"] for r in translated["Resources"].values() if "CodeDeploy" in r["Type"]]
    (alias,) = of_type(translated, "AWS::Lambda::Alias").values()
    assert "UpdatePolicy" not in alias
    assert template["Conditions"]["ReleasesGradually"] == {"Fn::Equals": [{"Ref": "GradualRelease"}, "true"]}


def test_a_gradual_release_moves_the_alias_and_puts_it_back_when_an_alarm_goes_off(template, translate):
    translated = translate(template, ON)

    (alias,) = of_type(translated, "AWS::Lambda::Alias").values()
    (group_id, group) = next(iter(of_type(translated, "AWS::CodeDeploy::DeploymentGroup").items()))
    assert alias["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]["DeploymentGroupName"] == {"Ref": group_id}
    properties = group["Properties"]
    assert properties["AutoRollbackConfiguration"]["Enabled"] is True
    assert "DEPLOYMENT_STOP_ON_ALARM" in properties["AutoRollbackConfiguration"]["Events"]
    condition, configuration, _ = properties["AlarmConfiguration"]["Fn::If"]
    assert condition == "ReleasesGradually"
    assert configuration["Enabled"] is True
    assert {entry["Name"]["Ref"] for entry in configuration["Alarms"]} == set(alarms(translated)) != set()


def test_the_alarm_is_about_the_new_version_alone(template, translate):
    translated = translate(template, ON)
    (version,) = of_type(translated, "AWS::Lambda::Version")
    expected = {
        "FunctionName": {"Ref": "Function"},
        "Resource": {"Fn::Sub": "${Function}:live"},
        "ExecutedVersion": {"Fn::GetAtt": [version, "Version"]},
    }

    assert metrics(alarms(translated)["NewVersionFails"]) == {"Errors": expected, "Invocations": expected}


def test_executions_that_fail_in_invocations_that_succeed_put_the_orchestrator_back_too(orchestrator):
    found = {}
    for alarm in alarms(orchestrator).values():
        found |= metrics(alarm)

    # https://docs.aws.amazon.com/lambda/latest/dg/durable-monitoring.html
    assert found["DurableExecutionFailed"] == found["DurableExecutionTimedOut"] == {"FunctionName": {"Ref": "Function"}}


def test_no_data_is_no_reason_to_go_back(template):
    assert {alarm["Properties"]["TreatMissingData"] for alarm in alarms(template).values()} == {"notBreaching"}


def test_a_release_is_longer_than_an_execution_unless_one_says_otherwise(root, read, services):
    for template in (root, *map(read, services)):
        parameter = template["Parameters"]["GradualReleaseType"]
        minutes = int(re.fullmatch(r"Canary10Percent(\d+)Minutes", parameter["Default"])[1])

        assert minutes * 60 > EXECUTION_SECONDS
        assert parameter["Default"] in parameter["AllowedValues"]


def test_concurrency_is_reserved_only_when_one_says_so(template):
    function = template["Resources"]["Function"]["Properties"]

    reserved = {"Fn::If": ["ReservesConcurrency", {"Ref": "ReservedConcurrency"}, {"Ref": "AWS::NoValue"}]}
    assert function["ReservedConcurrentExecutions"] == reserved
    assert template["Parameters"]["ReservedConcurrency"]["Default"] == 0
    none = {"Fn::Equals": [{"Ref": "ReservedConcurrency"}, 0]}
    assert template["Conditions"]["ReservesConcurrency"] == {"Fn::Not": [none]}
