"""The whole pipeline on an emulated AWS, the console for it, and a browser."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import browser
import pytest
from browser import Page
from pipeline_cli.local import local_pipeline
from pipeline_e2e.permissions import Roles
from pipeline_e2e.stack import PARAMETERS, Stack
from pipeline_testing.repository_copy import REPOSITORY, SHORT_WAITS, changed_copy
from running_console import running

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local_aws.aws import AwsEndpoint
    from local_aws.emulator import Emulator
    from selenium.webdriver import Chrome

ENVIRONMENT = PARAMETERS["EnvironmentName"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--pictures", type=Path, help="write the pictures of the documentation into this folder")


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    template = changed_copy(tmp_path_factory.mktemp("pipeline"), *SHORT_WAITS) / "infra" / "template.yaml"
    with local_pipeline(REPOSITORY, template=template, parameters=PARAMETERS, enforce_iam=True) as aws:
        Roles(aws.endpoint)
        yield aws


@pytest.fixture(scope="session")
def endpoint(emulator: Emulator) -> AwsEndpoint:
    return emulator.one_endpoint()


@pytest.fixture
def stack(emulator: Emulator) -> Iterator[Stack]:
    stack = Stack(emulator)
    yield stack
    emulator.check()
    stack.empty_queues()


@pytest.fixture(scope="session")
def address(endpoint: AwsEndpoint) -> Iterator[str]:
    """Yield the address of a console, with its token."""
    with running(ENVIRONMENT, endpoint.variables()) as (printed, _):
        yield printed


@pytest.fixture
def driver() -> Iterator[Chrome]:
    driver = browser.start()
    yield driver
    driver.quit()


@pytest.fixture
def pictures(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    folder: Path | None = request.config.getoption("--pictures")
    return folder or tmp_path


@pytest.fixture
def page(driver: Chrome, address: str, pictures: Path) -> Iterator[Page]:
    page = Page(driver, address, pictures)
    yield page
    assert page.errors() == []
