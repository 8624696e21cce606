"""Lambda entry point of the storer."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from pipeline_contracts import StorageRequest, StorageResponse, StorageStatus, answer, read_exchange

from storer.adapters import DynamoDBTable, dynamodb_client
from storer.logic import store
from storer.settings import CONCURRENT_WRITES, Settings

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

settings = Settings.from_environment()
logger = Logger()
metrics = Metrics()
metrics.set_default_dimensions(environment=settings.environment)
table = DynamoDBTable(dynamodb_client(), settings.table)
pool = ThreadPoolExecutor(CONCURRENT_WRITES)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001 -- Lambda's signature
    """Answer a `StorageRequest` with a `StorageResponse`."""
    request = read_exchange(StorageRequest, event)
    now = datetime.now(UTC)
    results = tuple(pool.map(lambda record: store(record, table, now), request.records))

    for record, result in zip(request.records, results, strict=True):
        if result.error:
            logger.warning(
                "record is not stored",
                execution_id=record.execution_id,
                message_id=record.message_id,
                status=result.status,
                code=result.error.code,
                reason=result.error.message,
            )
    counts = Counter(result.status for result in results)
    for status in StorageStatus:
        metrics.add_metric(f"Records{status.capitalize()}", MetricUnit.Count, counts[status])
    metrics.flush_metrics()
    return answer(StorageResponse(results=results), event)
