"""The data of a message, as sent and as stored."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

# Metadata of the producer, such as the time of sending: two copies of a message may differ in it.
_NOT_COMPARED = "metadata"


def data_of(body: str) -> Any:
    """Parse a body, keeping all digits of its numbers; None if it is not JSON."""
    try:
        return json.loads(body, parse_float=Decimal, parse_int=Decimal)
    except (ValueError, RecursionError):
        return None


def object_of(text: str) -> dict[str, Any]:
    """Parse a JSON object; return an empty one for anything else."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def same_data(one: Any, other: Any) -> bool:
    """Return whether two messages have the same data: numbers compare by value, and ``metadata`` is ignored."""
    return same(_compared(one), _compared(other))


def same(one: Any, other: Any) -> bool:
    """Return whether two JSON values are equal: numbers compare by value."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    # In Python, unlike in JSON, 1 equals true.
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def _compared(data: Any) -> Any:
    return {name: value for name, value in data.items() if name != _NOT_COMPARED} if isinstance(data, dict) else data
