"""Reading the table of processed data."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from mypy_boto3_dynamodb import DynamoDBClient

_KEY = "execution_id"
_IDS = f"{_KEY}, message_id"
_DATA = "original_data"


@dataclass(frozen=True)
class StoredItem:
    """Which message an item was stored for, and the data that it has of it, each number as a Decimal."""

    execution_id: str
    message_id: str
    data: Any


class Table:
    """The table, whose partition key is ``execution_id``."""

    def __init__(self, client: DynamoDBClient, name: str) -> None:
        """Read the table of that name."""
        self._client = client
        self._name = name

    def items(self, keys: Iterable[str]) -> dict[str, StoredItem]:
        """Look up at most 100 keys, and give the items that there are by their keys."""
        found: dict[str, StoredItem] = {}
        request: Any = {
            self._name: {
                "Keys": [{_KEY: {"S": key}} for key in keys],
                "ProjectionExpression": f"{_IDS}, {_DATA}",
                "ConsistentRead": True,
            }
        }
        while request:
            answer = self._client.batch_get_item(RequestItems=request)
            items = map(_stored_item, answer["Responses"].get(self._name, []))
            found |= {item.execution_id: item for item in items}
            request = answer.get("UnprocessedKeys")
        return found

    def all_items(self) -> Iterator[StoredItem]:
        """Scan the table."""
        return map(_stored_item, self._scan(f"{_IDS}, {_DATA}"))

    def exact_items(self) -> Iterator[dict[str, Any]]:
        """Scan the table, for whole items: numbers are Decimal, with the digits that the table has."""
        for item in self._scan(None):
            yield {name: _plain(value, Decimal) for name, value in item.items()}

    def all_message_ids(self) -> dict[str, str]:
        """Scan the table: the message id of each item, by its key."""
        items = map(_stored_item, self._scan(_IDS))
        return {item.execution_id: item.message_id for item in items}

    def item(self, key: str) -> dict[str, Any] | None:
        """Read one item with GetItem, as plain Python values."""
        answer = self._client.get_item(TableName=self._name, Key={_KEY: {"S": key}}, ConsistentRead=True)
        item = answer.get("Item")
        return {name: _plain(value, _shortest) for name, value in item.items()} if item else None

    def _scan(self, projection: str | None) -> Iterator[Mapping[str, Any]]:
        chosen: Any = {"ProjectionExpression": projection} if projection else {}
        pages = self._client.get_paginator("scan").paginate(TableName=self._name, ConsistentRead=True, **chosen)
        return (item for page in pages for item in page["Items"])


def _stored_item(item: Mapping[str, Any]) -> StoredItem:
    data = _plain(item[_DATA], Decimal) if _DATA in item else None
    return StoredItem(item[_KEY]["S"], item.get("message_id", {}).get("S", ""), data)


def _plain(value: Mapping[str, Any], number: Callable[[str], Any]) -> Any:
    """Read one attribute value; boto3's own reader fails on numbers that DynamoDB holds, such as 1E+60."""
    match value:
        case {"M": members}:
            return {name: _plain(member, number) for name, member in members.items()}
        case {"L": members}:
            return [_plain(member, number) for member in members]
        case {"NULL": _}:
            return None
        case {"N": text}:
            return number(text)
        case {"SS": members} | {"BS": members}:
            return sorted(members)
        case {"NS": members}:
            return sorted(number(text) for text in members)
    return next(iter(value.values()))


def _shortest(text: str) -> Any:
    exact = Decimal(text)
    if exact == exact.to_integral_value():
        return int(exact)
    near = float(text)
    return near if Decimal(repr(near)) == exact else exact
