"""The errors of a model as field errors: the path of each field, and pydantic's message."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from pipeline_contracts.body import quoted
from pipeline_contracts.errors import ErrorCode, FieldError

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError
    from pydantic_core import ErrorDetails

MAX_LISTED = 1_000
"""The most errors of a body that are described. Half a million invalid entries would take hundreds of megabytes."""

NOT_BLANK = r"\S"
"""Pattern of a string that is not blank. pydantic's message would only quote the pattern, so ours replaces it."""

METADATA_IS_RESERVED = "; this key is reserved for an object of strings that describes the message"

INVALID_FIELD, TOO_MANY_ERRORS = "invalid_field", "too_many_errors"

_CODE = re.compile(r"[a-z][a-z0-9_]{0,63}")


def field_errors(model: type[BaseModel], error: ValidationError) -> list[FieldError]:
    """Describe the errors of a body. The paths have only names that the model declares, so they may be logged."""
    if error.error_count() > MAX_LISTED:
        words = f"the body has {error.error_count():,} errors, too many to list"
        return [FieldError(field="", code=TOO_MANY_ERRORS, message=words)]
    declared = _declared_names(model)
    return [_field_error(detail, declared) for detail in error.errors(include_url=False, include_input=False)]


def _field_error(detail: ErrorDetails, declared: frozenset[str]) -> FieldError:
    path = [str(part) if isinstance(part, int) or part in declared else "*" for part in detail["loc"]]
    message = "must not be blank" if _is_blank(detail) else detail["msg"] or "is not valid"
    if "*" in path:  # a key of the producer: only the message names it, which is not logged
        shown = (known if known != "*" else quoted(str(part)) for known, part in zip(path, detail["loc"], strict=True))
        message = f"{'.'.join(shown)}: {message}"
    if path[:1] == ["metadata"]:
        message += METADATA_IS_RESERVED
    return FieldError(field=".".join(path)[:128], code=_code(detail), message=message[:256])


def _code(detail: ErrorDetails) -> str:
    kind = detail["type"]
    if kind == "missing":
        return ErrorCode.MISSING_FIELD
    if _is_blank(detail):
        return ErrorCode.BLANK_FIELD
    if kind.endswith("too_long"):
        return ErrorCode.TOO_LONG
    if kind.endswith("_type"):
        return ErrorCode.WRONG_TYPE
    # A validator may raise a PydanticCustomError with any type.
    return kind if _CODE.fullmatch(kind) else INVALID_FIELD


def _is_blank(detail: ErrorDetails) -> bool:
    limits = detail.get("ctx", {})
    return (detail["type"], limits.get("pattern")) == ("string_pattern_mismatch", NOT_BLANK) or (
        detail["type"] == "string_too_short" and limits.get("min_length") == 1
    )


@cache
def _declared_names(model: type[BaseModel]) -> frozenset[str]:
    """Give the names of all fields of a model and of the models in it."""
    names: set[str] = set()
    found: list[Any] = [model.model_json_schema()]
    while found:
        schema = found.pop()
        if isinstance(schema, list):
            found += schema
        elif isinstance(schema, dict):
            names.update(schema.get("properties", ()), schema.get("$defs", ()))
            found += schema.values()
    return frozenset(names)
