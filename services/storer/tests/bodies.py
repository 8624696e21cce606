"""The bodies of these tests, and what the other services make of them: with another message, this file changes."""

from __future__ import annotations

from typing import Any

ITEM_ATTRIBUTES = {"data_source": "a", "processing_type": "standard"}
MISSING = "data_source: Field required"
"""What is wrong with an empty object."""


def body(further: str = "") -> str:
    """Write a valid body; `further` is JSON text, since its numbers are to be kept as they are written."""
    return '{"data_source": "a", "processing_type": "standard"' + (f", {further}" if further else "") + "}"


def invalid_body(secret: str) -> str:
    """Write one with a field of a wrong type."""
    return f'{{"data_source": "{secret}", "processing_type": 5}}'


def transformed(execution_id: str, **further: Any) -> dict[str, Any]:
    """Write what the transformer may return."""
    return {"data_source": "A", "execution_id": execution_id, "transformation_applied": "standard", **further}
