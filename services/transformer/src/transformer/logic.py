"""Transforming a record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_contracts import ErrorCode, InvalidBodyError, RecordError, parse_message
from pipeline_contracts.base import ascii_bytes, timestamp
from pipeline_contracts.transformation import TransformationResult
from pydantic import ValidationError

from transformer.transformations import NotTransformableError, standard

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from pipeline_contracts.transformation import TransformationRecord

    from transformer.transformations import Transformation


def transform(
    record: TransformationRecord, transformations: Mapping[str, Transformation], now: datetime, max_bytes: int
) -> TransformationResult:
    """Apply the transformation of the record's processing type, the standard one if none is registered."""
    try:
        message = parse_message(record.data)
        apply = transformations.get(message.processing_type, standard)
        transformed = {
            **apply(message.content),
            "processed_at": timestamp(now),
            "execution_id": record.execution_id,
            "transformation_applied": apply.__name__,
        }
        result = TransformationResult(execution_id=record.execution_id, transformed_data=transformed)
    except (InvalidBodyError, NotTransformableError) as error:
        return _not_transformable(record, str(error))
    except ValidationError as error:
        detail = error.errors(include_input=False, include_url=False)[0]
        field = ".".join(str(part) for part in detail["loc"])
        return _not_transformable(record, f"{field}: {detail['msg']}")
    if (size := ascii_bytes(transformed)) > max_bytes:
        return _not_transformable(record, f"the transformed data has {size:,} bytes; {max_bytes:,} is the most")
    return result


def _not_transformable(record: TransformationRecord, why: str) -> TransformationResult:
    error = RecordError.of(ErrorCode.NOT_TRANSFORMABLE, why)
    return TransformationResult(execution_id=record.execution_id, error=error)
