"""Transforming a record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline_contracts import ErrorCode, InvalidBodyError, RecordError, parse_message
from pipeline_contracts.base import ascii_bytes, timestamp
from pipeline_contracts.errors import short
from pipeline_contracts.transformation import TransformationResult
from pydantic import ValidationError

from transformer.processing_types import UnknownType
from transformer.transformations import NotTransformableError, standard

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from pipeline_contracts import ParsedMessage
    from pipeline_contracts.transformation import TransformationRecord

    from transformer.transformations import Transformation

UNKNOWN_PROCESSING_TYPE = "unknown_processing_type"
"""The error code of a record that is rejected because of its processing type."""


@dataclass(frozen=True)
class Transformed:
    """A record's result."""

    result: TransformationResult
    unknown_type: UnknownType | None = None
    """Its processing type, if that is not registered."""


def transform(
    record: TransformationRecord,
    transformations: Mapping[str, Transformation],
    now: datetime,
    max_bytes: int,
    *,
    rejects_unknown_types: bool = False,
) -> Transformed:
    """Apply the transformation of the record's processing type, the standard one if none is registered."""
    try:
        message = parse_message(record.data)
    except InvalidBodyError as error:
        return Transformed(_refused(record, ErrorCode.NOT_TRANSFORMABLE, str(error)))
    apply = transformations.get(message.processing_type)
    if apply:
        return Transformed(_applied(record, message, apply, now, max_bytes))
    unknown = UnknownType.of(message.processing_type, transformations)
    if rejects_unknown_types:
        return Transformed(_refused(record, UNKNOWN_PROCESSING_TYPE, str(unknown)), unknown)
    return Transformed(_applied(record, message, standard, now, max_bytes), unknown)


def _applied(
    record: TransformationRecord, message: ParsedMessage, apply: Transformation, now: datetime, max_bytes: int
) -> TransformationResult:
    try:
        transformed = {
            **apply(message.content),
            "processed_at": timestamp(now),
            "execution_id": record.execution_id,
            "transformation_applied": apply.__name__,
        }
        result = TransformationResult(execution_id=record.execution_id, transformed_data=transformed)
    except NotTransformableError as error:
        return _refused(record, ErrorCode.NOT_TRANSFORMABLE, str(error))
    except ValidationError as error:
        detail = error.errors(include_input=False, include_url=False)[0]
        field = ".".join(str(part) for part in detail["loc"])
        return _refused(record, ErrorCode.NOT_TRANSFORMABLE, f"{field}: {detail['msg']}")
    if (size := ascii_bytes(transformed)) > max_bytes:
        words = f"the transformed data has {size:,} bytes; the maximum is {max_bytes:,}"
        return _refused(record, ErrorCode.NOT_TRANSFORMABLE, words)
    return result


def _refused(record: TransformationRecord, code: str, why: str) -> TransformationResult:
    error = RecordError(code=code, retryable=False, message=short(why))
    return TransformationResult(execution_id=record.execution_id, error=error)
