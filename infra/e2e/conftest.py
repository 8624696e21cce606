"""The whole pipeline, deployed from its templates to an emulated AWS, once for all tests that need no other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from permissions import Roles
from pipeline_emulator.emulator import Emulator
from repository_copy import REPOSITORY, SHORT_WAITS, changed_copy
from stack import Stack

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# The visibility timeout is longer than a test waits: what is delivered again was brought forward.
PARAMETERS = {"EnvironmentName": "e2e", "MaxReceiveCount": "2"}


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pipeline as it is, but that failed messages wait shortly."""
    return changed_copy(tmp_path_factory.mktemp("pipeline"), *SHORT_WAITS) / "infra" / "template.yaml"


@pytest.fixture(scope="session")
def emulator(template: Path) -> Iterator[Emulator]:
    """Functions may do only what their roles allow, in every test."""
    with Emulator.start(REPOSITORY, template=template, parameters=PARAMETERS, enforce_iam=True) as aws:
        yield aws


@pytest.fixture(scope="session")
def roles(emulator: Emulator) -> Roles:
    return Roles(emulator.endpoint)


@pytest.fixture
def stack(emulator: Emulator, roles: Roles) -> Iterator[Stack]:
    stack = Stack(emulator)
    yield stack
    emulator.check()
    stack.empty_queues()
