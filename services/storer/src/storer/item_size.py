"""The size of an item by DynamoDB's rules.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

MAX_ITEM_BYTES = 409_600

SURELY_TOO_LARGE_BYTES = MAX_ITEM_BYTES * 11 // 10
"""AWS gives a number's size as approximate, so DynamoDB itself decides about an item within a tenth of its limit."""


def item_bytes(item: Mapping[str, Any]) -> int:
    """Estimate the size of an item of JSON values, never above what DynamoDB counts."""
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
    """Count a byte for two significant digits, and one more."""
    digits = len(str(number).lower().partition("e")[0].replace(".", "").strip("-0"))
    return 1 + (digits + 1) // 2
