from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from local_aws.emulator import Emulator
from local_aws.testing.toy_application import QUICK, TOY, Toy, hostile_environment, until  # noqa: F401 - a fixture
from waiter import deploy_waiter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local_aws.aws import AwsEndpoint
    from mypy_boto3_lambda import LambdaClient


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """An emulated AWS with the toy deployed to it."""
    with Emulator.start(tmp_path_factory.mktemp("run"), template=TOY / "template.yaml", parameters=QUICK) as emulator:
        yield emulator


@pytest.fixture(scope="session")
def toy(aws: Emulator) -> Toy:
    """Start the functions once: a cold start on a busy machine may take as long as a message is hidden."""
    toy = Toy(aws)
    messages = toy.send("not JSON, to warm up")
    until(lambda: toy.settled(messages), seconds=60)
    return toy


@pytest.fixture(scope="session")
def endpoint(aws: Emulator) -> AwsEndpoint:
    """The endpoint for clients."""
    return aws.one_endpoint()


@pytest.fixture(scope="session")
def client(toy: Toy, endpoint: AwsEndpoint) -> LambdaClient:
    """A Lambda client, with functions that were deployed after the endpoint and the durable service had started."""
    deploy_waiter(endpoint)
    return endpoint.lambda_()
