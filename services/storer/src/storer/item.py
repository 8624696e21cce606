"""The layout of an item, and its size by DynamoDB's rules.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline_contracts import parse_body, parse_message
from pipeline_contracts.base import timestamp

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from decimal import Decimal

    from pipeline_contracts.storage import StorageRecord

Item = dict[str, Any]

MAX_ITEM_BYTES = 409_600

LARGE_ITEM_BYTES = 50_000
"""Larger items are written one at a time: an item of small numbers takes many times its size while it is sent."""

SURELY_TOO_LARGE_BYTES = MAX_ITEM_BYTES * 11 // 10
"""AWS documents the size of a number as approximate, so DynamoDB itself decides within a tenth of its limit."""


def item_of(record: StorageRecord, now: datetime, *, with_text: bool = False) -> Item:
    """Lay out the item, with the JSON text of the message if requested.

    DynamoDB takes no float. All documents are read from JSON text, so that every number is an int or a Decimal; the
    message's own have the digits that were sent.

    Raises:
        InvalidBodyError: A document is not a message, or has a value that a table cannot store.
    """
    message = parse_message(record.data)
    item = {
        **message.item_attributes,
        "execution_id": record.execution_id,
        "message_id": record.message_id,
        "original_data": message.body,
        "data_digest": message.data_digest(),
        "stored_at": timestamp(now),
        **parse_body(record.model_dump_json(include={"transformed_data", "contributions", "attributes"})),
    }
    if message.content.metadata is not None:
        item["metadata"] = message.content.metadata
    if with_text:
        item["original_text"] = record.data
    return item


def item_bytes(item: Mapping[str, Any]) -> int:
    """Estimate the size in bytes of an item of JSON values, never above DynamoDB's count."""
    return sum(len(name.encode()) + _value_bytes(value) for name, value in item.items())


def _value_bytes(value: Any) -> int:
    match value:
        case str():
            return len(value.encode())
        case None | bool():
            return 1
        case dict():
            return 3 + sum(1 + len(name.encode()) + _value_bytes(member) for name, member in value.items())
        case list():
            return 3 + sum(1 + _value_bytes(member) for member in value)
        case _:
            return _number_bytes(value)


def _number_bytes(number: int | Decimal) -> int:
    """Count one byte per two significant digits, and one more."""
    digits = len(str(number).lower().partition("e")[0].replace(".", "").strip("-0"))
    return 1 + (digits + 1) // 2
