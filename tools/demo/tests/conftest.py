from __future__ import annotations

import shutil
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pipeline_cli.local import local_pipeline

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local_aws.emulator import Emulator

TESTS = Path(__file__).parent
TOY = TESTS.parents[1] / "local-aws" / "tests" / "toy"

# Deliveries follow each other quickly, and a message that keeps failing is a dead letter after two.
QUICK = {"ExecutionTimeoutSeconds": "10", "VisibilityTimeoutSeconds": "6", "MaxReceiveCount": "2"}


def toy_repository(folder: Path) -> Path:
    """Make a repository whose pipeline is the toy."""
    shutil.copytree(TOY, folder / "infra")
    shutil.copytree(TESTS / "toy_samples", folder / "tools" / "demo" / "samples")
    return folder


@pytest.fixture(scope="session", autouse=True)
def hostile_environment() -> Iterator[None]:
    """Set what a user may have set for real AWS, and what would break the emulated one if it were heeded."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOY_SITE_PACKAGES", sysconfig.get_paths()["purelib"])
        patch.setenv("AWS_PROFILE", "a-profile-that-is-not-there")
        patch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
        patch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
        patch.setenv("AWS_ENDPOINT_URL_SQS", "http://127.0.0.1:9")
        patch.setenv("AWS_ENDPOINT_URL_LAMBDA", "http://127.0.0.1:9")
        patch.setenv("AWS_SESSION_TOKEN", "of real AWS")
        patch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
        patch.setenv("http_proxy", "http://127.0.0.1:9")
        patch.setenv("AUTH", "true")
        patch.setenv("SERVICES", "ses")
        patch.setenv("LOG_LEVEL", "CRITICAL")
        yield


@pytest.fixture(scope="session")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return toy_repository(tmp_path_factory.mktemp("repository"))


@pytest.fixture(scope="session")
def aws(repository: Path) -> Iterator[Emulator]:
    """The emulated AWS with the toy deployed to it."""
    with local_pipeline(repository, parameters=QUICK) as emulator:
        yield emulator
