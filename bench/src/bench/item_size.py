"""The size of an item in DynamoDB, by its published rules.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

WRITE_UNIT_BYTES = 1_024

_CONTAINER, _MEMBER = 3, 1


def item_bytes(item: Mapping[str, Mapping[str, Any]]) -> int:
    """Add up names and values of an item, as GetItem returns it."""
    return sum(len(name.encode()) + _value_bytes(value) for name, value in item.items())


def _value_bytes(value: Mapping[str, Any]) -> int:
    match value:
        case {"S": str(text)}:
            return len(text.encode())
        case {"N": str(number)}:
            digits = number.lstrip("-").replace(".", "").strip("0")
            return math.ceil(len(digits) / 2) + 1 + number.startswith("-")
        case {"BOOL": _} | {"NULL": _}:
            return 1
        case {"L": members}:
            return _CONTAINER + sum(_MEMBER + _value_bytes(member) for member in members)
        case {"M": members}:
            return _CONTAINER + item_bytes(members) + _MEMBER * len(members)
    raise ValueError(f"{value!r} is not a value that the pipeline stores")
