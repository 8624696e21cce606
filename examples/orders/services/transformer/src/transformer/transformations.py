"""The transformation of the processing types: all orders have the same."""

from __future__ import annotations

from collections.abc import Callable

from pipeline_contracts import PipelineMessage
from pydantic import JsonValue

Transformation = Callable[[PipelineMessage], dict[str, JsonValue]]

MAX_TOTAL = 1_000_000


class NotTransformableError(ValueError):
    """A message that its transformation can never transform."""


def standard(message: PipelineMessage) -> dict[str, JsonValue]:
    """Add up the lines; the total is text, so that it keeps its cents."""
    total = sum(line.quantity * line.price for line in message.lines)
    if total > MAX_TOTAL:
        raise NotTransformableError(f"lines: the total is above {MAX_TOTAL:,}")
    return {"order_id": message.order_id, "articles": len(message.lines), "total": f"{total:.2f}"}


TRANSFORMATIONS: dict[str, Transformation] = {
    "order": standard,
}
