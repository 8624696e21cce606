"""The commands for operators: AWS has each of them, with these options."""

import re
import shlex
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore import xform_name

DOCS = Path(__file__).parents[3] / "docs"
PAGES = (DOCS / "operations.md", *sorted(DOCS.glob("operations/*.md")), DOCS / "first-deployment.md")
RUNBOOK = "\n".join(page.read_text() for page in PAGES)
SDK_NAMES = {"deploy": "codedeploy"}
OF_THE_CLI = {("cloudformation", "deploy"): ("create-change-set", "template-file", "parameter-overrides")}
"""Commands that the AWS CLI derives from others: the one that takes the options, and its own options."""
GLOBAL = {"query", "output", "max-items"}
COMMAND = re.compile(r"\baws ([a-z0-9-]+) ([a-z0-9-]+)((?: [^`\n)]*)?)")


def commands() -> list[Any]:
    found = COMMAND.findall(RUNBOOK)
    return [pytest.param(*parts, id=f"{parts[0]} {parts[1]}") for parts in found]


def test_the_commands_were_found() -> None:
    assert len(commands()) > 20


@pytest.mark.parametrize(("service", "command", "rest"), commands())
def test_a_command_and_its_options_exist(service: str, command: str, rest: str) -> None:
    client: Any = boto3.client  # boto3's types know services only as literal names
    command, *own_options = OF_THE_CLI.get((service, command), (command,))
    model = client(SDK_NAMES.get(service, service), region_name="us-east-1").meta.service_model
    operations = {xform_name(name, "-"): name for name in model.operation_names}
    assert command in operations

    members = {xform_name(name, "-") for name in model.operation_model(operations[command]).input_shape.members}
    members |= {*own_options}
    options = [word.removeprefix("--") for word in shlex.split(rest) if word.startswith("--")]
    unknown = {option for option in options if option.removeprefix("no-") not in members and option not in members}
    assert unknown <= GLOBAL
