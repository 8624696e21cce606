"""The data of a message, as it was sent and as it is stored."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

# What a producer says about a message, such as when it was sent: a message that is sent twice may differ in it.
_NOT_COMPARED = "metadata"


def data_of(body: str) -> Any:
    """Read a body, its numbers with all of their digits; None if it is not JSON."""
    try:
        return json.loads(body, parse_float=Decimal, parse_int=Decimal)
    except (ValueError, RecursionError):
        return None


def object_of(text: str) -> dict[str, Any]:
    """Read a JSON object; an empty one if it is anything else."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def same_data(one: Any, other: Any) -> bool:
    """Say whether two messages have the same data: numbers by value, and whatever ``metadata`` they have."""
    return _same(_compared(one), _compared(other))


def _compared(data: Any) -> Any:
    return {name: value for name, value in data.items() if name != _NOT_COMPARED} if isinstance(data, dict) else data


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    # In Python, and not in JSON, 1 equals true.
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)
