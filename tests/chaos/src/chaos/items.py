"""Whether a stored item equals the sent message, judged without the code that stored it."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pipeline_contracts import parse_message

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chaos.evidence import Item

_FIELDS = {"execution_id", "message_id", "original_data", "transformed_data", "stored_at", "data_digest"}
_TRANSFORMED = {"processed_at", "execution_id", "transformation_applied"}


def parsed(body: str) -> Any:
    """Parse JSON with exact numbers."""
    return json.loads(body, parse_int=Decimal, parse_float=Decimal)


def same(left: Any, right: Any) -> bool:
    """Compare JSON values by type and value: 1 is 1.0, but neither is true."""
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[name], right[name]) for name in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    return type(left) is type(right) and bool(left == right)


def same_data(left: dict[str, Any], right: dict[str, Any]) -> bool:
    """Compare the data of two bodies; metadata is no part of it."""
    return same(_without_metadata(left), _without_metadata(right))


def _without_metadata(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name != "metadata"}


def differences(item: Item, sent: dict[str, Any]) -> Iterator[str]:
    """List the differences between an item and the sent message; the caller judges its key and its message id."""
    attributes = dict(parse_message(json.dumps(sent, default=float)).item_attributes)
    if "metadata" in sent:
        attributes["metadata"] = sent["metadata"]
    if item.keys() != _FIELDS | attributes.keys():
        yield f"has the fields {sorted(item)}"
        return
    if not same(item["original_data"], sent):
        yield "has other data than was sent"
    transformed = item["transformed_data"]
    if not transformed.keys() >= _TRANSFORMED or transformed.get("execution_id") != item["execution_id"]:
        yield f"has other transformed data than its own: {sorted(transformed)}"
    for name, value in attributes.items():
        if item.get(name) != value:
            yield f"has {name} {item.get(name)!r}, not {value!r}"
