"""Storing a record exactly once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from pipeline_contracts import (
    ErrorCode,
    InvalidBodyError,
    PipelineMessage,
    RecordError,
    StorageResult,
    StorageStatus,
    parse_body,
    same_json,
)
from pipeline_contracts.base import timestamp

if TYPE_CHECKING:
    from datetime import datetime

    from pipeline_contracts import StorageRecord

Item = dict[str, Any]


class Table(Protocol):
    """Where items are kept, by `execution_id`."""

    def put_new(self, item: Item) -> Item | None:
        """Write an item unless its key is taken; then return the one that is there.

        Raises:
            RefusedError: The table did not take the item.
        """


class RefusedError(Exception):
    """The table did not take an item."""

    def __init__(self, code: ErrorCode, message: str) -> None:
        super().__init__(message)
        self.code = code


def store(record: StorageRecord, table: Table, now: datetime) -> StorageResult:
    """Write one record, unless it is there already.

    Delivery is at least once, so a record that is there with the same data is as good as stored. Other data
    under the same key is a producer's mistake, which would be silently lost if it counted as stored.
    """
    try:
        item = item_of(record, now)
        present = table.put_new(item)
    except InvalidBodyError as error:
        return _not_stored(record, ErrorCode.NOT_STORABLE, str(error))
    except RefusedError as error:
        return _not_stored(record, error.code, str(error))
    if present is None:
        return _in_table(record, StorageStatus.STORED, item["stored_at"])
    if not same_json(present.get("original_data"), item["original_data"]):
        message = "another message with this idempotency_key and other data was stored before"
        return _not_stored(record, ErrorCode.IDEMPOTENCY_CONFLICT, message)
    return _in_table(record, StorageStatus.DUPLICATE, present["stored_at"])


def item_of(record: StorageRecord, now: datetime) -> Item:
    """Lay out the item.

    DynamoDB takes no float. Both documents are read from JSON text, so that every number is an int or a
    Decimal, with the digits that were sent.

    Raises:
        InvalidBodyError: A document is not a message, or has what a table cannot store.
    """
    message = PipelineMessage.from_body(record.data)
    item = {
        "execution_id": record.execution_id,
        "message_id": record.message_id,
        "original_data": message.model_dump(exclude_unset=True),
        "transformed_data": parse_body(record.transformed_data.model_dump_json()),
        "data_source": message.data_source,
        "processing_type": message.processing_type,
        "stored_at": timestamp(now),
    }
    if message.metadata is not None:
        item["metadata"] = message.metadata
    return item


def _in_table(record: StorageRecord, status: StorageStatus, stored_at: str) -> StorageResult:
    return StorageResult(execution_id=record.execution_id, status=status, stored_at=stored_at)


def _not_stored(record: StorageRecord, code: ErrorCode, message: str) -> StorageResult:
    return StorageResult(
        execution_id=record.execution_id,
        status=StorageStatus.REJECTED if code.is_permanent else StorageStatus.FAILED,
        error=RecordError(code=code, message=message[:1024]),
    )
