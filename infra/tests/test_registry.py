"""SAM's translation of the templates, under each kind of settings, checked against AWS's schemas of resource types.

cfn-lint has them for each region: https://github.com/aws-cloudformation/cfn-lint. It checks every branch of a
condition; the settings matter where SAM itself decides by a parameter, and for the values of properties.
"""

import json
import tomllib

import pytest
from cfnlint.api import lint
from templates import NAMES, REPOSITORY, read, translate

KEY = "arn:aws:kms:us-east-1:123456789012:key/00000000-0000-4000-8000-000000000000"
REGIONS = ["us-east-1", "us-east-2", "eu-west-1"]
SETTINGS = {
    "dev": {},
    "prod": {"EnvironmentName": "prod", "LogRetentionDays": "90", "GradualRelease": "true"},
    "paused": {"EventSourceEnabled": "false", "PythonRuntime": "python3.13", "Architecture": "x86_64"},
    "all": {
        "GradualRelease": "true",
        "GradualReleaseType": "Linear10PercentEvery10Minutes",
        "KmsKeyArn": KEY,
        "MaximumPollers": "200",
        "NoTrafficSeconds": "900",
        "PageEmail": "a@example.com",
        "ReservedConcurrency": "100",
        "TicketEmail": "b@example.com",
    },
}


def translated(name, settings):
    """The CloudFormation of a template, with the settings in place of the defaults of its parameters."""
    template = read(name)
    parameters = template.get("Parameters", {})
    chosen = {key: value for key, value in settings.items() if key in parameters}
    for key, value in chosen.items():
        parameters[key]["Default"] = int(value) if parameters[key]["Type"] == "Number" else value
    defaults = {key: str(entry["Default"]) for key, entry in parameters.items() if "Default" in entry}
    return translate(template, defaults)


def faults(template):
    """Return cfn-lint's errors in a template; its warnings are meant for handwritten templates."""
    found = lint(json.dumps(template), regions=REGIONS)
    return [f"{match.rule.id}: {match.message}" for match in found if match.rule.id.startswith("E")]


@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("name", NAMES)
def test_what_is_deployed_is_what_the_registry_has(name, settings):
    assert faults(translated(name, SETTINGS[settings])) == []


def test_the_settings_of_prod_are_among_them():
    configured = tomllib.loads((REPOSITORY / "infra/samconfig.toml").read_text("utf-8"))
    overrides = configured["prod"]["deploy"]["parameters"]["parameter_overrides"]

    assert dict(pair.split("=") for pair in overrides.split()).items() <= SETTINGS["prod"].items()


def test_a_property_that_the_registry_lacks_is_found():
    template = translated("orchestrator", {})
    template["Resources"]["EventSource"]["Properties"]["MaximumPollers"] = 2

    assert any("MaximumPollers" in fault for fault in faults(template))
