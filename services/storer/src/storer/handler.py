"""Lambda entry point of the storer."""

from __future__ import annotations

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from pipeline_contracts import answer, read_exchange, without_words
from pipeline_contracts.storage import StorageRequest, StorageResponse, StorageStatus

from storer.adapters import DynamoDBTable, dynamodb_client
from storer.chunk import store_chunk
from storer.settings import ANSWER_SECONDS, CONCURRENT_WRITES, Settings

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

settings = Settings.from_environment()
# Powertools' own serializer does not escape U+2028 and U+009B, which end a line or start a terminal command.
logger = Logger(json_serializer=partial(json.dumps, default=str, separators=(",", ":")))
metrics = Metrics()
metrics.set_default_dimensions(environment=settings.environment)
table = DynamoDBTable(dynamodb_client(), settings.table)
pool = ThreadPoolExecutor(CONCURRENT_WRITES)


@without_words
@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer a `StorageRequest` with a `StorageResponse`, before the function's own timeout."""
    request = read_exchange(StorageRequest, event)
    chunk = store_chunk(
        request.records,
        table,
        pool,
        now=datetime.now(UTC),
        with_text=settings.stores_body,
        seconds_left=lambda: context.get_remaining_time_in_millis() / 1_000 - ANSWER_SECONDS,
    )

    if chunk.refusals:
        logger.warning("items are written one at a time", reasons=chunk.refusals)
    for record, result in zip(request.records, chunk.results, strict=True):
        if result.error:
            logger.warning(
                "record is not stored",
                execution_id=record.execution_id,
                message_id=record.message_id,
                status=result.status,
                code=result.error.code,
                # The text of a rejection may quote the message.
                reason=result.error.message if result.status is StorageStatus.FAILED else None,
            )
    counts = Counter(result.status for result in chunk.results)
    for status in StorageStatus:
        metrics.add_metric(f"Records{status.capitalize()}", MetricUnit.Count, counts[status])
    metrics.flush_metrics()
    return answer(StorageResponse(results=chunk.results), event)
