"""Lambda entry point of the transformer."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from pipeline_contracts import answer, read_exchange, without_words
from pipeline_contracts.transformation import TransformationRequest, TransformationResponse

from transformer.logic import transform
from transformer.transformations import TRANSFORMATIONS

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

# Powertools' own serializer does not escape U+2028 and U+009B, which end a line or start a terminal command.
logger = Logger(json_serializer=partial(json.dumps, default=str, separators=(",", ":")))
metrics = Metrics()
metrics.set_default_dimensions(environment=os.environ["ENVIRONMENT"])


@without_words
@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001 -- Lambda's signature
    """Answer a `TransformationRequest` with a `TransformationResponse`."""
    request = read_exchange(TransformationRequest, event)
    now = datetime.now(UTC)
    results = tuple(transform(record, TRANSFORMATIONS, now, request.max_bytes) for record in request.records)

    for result in results:
        if result.error:
            logger.info("record is not transformable", execution_id=result.execution_id, code=result.error.code)
    transformed = sum(result.error is None for result in results)
    metrics.add_metric("RecordsTransformed", MetricUnit.Count, transformed)
    metrics.add_metric("RecordsNotTransformable", MetricUnit.Count, len(results) - transformed)
    metrics.flush_metrics()
    return answer(TransformationResponse(results=results), event)
