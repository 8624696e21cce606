"""The DynamoDB table."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

import boto3
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from pipeline_contracts import ErrorCode

from storer.logic import Item, RefusedError
from storer.settings import CONCURRENT_WRITES

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# Any other error, such as an unreachable endpoint or a role that lost a permission, may pass: UNAVAILABLE.
_CODES = {
    "ValidationException": ErrorCode.NOT_STORABLE,
    "ProvisionedThroughputExceededException": ErrorCode.THROTTLED,
    "RequestLimitExceeded": ErrorCode.THROTTLED,
    "ThrottlingException": ErrorCode.THROTTLED,
}


def dynamodb_client() -> DynamoDBClient:
    """Make the client: a connection for each concurrent write, and timeouts that leave room for retries."""
    return boto3.client(
        "dynamodb",
        config=Config(
            max_pool_connections=CONCURRENT_WRITES,
            connect_timeout=2,
            read_timeout=4,
            retries={"mode": "standard", "total_max_attempts": 4},
        ),
    )


class ExactSerializer(TypeSerializer):
    """Writes every number that a table takes.

    boto3's own raises `decimal.Underflow` for 38 digits near 1E-130.
    """

    def _serialize_n(self, value: Decimal) -> str:
        return str(value)


class ExactDeserializer(TypeDeserializer):
    """Reads every number that a table can return.

    boto3's own raises `decimal.Rounded` for 1E+60, which DynamoDB returns as 1 and sixty zeros.
    """

    def _deserialize_n(self, value: str) -> Decimal:
        return Decimal(value)


class DynamoDBTable:
    """A table whose partition key is `execution_id`."""

    def __init__(self, client: DynamoDBClient, name: str) -> None:
        self._client = client
        self._name = name
        self._serialize = ExactSerializer().serialize
        self._deserialize = ExactDeserializer().deserialize

    def put_new(self, item: Item) -> Item | None:
        """Write an item unless its key is taken.

        Returns:
            None if the item was written, the item that was there otherwise.

        Raises:
            RefusedError: The table did not take the item; the code says whether it ever will.
        """
        try:
            self._client.put_item(
                TableName=self._name,
                Item={name: self._serialize(value) for name, value in item.items()},
                ConditionExpression="attribute_not_exists(execution_id)",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self._client.exceptions.ConditionalCheckFailedException as error:
            present = cast("dict[str, Any]", error.response)["Item"]
            return {name: self._deserialize(value) for name, value in present.items()}
        except ClientError as error:
            code = error.response["Error"]["Code"]
            raise RefusedError(_CODES.get(code, ErrorCode.UNAVAILABLE), str(error)) from error
        except BotoCoreError as error:
            raise RefusedError(ErrorCode.UNAVAILABLE, str(error)) from error
        return None
