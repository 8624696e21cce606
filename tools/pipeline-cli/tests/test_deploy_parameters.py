"""The parameters of a deployment: from the command line, samconfig.toml and the templates."""

import tomllib
from pathlib import Path

import pytest
from pipeline_cli.deploy import settings
from pipeline_cli.deploy.stacks import Catalogue
from pipeline_cli.errors import DeployError
from pipeline_cli.options import ENVIRONMENT_NAME

REPOSITORY = Path(__file__).parents[3]
SETTINGS = REPOSITORY / "infra/samconfig.toml"


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return Catalogue(REPOSITORY)


def chosen(
    catalogue: Catalogue,
    name: str | None,
    environment: str,
    own: dict[str, str] | None = None,
    given: dict[str, str] | None = None,
) -> dict[str, str]:
    return settings.parameters(catalogue.get(name), environment, SETTINGS, own or {}, given or {})


def test_a_part_takes_the_names_of_its_own_environment(catalogue: Catalogue) -> None:
    parameters = chosen(catalogue, "storer", "prod")

    assert parameters["EnvironmentName"] == "prod"
    assert parameters["ProcessedDataTable"] == "/durable-pipeline/prod/processed-data-table/name"


def test_what_samconfig_gives_the_root_reaches_the_parts_that_have_it(catalogue: Catalogue) -> None:
    configured = tomllib.loads(SETTINGS.read_text())["prod"]["deploy"]["parameters"]["parameter_overrides"]
    assert "LogRetentionDays=90" in configured

    assert chosen(catalogue, None, "prod")["LogRetentionDays"] == "90"
    assert chosen(catalogue, "validator", "prod")["LogRetentionDays"] == "90"
    assert "LogRetentionDays" not in chosen(catalogue, "shared", "prod")
    assert "LogRetentionDays" not in chosen(catalogue, "validator", "qa")


def test_the_command_line_has_the_last_word(catalogue: Catalogue) -> None:
    given = {"LogRetentionDays": "7", "PythonRuntime": "python3.12"}
    parameters = chosen(catalogue, "validator", "prod", own={"PythonRuntime": "python3.11"}, given=given)

    assert parameters["LogRetentionDays"] == "7"
    assert settings.build_target(parameters) == "python3.12-arm64"


def test_a_parameter_that_the_template_lacks_is_refused(catalogue: Catalogue) -> None:
    with pytest.raises(DeployError, match=r"has no parameter BatchSize, only .*LogLevel"):
        chosen(catalogue, "validator", "dev", given={"BatchSize": "5"})


def test_a_value_that_the_template_does_not_allow_is_refused(catalogue: Catalogue) -> None:
    with pytest.raises(DeployError, match=r"^LogLevel must be DEBUG, INFO, WARNING or ERROR, not 'loud'$"):
        chosen(catalogue, "validator", "dev", given={"LogLevel": "loud"})


def test_packages_are_built_for_what_the_stack_is_told(catalogue: Catalogue) -> None:
    for name in (None, "validator"):
        assert settings.build_target(chosen(catalogue, name, "dev")) == "python3.14-arm64"
    assert settings.build_target(chosen(catalogue, "shared", "dev")) is None


def test_the_command_line_accepts_the_names_that_the_templates_accept(catalogue: Catalogue) -> None:
    patterns = {stack.parameters["EnvironmentName"]["AllowedPattern"] for stack in catalogue.parts.values()}

    assert patterns == {catalogue.root.parameters["EnvironmentName"]["AllowedPattern"]} == {ENVIRONMENT_NAME}
