"""The whole pipeline, deployed from its templates to an emulated AWS, once for all tests that can share it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pipeline_cli.local import local_pipeline
from pipeline_e2e.permissions import Roles
from pipeline_e2e.stack import PARAMETERS, Stack
from pipeline_testing.repository_copy import REPOSITORY, SHORT_WAITS, changed_copy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from local_aws.emulator import Emulator


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unchanged pipeline, except that failed messages wait only briefly."""
    return changed_copy(tmp_path_factory.mktemp("pipeline"), *SHORT_WAITS) / "infra" / "template.yaml"


@pytest.fixture(scope="session")
def emulator(template: Path) -> Iterator[Emulator]:
    """An emulated AWS in which functions may do only what their roles allow, in every test."""
    with local_pipeline(REPOSITORY, template=template, parameters=PARAMETERS, enforce_iam=True) as aws:
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
