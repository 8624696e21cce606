"""Values of parameters that CloudFormation would refuse."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from local_aws.deploy.deployment import check_parameters
from local_aws.errors import EmulatorError

if TYPE_CHECKING:
    from pathlib import Path

TEMPLATE = """
Parameters:
  Free: {Type: String}
  Choice: {Type: String, AllowedValues: [none, s3, sns]}
  Switch: {Type: String, AllowedValues: ["true", "false"]}
  Days: {Type: Number, AllowedValues: [1, 3]}
  Size: {Type: Number, MinValue: 2, MaxValue: 10}
  Wait: {Type: Number, MinValue: 1}
  Name: {Type: String, AllowedPattern: "[a-z]+", ConstraintDescription: lower-case letters}
  Code: {Type: String, AllowedPattern: "[0-9]*"}
Resources: {}
"""


@pytest.fixture
def template(tmp_path: Path) -> Path:
    path = tmp_path / "template.yaml"
    path.write_text(TEMPLATE)
    return path


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("Choice", "S3", "Choice must be none, s3 or sns, not 'S3'"),
        ("Switch", "True", "Switch must be true or false, not 'True'"),
        ("Days", "2", "Days must be 1 or 3, not '2'"),
        ("Size", "1", "Size must be at least 2 and at most 10, not '1'"),
        ("Size", "11", "Size must be at least 2 and at most 10, not '11'"),
        ("Size", "many", "Size must be a number, not 'many'"),
        ("Wait", "0", "Wait must be at least 1, not '0'"),
        ("Name", "A", "Name must be lower-case letters, not 'A'"),
        ("Code", "x", "Code must be text that matches [0-9]*, not 'x'"),
    ],
)
def test_a_value_that_is_not_allowed_is_refused(template: Path, name: str, value: str, problem: str) -> None:
    with pytest.raises(EmulatorError) as refused:
        check_parameters(template, {name: value})

    assert str(refused.value) == problem


def test_values_that_are_allowed_are_taken(template: Path) -> None:
    allowed = {"Free": "", "Choice": "s3", "Days": "3", "Size": "2", "Wait": "900", "Name": "a", "Code": ""}

    check_parameters(template, allowed)
