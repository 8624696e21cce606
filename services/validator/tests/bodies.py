"""The bodies of these tests: with another message, this file changes."""

from __future__ import annotations

import json
from typing import Any

MISSING = ("data_source", "processing_type")
"""The fields that an empty object lacks."""


def body(processing_type: str = "standard", **further: Any) -> str:
    """Write a valid body."""
    return json.dumps({"data_source": "a.csv", "processing_type": processing_type, **further}, ensure_ascii=False)


def invalid_body(secret: str = "") -> str:
    """Write one with a field of a wrong type."""
    return body(processing_type=5, secret=secret)  # type: ignore[arg-type]
