"""Lambda entry point of the storer."""

from __future__ import annotations

import json
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from pipeline_contracts import answer, read_exchange, without_words
from pipeline_contracts.storage import StorageRequest, StorageResponse, StorageStatus

from storer.adapters import DynamoDBTable, dynamodb_client
from storer.logic import out_of_time, store
from storer.settings import ANSWER_SECONDS, CONCURRENT_WRITES, Settings

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext
    from pipeline_contracts.storage import StorageRecord, StorageResult

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
    now = datetime.now(UTC)
    write = partial(store, table=table, now=now, with_text=settings.stores_body)
    writes = [pool.submit(write, record) for record in request.records]
    wait(writes, timeout=context.get_remaining_time_in_millis() / 1_000 - ANSWER_SECONDS)
    results = tuple(result_of(record, write) for record, write in zip(request.records, writes, strict=True))

    for record, result in zip(request.records, results, strict=True):
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
    counts = Counter(result.status for result in results)
    for status in StorageStatus:
        metrics.add_metric(f"Records{status.capitalize()}", MetricUnit.Count, counts[status])
    metrics.flush_metrics()
    return answer(StorageResponse(results=results), event)


def result_of(record: StorageRecord, write: Future[StorageResult]) -> StorageResult:
    """Return the result of a write. One that is still running may succeed later; the retry is a duplicate then."""
    if write.done():
        return write.result()
    write.cancel()
    return out_of_time(record)
