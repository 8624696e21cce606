"""The rules of each processing type: add yours here.

A rule is a function that takes a message and yields its errors. A message whose processing type is
not registered has to satisfy only the standard rules: those of `PipelineMessage` itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pipeline_contracts import FieldError, PipelineMessage

Rule = Callable[[PipelineMessage], Iterator[FieldError]]


def has_columns(message: PipelineMessage) -> Iterator[FieldError]:
    """`columns` is a non-empty list of distinct strings."""
    columns = (message.model_extra or {}).get("columns")
    if columns is None:
        yield FieldError(field="columns", code="missing_field", message="is missing")
    elif not isinstance(columns, list) or not all(isinstance(column, str) for column in columns):
        yield FieldError(field="columns", code="wrong_type", message="must be a list of strings")
    elif not columns:
        yield FieldError(field="columns", code="blank_field", message="must not be empty")
    elif len(set(columns)) < len(columns):
        yield FieldError(field="columns", code="repeated_column", message="must not name a column twice")


RULES: dict[str, tuple[Rule, ...]] = {
    "tabular": (has_columns,),
}
