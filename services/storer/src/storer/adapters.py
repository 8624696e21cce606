"""The DynamoDB table."""

from __future__ import annotations

import re
import threading
from contextlib import contextmanager, nullcontext
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import boto3
from boto3.dynamodb.types import TypeDeserializer
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from pipeline_contracts import ErrorCode, data_digest

from storer.item import LARGE_ITEM_BYTES
from storer.logic import Receipt, RefusedError
from storer.settings import CONCURRENT_WRITES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import BatchStatementRequestTypeDef

    from storer.item import Item

# Any other error, such as an unreachable endpoint or a lost permission, may be temporary: UNAVAILABLE.
_CODES = {
    "ValidationException": ErrorCode.NOT_STORABLE,
    "413": ErrorCode.NOT_STORABLE,  # the HTTP status of a request past 16 MiB, which has no error code
    "ProvisionedThroughputExceededException": ErrorCode.THROTTLED,
    "RequestLimitExceeded": ErrorCode.THROTTLED,
    "ThrottlingException": ErrorCode.THROTTLED,
}

_NO_CODE = "NoCode"
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_.-]+")


def dynamodb_client() -> DynamoDBClient:
    """Make the client, with a connection per concurrent write. The handler answers in time even if a call hangs."""
    return boto3.client(
        "dynamodb",
        config=Config(
            max_pool_connections=CONCURRENT_WRITES,
            # It would check every value that `attribute_value` has just made.
            parameter_validation=False,
            # botocore would serialize its own again, twice per request.
            user_agent="durable-pipeline-storer",
            connect_timeout=1,
            read_timeout=10,
            retries={"mode": "standard", "total_max_attempts": 4},
        ),
    )


def attribute_value(value: object) -> dict[str, Any]:
    """Convert a value from `parse_body` to DynamoDB's JSON, with all digits of each number.

    boto3's `TypeSerializer` raises `decimal.Underflow` for 38 digits near 1E-130, and checks each value for types
    that JSON does not have, which takes several times as long.
    """
    match value:
        case str():
            return {"S": value}
        case bool():
            return {"BOOL": value}
        case int() | Decimal():
            return {"N": str(value)}
        case dict():
            return {"M": {name: attribute_value(member) for name, member in value.items()}}
        case list():
            return {"L": [attribute_value(member) for member in value]}
        case None:
            return {"NULL": True}
        case _:
            raise TypeError(f"{type(value).__name__} is not a JSON type")


class ExactDeserializer(TypeDeserializer):
    """Reads every number that a table can return.

    boto3's own raises `decimal.Rounded` for 1E+60, which DynamoDB returns as 1 and sixty zeros.
    """

    def _deserialize_n(self, value: str) -> Decimal:
        return Decimal(value)


class DynamoDBTable:
    """A table whose partition key is `execution_id`.

    Its methods raise `RefusedError` if the table refuses a call; the code says whether a retry can succeed.
    """

    def __init__(self, client: DynamoDBClient, name: str) -> None:
        self._client = client
        self._name = name
        self._deserialize = ExactDeserializer().deserialize
        self._one_large = threading.Lock()

    def insert(self, items: Sequence[Item]) -> list[str | None]:
        """Write items in one request, each unless its key exists; return None for each that is written now.

        INSERT refuses an existing key: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.insert.html

        For any other item, return the code of an error. It does not tell whether the table has the item: a request that
        was retried may have been executed before.
        """
        if not all(map(_PLAIN_NAME.fullmatch, {name for item in items for name in item})):
            return ["AttributeName"] * len(items)
        try:
            answer = self._client.batch_execute_statement(Statements=[self._insertion(item) for item in items])
        except ClientError as error:
            return [error.response["Error"]["Code"] or _NO_CODE] * len(items)
        except Exception as error:  # noqa: BLE001 - botocore raises any for a response that is not of AWS; `put` decides
            return [type(error).__name__] * len(items)
        entries = answer.get("Responses") or []
        if len(entries) != len(items):
            return ["IncompleteResponse"] * len(items)
        return [_error_code(entry) for entry in entries]

    def _insertion(self, item: Item) -> BatchStatementRequestTypeDef:
        places = ", ".join(f"'{name}': ?" for name in item)
        return {
            "Statement": f'INSERT INTO "{self._name}" VALUE {{{places}}}',
            "Parameters": [attribute_value(value) for value in item.values()],
        }

    def put_new(self, item: Item, size: int) -> bool:
        """Write an item of this size in bytes unless its key exists; False if it does."""
        try:
            with self._one_large if size > LARGE_ITEM_BYTES else nullcontext(), _refusals():
                self._client.put_item(
                    TableName=self._name,
                    Item={name: attribute_value(value) for name, value in item.items()},
                    ConditionExpression="attribute_not_exists(execution_id)",
                )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def receipt(self, execution_id: str) -> Receipt:
        """Read the receipt of an item, which is small."""
        present = self._read(execution_id, "stored_at, data_digest")
        return Receipt(present.get("stored_at"), present.get("data_digest"))

    def digest_whole(self, execution_id: str) -> str | None:
        """Read and digest the whole data of an item; None if it is not that of a message.

        One at a time: reading an item of 400 KB may take 80 MB of the function's 512.
        """
        with self._one_large:
            data = self._read(execution_id, "original_data").get("original_data")
            try:
                return data_digest(data) if isinstance(data, dict) else None
            except (AttributeError, TypeError):
                return None  # it has a set or binary, which no message has

    def _read(self, execution_id: str, attributes: str) -> Item:
        with _refusals():
            answer = self._client.get_item(
                TableName=self._name,
                Key={"execution_id": {"S": execution_id}},
                ProjectionExpression=attributes,
                ConsistentRead=True,
            )
        if "Item" not in answer:
            raise RefusedError(ErrorCode.UNAVAILABLE, "the item with this key has just been deleted")
        return {name: self._deserialize(value) for name, value in answer["Item"].items()}


def _error_code(entry: Any) -> str | None:
    """Return the code of an entry in the response to a batch; None for an entry without an error."""
    if entry is None:
        return "NoEntry"
    return (entry["Error"].get("Code") or _NO_CODE) if "Error" in entry else None


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        aws_code = error.response["Error"]["Code"]
        if aws_code == "ConditionalCheckFailedException":
            raise
        code = _CODES.get(aws_code, ErrorCode.UNAVAILABLE)
        # The text of a failure is logged, and AWS's may quote the item.
        words = f"{error.operation_name}: {aws_code}" if code.retryable else str(error)
        raise RefusedError(code, words) from error
    except BotoCoreError as error:
        raise RefusedError(ErrorCode.UNAVAILABLE, type(error).__name__) from error
