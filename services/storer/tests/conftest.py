from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from ministack import ministack, reset

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient
    from storer.adapters import DynamoDBTable

os.environ |= {
    "ENVIRONMENT": "test",
    "PROCESSED_DATA_TABLE": "processed",
    "POWERTOOLS_SERVICE_NAME": "storer",
    "POWERTOOLS_METRICS_NAMESPACE": "DurablePipeline",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}


@pytest.fixture(scope="session")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with ministack(tmp_path_factory.mktemp("ministack")) as address:
        yield address


@pytest.fixture
def dynamodb(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> DynamoDBClient:
    """The storer's own client, on an empty table."""
    from storer.adapters import dynamodb_client

    reset(endpoint)
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    client = dynamodb_client()
    client.create_table(
        TableName=os.environ["PROCESSED_DATA_TABLE"],
        KeySchema=[{"AttributeName": "execution_id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "execution_id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return client


@pytest.fixture
def table(dynamodb: DynamoDBClient) -> DynamoDBTable:
    from storer.adapters import DynamoDBTable

    return DynamoDBTable(dynamodb, os.environ["PROCESSED_DATA_TABLE"])
