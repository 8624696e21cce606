"""Examples for the published schemas: a record that succeeds, and another that does not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pipeline_contracts.exchange import MAJOR
from pipeline_contracts.message import EXAMPLES

if TYPE_CHECKING:
    from pydantic.config import JsonDict

EXECUTION_ID, OTHER_ID = "dev-key-order-4711", "dev-esm-059f36b4-87a3-44ab-83d2-661975830a7d"
BODY = json.dumps({**EXAMPLES[0], "idempotency_key": "order-4711"})
NOON = "2026-01-31T12:00:00.000000Z"
RECORD = {"execution_id": EXECUTION_ID, "data": BODY}
TRANSFORMED = {"processed_at": NOON, "execution_id": EXECUTION_ID, "transformation_applied": "standard"}


def example(**members: Any) -> JsonDict:
    """Make the example for the schema of an exchange."""
    return {"examples": [{"contract_version": f"{MAJOR}.0", **members}]}
