"""The bodies of these tests, derived from the example of the message."""

from __future__ import annotations

import json
from typing import Any

from pipeline_contracts import PipelineMessage, parse_message
from pipeline_contracts.message import EXAMPLES


def body(further: str = "") -> str:
    """Write a valid body; `further` is JSON text, so that its numbers are kept as written."""
    return json.dumps(EXAMPLES[0])[:-1] + (f", {further}" if further else "") + "}"


def invalid_body(secret: str) -> str:
    """Write a body without its required fields."""
    return json.dumps({"note": secret})


def transformed(execution_id: str, **further: Any) -> dict[str, Any]:
    """Write what the transformer may return."""
    return {"execution_id": execution_id, "transformation_applied": "standard", **further}


ITEM_ATTRIBUTES = parse_message(body()).item_attributes
MISSING = next(f"{name}: Field required" for name, field in PipelineMessage.model_fields.items() if field.is_required())
"""The errors of an empty object."""
