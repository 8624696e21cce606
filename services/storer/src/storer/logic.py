"""Storing a record exactly once: the item to write, and the meaning of the table's responses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from pipeline_contracts import ErrorCode, InvalidBodyError, RecordError
from pipeline_contracts.digest import comparable
from pipeline_contracts.digest import digest as digest_of
from pipeline_contracts.storage import StorageResult, StorageStatus
from pydantic import ValidationError

from storer.item import MAX_ITEM_BYTES, SURELY_TOO_LARGE_BYTES, item_bytes, item_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from pipeline_contracts.storage import StorageRecord

    from storer.item import Item


@dataclass(frozen=True)
class Receipt:
    """When an item was stored, and with which data. An item that the storer did not write may have any values."""

    stored_at: Any
    data_digest: Any
    """`ParsedMessage.data_digest`; items of storer 1.0 have none."""


NO_DATA = digest_of({})
"""Stands for the data of an item that the storer did not write: no message with an idempotency key has this digest."""


class Table(Protocol):
    """The table, by `execution_id`. Each method may raise `RefusedError`; reading raises it if there is no item."""

    def insert(self, items: Sequence[Item]) -> Sequence[str | None]:
        """Write items in one request, each unless its key exists; None for each that is written now.

        For any other, the code of an error, which does not tell whether the table has the item. It raises nothing.
        """

    def put_new(self, item: Item, size: int) -> bool:
        """Write an item of this size in bytes unless its key exists; False if it does."""

    def receipt(self, execution_id: str) -> Receipt:
        """Read the receipt of an item."""

    def digest_whole(self, execution_id: str) -> str | None:
        """Read and digest the whole data of an item; None if it is not that of a message."""


class RefusedError(Exception):
    """The table refused a call."""

    def __init__(self, code: ErrorCode, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Write:
    """A record whose item is to be written; its size is in bytes."""

    record: StorageRecord
    item: Item
    size: int


def prepare(record: StorageRecord, now: datetime, *, with_text: bool = False) -> Write | StorageResult:
    """Lay out the item of a record, or reject a record that no table can store."""
    try:
        item = item_of(record, now, with_text=with_text)
    except InvalidBodyError as error:
        return _not_stored(record, ErrorCode.NOT_STORABLE, str(error))
    if (size := item_bytes(item)) > SURELY_TOO_LARGE_BYTES:
        reason = f"the item has {size:,} bytes; the maximum is {MAX_ITEM_BYTES:,}"
        return _not_stored(record, ErrorCode.NOT_STORABLE, reason)
    return Write(record, item, size)


def put(write: Write, table: Table) -> StorageResult:
    """Write one item, unless its record is already stored.

    Delivery is at least once, so an item with the same data counts as stored. Other data under the same key is a
    producer's mistake, which would be lost silently if it counted as stored.
    """
    try:
        if table.put_new(write.item, write.size):
            return stored(write)
        return _compared(write.record, write.item, table)
    except RefusedError as error:
        return _not_stored(write.record, error.code, str(error))


def stored(write: Write) -> StorageResult:
    """Return the result of a record whose item is written now."""
    return _in_table(write.record, StorageStatus.STORED, write.item["stored_at"])


def _compared(record: StorageRecord, item: Item, table: Table) -> StorageResult:
    """Tell a duplicate from a conflict by the receipt of the stored item."""
    present = table.receipt(record.execution_id)
    digest = present.data_digest
    if not comparable(digest, item["data_digest"]):
        digest = table.digest_whole(record.execution_id)
    try:
        duplicate = _in_table(record, StorageStatus.DUPLICATE, present.stored_at)
    except ValidationError:
        digest = None  # the storer did not write this timestamp, so the item is not ours
    else:
        if digest == item["data_digest"]:
            return duplicate
    message = "another message with this idempotency_key and other data was stored before"
    return StorageResult(
        execution_id=record.execution_id,
        status=StorageStatus.REJECTED,
        error=RecordError.of(ErrorCode.IDEMPOTENCY_CONFLICT, message),
        stored_digest=digest or NO_DATA,
    )


def out_of_time(record: StorageRecord) -> StorageResult:
    """Return the result of a record that was not written before the invocation had to answer."""
    return _not_stored(record, ErrorCode.UNAVAILABLE, "the write had not finished when the invocation had to respond")


def _in_table(record: StorageRecord, status: StorageStatus, stored_at: str) -> StorageResult:
    return StorageResult(execution_id=record.execution_id, status=status, stored_at=stored_at)


def _not_stored(record: StorageRecord, code: ErrorCode, message: str) -> StorageResult:
    return StorageResult(
        execution_id=record.execution_id,
        status=StorageStatus.FAILED if code.retryable else StorageStatus.REJECTED,
        error=RecordError.of(code, message),
    )
