"""The settings of the SAM CLI for each environment."""

import tomllib

import pytest
from templates import REPOSITORY

SETTINGS = tomllib.loads((REPOSITORY / "infra/samconfig.toml").read_text("utf-8"))


@pytest.mark.parametrize("environment", SETTINGS.keys() - {"version"})
def test_an_environment_is_a_stack_of_its_own_and_production_changes_with_care(environment, root):
    deploy = SETTINGS[environment]["deploy"]["parameters"]
    given = dict(pair.split("=") for pair in deploy.get("parameter_overrides", "").split())
    name = "dev" if environment == "default" else environment

    assert deploy["stack_name"] == f"durable-pipeline-{name}"
    assert given.keys() <= root["Parameters"].keys()
    assert given.get("EnvironmentName", root["Parameters"]["EnvironmentName"]["Default"]) == name
    assert deploy.get("confirm_changeset", False) is (name == "prod")
    assert given.get("GradualRelease") == ("true" if name == "prod" else None)
