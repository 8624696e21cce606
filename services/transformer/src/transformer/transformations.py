"""The transformation of each processing type: add yours here.

A transformation is a function that takes a message and returns what is stored as `transformed_data`: JSON values, at
most as many bytes as the orchestrator's stage `transform` declares (`output_bytes`, 4,096), and with the fields
`processed_at`, `execution_id` and `transformation_applied` added. For a message that can never be transformed it raises
`NotTransformableError`, and the message is rejected with that text. Any other exception fails the invoke.

It must not depend on anything but the message: a record may be transformed more than once.
"""

from __future__ import annotations

from collections.abc import Callable

from pipeline_contracts import PipelineMessage
from pydantic import JsonValue

Transformation = Callable[[PipelineMessage], dict[str, JsonValue]]


class NotTransformableError(ValueError):
    """A message that can never be transformed."""


def standard(message: PipelineMessage) -> dict[str, JsonValue]:
    """Convert the data source to upper case."""
    return {"data_source": message.data_source.upper(), "processing_type": message.processing_type}


def tabular(message: PipelineMessage) -> dict[str, JsonValue]:
    """Also count the columns."""
    columns = (message.model_extra or {}).get("columns")
    if not isinstance(columns, list):
        raise NotTransformableError("columns: must be a list")
    return {**standard(message), "column_count": len(columns)}


TRANSFORMATIONS: dict[str, Transformation] = {
    "standard": standard,
    "tabular": tabular,
}
