"""Reading the table of processed data."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mypy_boto3_dynamodb import DynamoDBClient

_KEY = "execution_id"
_PROJECTION = f"{_KEY}, message_id"


class Table:
    """The table, whose partition key is ``execution_id``."""

    def __init__(self, client: DynamoDBClient, name: str) -> None:
        """Read the table of that name."""
        self._client = client
        self._name = name

    def message_ids(self, keys: Iterable[str]) -> dict[str, str]:
        """Look up at most 100 keys: the message id of each item that there is, by its key."""
        found: dict[str, str] = {}
        request: Any = {
            self._name: {
                "Keys": [{_KEY: {"S": key}} for key in keys],
                "ProjectionExpression": _PROJECTION,
                "ConsistentRead": True,
            }
        }
        while request:
            answer = self._client.batch_get_item(RequestItems=request)
            found |= dict(map(_owner, answer["Responses"].get(self._name, [])))
            request = answer.get("UnprocessedKeys")
        return found

    def all_message_ids(self) -> dict[str, str]:
        """Scan the table: the message id of each item, by its key."""
        pages = self._client.get_paginator("scan").paginate(
            TableName=self._name, ProjectionExpression=_PROJECTION, ConsistentRead=True
        )
        return dict(_owner(item) for page in pages for item in page["Items"])

    def item(self, key: str) -> dict[str, Any] | None:
        """Read one item with GetItem, as plain Python values."""
        answer = self._client.get_item(TableName=self._name, Key={_KEY: {"S": key}}, ConsistentRead=True)
        item = answer.get("Item")
        return {name: _plain(value) for name, value in item.items()} if item else None


def _owner(item: Mapping[str, Any]) -> tuple[str, str]:
    return item[_KEY]["S"], item.get("message_id", {}).get("S", "")


def _plain(value: Mapping[str, Any]) -> Any:
    """Read one attribute value; boto3's own reader fails on numbers that DynamoDB holds, such as 1E+60."""
    match value:
        case {"M": members}:
            return {name: _plain(member) for name, member in members.items()}
        case {"L": members}:
            return [_plain(member) for member in members]
        case {"NULL": _}:
            return None
        case {"N": text}:
            return _number(text)
        case {"SS": members} | {"BS": members}:
            return sorted(members)
        case {"NS": members}:
            return sorted(_number(text) for text in members)
    return next(iter(value.values()))


def _number(text: str) -> Any:
    exact = Decimal(text)
    if exact == exact.to_integral_value():
        return int(exact)
    near = float(text)
    return near if Decimal(repr(near)) == exact else exact
