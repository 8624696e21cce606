"""How a new version takes over: immediately, or gradually with alarms that trigger a rollback.

The emulated AWS has no CodeDeploy, so this checks SAM's translation of the templates.
"""

import re

from templates import PIPELINE, of_type, translate

ON = {"GradualRelease": "true"}


def alarms(template):
    found = of_type(template, "AWS::CloudWatch::Alarm")
    return {name: alarm["Properties"] for name, alarm in found.items() if alarm["Condition"] == "ReleasesGradually"}


def metrics(alarm):
    """The names of an alarm's metrics with their dimensions."""
    found = [entry["MetricStat"]["Metric"] for entry in alarm.get("Metrics", []) if "MetricStat" in entry] or [alarm]
    assert all(metric["Namespace"] == "AWS/Lambda" for metric in found)
    return {metric["MetricName"]: {d["Name"]: d["Value"] for d in metric["Dimensions"]} for metric in found}


def test_a_version_takes_over_at_once_unless_one_says_otherwise(template):
    translated = translate(template)

    assert not [r["Type"] for r in translated["Resources"].values() if "CodeDeploy" in r["Type"]]
    (alias,) = of_type(translated, "AWS::Lambda::Alias").values()
    assert "UpdatePolicy" not in alias
    assert template["Conditions"]["ReleasesGradually"] == {"Fn::Equals": [{"Ref": "GradualRelease"}, "true"]}


def test_a_gradual_release_moves_the_alias_and_puts_it_back_when_an_alarm_goes_off(template):
    translated = translate(template, ON)

    (alias,) = of_type(translated, "AWS::Lambda::Alias").values()
    ((name, group),) = of_type(translated, "AWS::CodeDeploy::DeploymentGroup").items()
    assert alias["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]["DeploymentGroupName"] == {"Ref": name}
    rollback = group["Properties"]["AutoRollbackConfiguration"]
    assert rollback["Enabled"] is True
    assert "DEPLOYMENT_STOP_ON_ALARM" in rollback["Events"]
    condition, configuration, _ = group["Properties"]["AlarmConfiguration"]["Fn::If"]
    assert condition == "ReleasesGradually"
    assert configuration["Enabled"] is True
    assert {entry["Name"]["Ref"] for entry in configuration["Alarms"]} == alarms(translated).keys() != set()


def test_the_alarm_is_about_the_new_version_alone(template):
    translated = translate(template, ON)
    (version,) = of_type(translated, "AWS::Lambda::Version")
    expected = {
        "FunctionName": {"Ref": "Function"},
        "Resource": {"Fn::Sub": "${Function}:live"},
        "ExecutedVersion": {"Fn::GetAtt": [version, "Version"]},
    }

    assert metrics(alarms(translated)["NewVersionFails"]) == {"Errors": expected, "Invocations": expected}


def test_executions_that_fail_in_successful_invocations_roll_the_orchestrator_back_too(orchestrator):
    found = {name: of for alarm in alarms(orchestrator).values() for name, of in metrics(alarm).items()}

    # https://docs.aws.amazon.com/lambda/latest/dg/durable-monitoring.html
    assert found["DurableExecutionFailed"] == found["DurableExecutionTimedOut"] == {"FunctionName": {"Ref": "Function"}}


def test_no_data_is_no_reason_to_go_back(template):
    assert {alarm["TreatMissingData"] for alarm in alarms(template).values()} == {"notBreaching"}


def test_a_release_is_longer_than_an_execution_unless_one_says_otherwise(root):
    parameter = root["Parameters"]["GradualReleaseType"]
    minutes = int(re.fullmatch(r"Canary10Percent(\d+)Minutes", parameter["Default"])[1])

    assert minutes * 60 > PIPELINE["execution_timeout_seconds"]
