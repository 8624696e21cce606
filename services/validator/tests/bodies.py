"""The bodies of these tests, derived from the example of the message."""

from __future__ import annotations

import json
from typing import Any

from pipeline_contracts import PipelineMessage, parse_message
from pipeline_contracts.message import EXAMPLES

REQUIRED = tuple(name for name, field in PipelineMessage.model_fields.items() if field.is_required())
"""The fields that an empty object lacks."""


def body(**further: Any) -> str:
    """Write a valid body."""
    return json.dumps({**EXAMPLES[0], **further}, ensure_ascii=False)


def invalid_body(secret: str) -> str:
    """Write a body without its required fields."""
    return json.dumps({"note": secret})


TYPE = parse_message(body()).processing_type
"""The processing type of a body."""
