"""Reading the table of processed data."""

from __future__ import annotations

import time
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.types import TypeDeserializer

from pipeline_cli.errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from mypy_boto3_dynamodb import DynamoDBClient

_KEY = "execution_id"
_WAITS = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2)
"""Seconds to wait before requesting the unread keys again."""


@dataclass(frozen=True)
class StoredItem:
    """The message for which an item was stored, and optionally its data, with numbers as Decimal."""

    execution_id: str
    message_id: str
    data: Any
    data_digest: Any = None
    """`ParsedMessage.data_digest`; items of storer 1.0 have none."""
    stored_at: Any = None


class Table:
    """The table, whose partition key is ``execution_id``."""

    def __init__(self, client: DynamoDBClient, name: str) -> None:
        """Read the table of that name."""
        self._client = client
        self._name = name

    def items(self, keys: Iterable[str], *, data: bool = True) -> dict[str, StoredItem]:
        """Look up at most 100 keys; return the existing items by key, with or without their data.

        Raises:
            CommandError: The table repeatedly leaves keys unread.
        """
        found: dict[str, StoredItem] = {}
        wanted: dict[str, Any] = {"Keys": [{_KEY: {"S": key}} for key in keys], "ConsistentRead": True}
        if not data:
            wanted["ProjectionExpression"] = f"{_KEY}, message_id, data_digest, stored_at"
        request: Any = {self._name: wanted} if wanted["Keys"] else {}
        for wait in (*_WAITS, None):
            if request:
                answer = self._client.batch_get_item(RequestItems=request)
                items = [_stored_item(_plain(item, Decimal)) for item in answer["Responses"].get(self._name, [])]
                found |= {item.execution_id: item for item in items}
                request = answer.get("UnprocessedKeys")
            if not request:
                return found
            if wait:
                time.sleep(wait)
        raise CommandError(f"the table {self._name} is throttled, and some keys were not read; try again later")

    def all_items(self) -> Iterator[StoredItem]:
        """Scan the table."""
        return map(_stored_item, self.exact_items())

    def exact_items(self) -> Iterator[dict[str, Any]]:
        """Scan the table for complete items: numbers are Decimal, with all digits of the table."""
        for page in self._client.get_paginator("scan").paginate(TableName=self._name, ConsistentRead=True):
            yield from (_plain(item, Decimal) for item in page["Items"])

    def all_message_ids(self) -> dict[str, str]:
        """Scan the table for the message id of each item, by its key."""
        return {item.execution_id: item.message_id for item in self.all_items()}

    def item(self, key: str) -> dict[str, Any] | None:
        """Read an item with GetItem, as plain Python values."""
        answer = self._client.get_item(TableName=self._name, Key={_KEY: {"S": key}}, ConsistentRead=True)
        return _plain(answer["Item"], _shortest) if "Item" in answer else None


class _Reader(TypeDeserializer):
    """Reads attribute values. boto3's own class fails on numbers that DynamoDB supports, such as 1E+60."""

    def __init__(self, number: Callable[[str], Any]) -> None:
        self._number = number

    def _deserialize_n(self, value: str) -> Any:
        return self._number(value)


def _plain(item: Mapping[str, Any], number: Callable[[str], Any]) -> dict[str, Any]:
    return {name: _Reader(number).deserialize(value) for name, value in item.items()}


def _stored_item(item: Mapping[str, Any]) -> StoredItem:
    return StoredItem(
        item[_KEY],
        item.get("message_id", ""),
        item.get("original_data"),
        item.get("data_digest"),
        item.get("stored_at"),
    )


def _shortest(text: str) -> Any:
    exact = Decimal(text)
    if exact == exact.to_integral_value():
        return int(exact)
    near = float(text)
    return near if Decimal(repr(near)) == exact else exact
