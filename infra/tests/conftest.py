"""Each template in turn, and those that have a name."""

import pytest
from templates import NAMES, SERVICES, Template, read


@pytest.fixture(autouse=True)
def _region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")


@pytest.fixture
def root() -> Template:
    return read("root")


@pytest.fixture
def shared() -> Template:
    """The template of the queues and the table."""
    return read("shared")


@pytest.fixture
def monitoring() -> Template:
    """The template of the alarms and the dashboard."""
    return read("monitoring")


@pytest.fixture
def access() -> Template:
    """The template of the permissions of people and producers."""
    return read("access")


@pytest.fixture
def orchestrator() -> Template:
    return read("orchestrator")


@pytest.fixture(params=SERVICES)
def service(request: pytest.FixtureRequest) -> str:
    """The name of each service in turn."""
    return request.param


@pytest.fixture
def template(service: str) -> Template:
    """The template of each service in turn."""
    return read(service)


@pytest.fixture(params=NAMES)
def any_template(request: pytest.FixtureRequest) -> Template:
    """Each template in turn."""
    return read(request.param)
