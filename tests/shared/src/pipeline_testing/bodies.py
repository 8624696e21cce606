"""Bodies of messages, derived from the example of the model, so that no test depends on its fields."""

from __future__ import annotations

import json
from typing import Any

from pipeline_contracts import PipelineMessage, parse_message
from pipeline_contracts.message import EXAMPLES

EXAMPLE = EXAMPLES[0]
"""A message with only the required fields."""

REQUIRED = tuple(name for name, field in PipelineMessage.model_fields.items() if field.is_required())
"""The fields that an empty object lacks."""


def body(**further: Any) -> str:
    """Write a valid body, with other values or additional fields."""
    return json.dumps({**EXAMPLE, **further}, ensure_ascii=False)


def body_with(further: str) -> str:
    """Write a valid body with additional members as JSON text, whose numbers are kept as written."""
    return f"{json.dumps(EXAMPLE)[:-1]}, {further}}}"


INVALID = "{}"
"""A body that lacks the required fields."""

TYPE = parse_message(body()).processing_type
"""The processing type of these bodies."""
