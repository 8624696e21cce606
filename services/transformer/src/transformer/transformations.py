"""The transformation of each processing type: add yours here.

A transformation is a function that takes a message and returns what it derives from it: JSON values, at most
4,096 bytes of them (`MAX_DERIVED_BYTES`). For a message that it can never transform it raises
`NotTransformableError`, and the message is rejected with those words. Any other exception fails the invoke.

It must not depend on anything but the message: a record may be transformed more than once.
"""

from __future__ import annotations

from collections.abc import Callable

from pipeline_contracts import PipelineMessage
from pydantic import JsonValue

Transformation = Callable[[PipelineMessage], dict[str, JsonValue]]


class NotTransformableError(ValueError):
    """A message that its transformation can never transform."""


def standard(_message: PipelineMessage) -> dict[str, JsonValue]:
    """Derive nothing: the transformed data is what every record gets."""
    return {}


def tabular(message: PipelineMessage) -> dict[str, JsonValue]:
    """Count the columns."""
    columns = message.further_fields.get("columns")
    if not isinstance(columns, list):
        raise NotTransformableError("columns: must be a list")
    return {"column_count": len(columns)}


TRANSFORMATIONS: dict[str, Transformation] = {
    "standard": standard,
    "tabular": tabular,
}
