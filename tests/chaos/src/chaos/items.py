"""Whether a stored item is what was sent, judged without the code that stored it."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chaos.evidence import Item

_FIELDS = {
    "execution_id",
    "message_id",
    "original_data",
    "transformed_data",
    "data_source",
    "processing_type",
    "stored_at",
    "data_digest",
}
_TRANSFORMED = {"data_source", "processing_type", "processed_at", "execution_id", "transformation_applied"}


def parsed(body: str) -> Any:
    """Read JSON with every number exact."""
    return json.loads(body, parse_int=Decimal, parse_float=Decimal)


def same(left: Any, right: Any) -> bool:
    """Compare JSON values by type and value: 1 is 1.0, but neither is true."""
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[name], right[name]) for name in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    return type(left) is type(right) and bool(left == right)


def same_data(left: dict[str, Any], right: dict[str, Any]) -> bool:
    """Compare the data of two bodies, of which the metadata is no part."""
    return same(_without_metadata(left), _without_metadata(right))


def _without_metadata(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name != "metadata"}


def differences(item: Item, sent: dict[str, Any]) -> Iterator[str]:
    """Say in what an item differs from what was sent; its key and its message are for the caller to judge."""
    if item.keys() != _FIELDS | ({"metadata"} & sent.keys()):
        yield f"has the fields {sorted(item)}"
        return
    if not same(item["original_data"], sent):
        yield "has other data than was sent"
    transformed = item["transformed_data"]
    expected = {
        "data_source": sent["data_source"].upper(),
        "processing_type": sent["processing_type"],
        "execution_id": item["execution_id"],
        "transformation_applied": "tabular" if sent["processing_type"] == "tabular" else "standard",
    }
    derived = {}
    if sent["processing_type"] == "tabular":
        derived = {"derived": {"column_count": Decimal(len(sent["columns"]))}}
    if transformed.keys() != _TRANSFORMED | derived.keys():
        yield f"has transformed data with the fields {sorted(transformed)}"
    for name, value in (expected | derived).items():
        if not same(transformed.get(name), value):
            yield f"has {name} {transformed.get(name)!r} in its transformed data, not {value!r}"
    for name in ("data_source", "processing_type", "metadata"):
        if item.get(name) != sent.get(name):
            yield f"has {name} {item.get(name)!r}, not {sent.get(name)!r}"
