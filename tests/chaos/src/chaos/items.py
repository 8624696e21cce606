"""Whether a stored item equals the sent message, judged without the code that stored it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pipeline_contracts import parse_message
from pipeline_demo.data import same
from pipeline_testing.stages import STAGES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chaos.evidence import Item

_FIELDS = {"execution_id", "message_id", "original_data", "transformed_data", "stored_at", "data_digest"}
CONTRIBUTING = {stage["name"] for stage in STAGES if stage["request"] == "ContributionRequest"}
_TRANSFORMED = {"processed_at", "execution_id", "transformation_applied"}


def differences(item: Item, sent: dict[str, Any]) -> Iterator[str]:
    """List the differences between an item and the sent message; the caller judges its key and its message id."""
    attributes = dict(parse_message(json.dumps(sent, default=float)).item_attributes)
    if "metadata" in sent:
        attributes["metadata"] = sent["metadata"]
    if item.keys() - {"contributions"} != _FIELDS | attributes.keys():
        yield f"has the fields {sorted(item)}"
        return
    if (contributions := item.get("contributions", {})).keys() != CONTRIBUTING:
        yield f"has the contributions {sorted(contributions)}"
    if not same(item["original_data"], sent):
        yield "has other data than was sent"
    transformed = item["transformed_data"]
    if not transformed.keys() >= _TRANSFORMED or transformed.get("execution_id") != item["execution_id"]:
        yield f"has other transformed data than its own: {sorted(transformed)}"
    for name, value in attributes.items():
        if item.get(name) != value:
            yield f"has {name} {item.get(name)!r}, not {value!r}"
