from __future__ import annotations

import itertools
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from aws_environment import AwsEnvironment
from local_aws.ministack import ministack_alone
from pipeline_cli.target import client_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from local_aws.aws import AwsEndpoint

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AwsEndpoint]:
    with ministack_alone(tmp_path_factory.mktemp("ministack")) as address:
        yield address


@pytest.fixture(scope="session")
def new_client(endpoint: AwsEndpoint) -> Callable[[str], Any]:
    return client_of(endpoint)


@pytest.fixture(scope="session")
def client(new_client: Callable[[str], Any]) -> Callable[[str], Any]:
    return cache(new_client)


@pytest.fixture
def aws(
    new_client: Callable[[str], Any], client: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> AwsEnvironment:
    """A separate environment for each test, which the commands find by its name."""
    environment = AwsEnvironment(new_client, client, f"test{next(_numbers)}")
    environment.deploy()
    monkeypatch.setattr("pipeline_cli.target.aws_client", environment.make_client)
    return environment
