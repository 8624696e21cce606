"""Records to store, and the resulting items."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from bodies import transformed
from pipeline_contracts.storage import StorageRecord, StorageResult
from storer.adapters import ExactDeserializer
from storer.logic import prepare, put

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from storer.logic import Table

TABLE = "processed"
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
LATER = datetime(2026, 1, 31, 13, tzinfo=UTC)


def record_of(data: str, execution_id: str = "test-esm-1", **further: Any) -> StorageRecord:
    return StorageRecord(
        execution_id=execution_id, message_id="1", data=data, transformed_data=transformed(execution_id, **further)
    )


def store(record: StorageRecord, table: Table, now: datetime, *, with_text: bool = False) -> StorageResult:
    """Store one record, as a chunk with one record does."""
    prepared = prepare(record, now, with_text=with_text)
    return prepared if isinstance(prepared, StorageResult) else put(prepared, table)


def item_in(dynamodb: DynamoDBClient, execution_id: str = "test-esm-1") -> dict[str, Any]:
    item = dynamodb.get_item(TableName=TABLE, Key={"execution_id": {"S": execution_id}}, ConsistentRead=True).get(
        "Item", {}
    )
    return {name: ExactDeserializer().deserialize(value) for name, value in item.items()}
