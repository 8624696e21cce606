"""What becomes of a record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_contracts import (
    ErrorCode,
    InvalidBodyError,
    PipelineMessage,
    RecordError,
    TransformationResult,
    TransformedData,
)
from pipeline_contracts.base import timestamp
from pydantic import ValidationError

from transformer.transformations import NotTransformableError, standard

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from pipeline_contracts import TransformationRecord

    from transformer.transformations import Transformation


def transform(
    record: TransformationRecord, transformations: Mapping[str, Transformation], now: datetime
) -> TransformationResult:
    """Apply the transformation of the record's processing type, the standard one if none is registered."""
    try:
        message = PipelineMessage.from_body(record.data)
        apply = transformations.get(message.processing_type, standard)
        transformed = TransformedData(
            data_source=message.data_source.upper(),
            processing_type=message.processing_type,
            processed_at=timestamp(now),
            execution_id=record.execution_id,
            transformation_applied=apply.__name__,
            derived=apply(message),
        )
    except (InvalidBodyError, NotTransformableError) as error:
        return _not_transformable(record, str(error))
    except ValidationError as error:
        detail = error.errors(include_input=False, include_url=False)[0]
        field = ".".join(str(part) for part in detail["loc"])
        return _not_transformable(record, f"{field}: {detail['msg']}")
    return TransformationResult(execution_id=record.execution_id, transformed_data=transformed)


def _not_transformable(record: TransformationRecord, message: str) -> TransformationResult:
    error = RecordError(code=ErrorCode.NOT_TRANSFORMABLE, message=message[:1024] or "no reason was given")
    return TransformationResult(execution_id=record.execution_id, error=error)
