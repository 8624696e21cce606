"""Lambda entry point of the transformer."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics, single_metric
from aws_lambda_powertools.metrics import MetricUnit
from pipeline_contracts import answer, read_exchange, without_words
from pipeline_contracts.transformation import TransformationRequest, TransformationResponse

from transformer.logic import transform
from transformer.processing_types import by_nearest, most_frequent
from transformer.settings import Settings
from transformer.transformations import TRANSFORMATIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_lambda_powertools.utilities.typing import LambdaContext

    from transformer.processing_types import UnknownType

settings = Settings.from_environment()
# Powertools' own serializer does not escape U+2028 and U+009B, which end a line or start a terminal command.
logger = Logger(json_serializer=partial(json.dumps, default=str, separators=(",", ":")))
metrics = Metrics()
metrics.set_default_dimensions(environment=settings.environment)


@without_words
@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001 -- Lambda's signature
    """Answer a `TransformationRequest` with a `TransformationResponse`."""
    request = read_exchange(TransformationRequest, event)
    now = datetime.now(UTC)
    transformed = [
        transform(record, TRANSFORMATIONS, now, request.max_bytes, rejects_unknown_types=settings.rejects_unknown_types)
        for record in request.records
    ]
    results = tuple(each.result for each in transformed)

    for result in results:
        if result.error:
            logger.info("record is not transformable", execution_id=result.execution_id, code=result.error.code)
    refused = sum(result.error is not None for result in results)
    metrics.add_metric("RecordsTransformed", MetricUnit.Count, len(results) - refused)
    metrics.add_metric("RecordsNotTransformable", MetricUnit.Count, refused)
    metrics.flush_metrics()
    report_unknown([(each.unknown_type, each.result.execution_id) for each in transformed if each.unknown_type])
    return answer(TransformationResponse(results=results), event)


def report_unknown(unknown: Sequence[tuple[UnknownType, str]]) -> None:
    """Log the processing types that are not registered, each with the id of one of its records, and count these."""
    types, one_of = [each for each, _ in unknown], dict(unknown)
    for each, records in most_frequent(types):
        logger.warning(
            "processing type is not registered",
            processing_type=each.name,
            nearest=each.nearest,
            records=records,
            execution_id=one_of[each],
        )
    for nearest, records in by_nearest(types).items():
        dimensions = metrics.default_dimensions | {"nearest": nearest}
        with single_metric("RecordsOfUnknownType", MetricUnit.Count, records, default_dimensions=dimensions):
            pass
