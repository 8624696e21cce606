"""The settings of the SAM CLI for each environment."""

import re
import tomllib
from pathlib import Path

import pytest

SETTINGS = Path(__file__).parents[1] / "samconfig.toml"
ENVIRONMENTS = ("default", "dev", "prod")


@pytest.fixture(params=ENVIRONMENTS)
def environment(request):
    return request.param


@pytest.fixture
def commands(environment):
    settings = tomllib.loads(SETTINGS.read_text())
    assert set(settings) == {"version", *ENVIRONMENTS}
    return {command: section["parameters"] for command, section in settings[environment].items()}


def test_templates_are_linted_when_they_are_validated(commands):
    assert commands["validate"]["lint"] is True


def test_a_deployment_may_create_roles_and_expand_nested_templates(commands):
    assert set(commands["deploy"]["capabilities"].split()) == {"CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"}


def test_an_environment_is_a_stack_of_its_own(commands, environment):
    name = "dev" if environment == "default" else environment
    assert commands["deploy"]["stack_name"] == f"durable-pipeline-{name}"


def test_overrides_are_parameters_of_the_root_stack_and_name_the_environment(commands, environment, root):
    given = dict(pair.split("=") for pair in commands["deploy"].get("parameter_overrides", "").split())

    assert given.keys() <= root["Parameters"].keys()
    name = given.get("EnvironmentName", root["Parameters"]["EnvironmentName"]["Default"])
    assert name == ("dev" if environment == "default" else environment)
    assert re.fullmatch(root["Parameters"]["EnvironmentName"]["AllowedPattern"], name)


def test_production_shows_its_changes_before_it_makes_them(commands, environment):
    assert commands["deploy"].get("confirm_changeset", False) is (environment == "prod")


def test_production_releases_little_by_little_and_nothing_else_does(commands, environment):
    given = commands["deploy"].get("parameter_overrides", "").split()

    assert ("GradualRelease=true" in given) is (environment == "prod")
