from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from local_aws.testing.toy_application import QUICK, TOY, hostile_environment  # noqa: F401 - a fixture
from pipeline_cli.local import local_pipeline

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local_aws.emulator import Emulator

TESTS = Path(__file__).parent


def toy_repository(folder: Path) -> Path:
    """Make a repository whose pipeline is the toy."""
    shutil.copytree(TOY, folder / "infra")
    shutil.copytree(TESTS / "toy_samples", folder / "tools" / "demo" / "samples")
    return folder


@pytest.fixture(scope="session")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return toy_repository(tmp_path_factory.mktemp("repository"))


@pytest.fixture(scope="session")
def aws(repository: Path) -> Iterator[Emulator]:
    """An emulated AWS with the toy deployed to it."""
    with local_pipeline(repository, parameters=QUICK) as emulator:
        yield emulator
