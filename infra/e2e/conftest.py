"""The whole pipeline, deployed from its templates to an emulated AWS, once for all tests that need no other."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from permissions import Roles
from pipeline_emulator.emulator import Emulator
from stack import Stack

if TYPE_CHECKING:
    from collections.abc import Iterator

REPOSITORY = Path(__file__).resolve().parents[2]

# An execution that retries a failing stage, and then fails, takes 10 s.
PARAMETERS = {
    "EnvironmentName": "e2e",
    "ExecutionTimeoutSeconds": "30",
    # Longer than a test waits: what is delivered again was brought forward.
    "VisibilityTimeoutSeconds": "900",
    "MaxReceiveCount": "2",
}


@pytest.fixture(scope="session")
def emulator() -> Iterator[Emulator]:
    """Functions may do only what their roles allow, in every test."""
    with Emulator.start(REPOSITORY, parameters=PARAMETERS, enforce_iam=True) as aws:
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
