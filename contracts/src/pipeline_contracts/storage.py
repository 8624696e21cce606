"""What the storer is asked, and what it answers."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from pipeline_contracts.base import MAX_RECORDS, Contract, ExecutionId, JsonText, Timestamp
from pipeline_contracts.errors import RecordError
from pipeline_contracts.exchange import Exchange
from pipeline_contracts.transformation import TransformedData


class StorageRecord(Contract):
    """One record to store."""

    execution_id: ExecutionId
    message_id: Annotated[str, Field(min_length=1, max_length=128)]
    data: JsonText
    transformed_data: TransformedData


class StorageRequest(Exchange):
    """The records of a chunk."""

    records: Annotated[tuple[StorageRecord, ...], Field(strict=False, min_length=1, max_length=MAX_RECORDS)]


class StorageStatus(StrEnum):
    """What became of one record at the table."""

    STORED = "stored"
    """Its item was written now."""
    DUPLICATE = "duplicate"
    """Its item was there already, with the same data: as good as stored."""
    REJECTED = "rejected"
    """It can never be stored."""
    FAILED = "failed"
    """It may be stored later."""


class StorageResult(Contract):
    """One record's status."""

    execution_id: ExecutionId
    status: Annotated[StorageStatus, Field(strict=False)]
    stored_at: Timestamp | None = None
    error: RecordError | None = None

    @model_validator(mode="after")
    def _say_when_or_why(self) -> Self:
        in_table = self.status in (StorageStatus.STORED, StorageStatus.DUPLICATE)
        if in_table != (self.stored_at is not None) or in_table == (self.error is not None):
            raise ValueError("stored and duplicate have stored_at, rejected and failed have an error")
        if self.error is not None and self.error.code.is_permanent != (self.status is StorageStatus.REJECTED):
            raise ValueError(f"{self.error.code} does not go with the status {self.status}")
        return self


class StorageResponse(Exchange):
    """One result for each record of the request, in any order."""

    results: Annotated[tuple[StorageResult, ...], Field(strict=False, max_length=MAX_RECORDS)]
