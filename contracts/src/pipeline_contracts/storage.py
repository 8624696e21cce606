"""The request to the storer, and its response."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Self

from pydantic import ConfigDict, Field, StringConstraints, model_validator

from pipeline_contracts import digest, examples
from pipeline_contracts.base import (
    MAX_RECORDS,
    Contract,
    Contributions,
    ExecutionId,
    JsonObject,
    JsonText,
    MessageId,
    Timestamp,
)
from pipeline_contracts.errors import ErrorCode, RecordError
from pipeline_contracts.exchange import Exchange


class StorageRecord(Contract):
    """One record to store."""

    execution_id: ExecutionId
    message_id: MessageId
    data: JsonText
    transformed_data: Annotated[JsonObject, Field(description="The output of the transformer, stored unchanged.")]
    contributions: Contributions
    attributes: Annotated[
        JsonObject,
        Field(
            description="Stored with the data of the message, such as its message attributes.",
            default_factory=dict,
            exclude_if=lambda attributes: not attributes,
        ),
    ]


class StorageRequest(Exchange):
    """The request to the storer: the transformed records of a chunk."""

    model_config = ConfigDict(
        json_schema_extra=examples.example(
            records=[
                {
                    "execution_id": examples.EXECUTION_ID,
                    "message_id": "c80e8021-a70a-42c7-a470-796e1186f753",
                    "data": examples.BODY,
                    "transformed_data": examples.TRANSFORMED,
                }
            ],
        )
    )

    records: Annotated[
        tuple[StorageRecord, ...],
        Field(strict=False, min_length=1, max_length=MAX_RECORDS, description="Each with its own `execution_id`."),
    ]


class StorageStatus(StrEnum):
    """The outcome of one record at the table.

    stored: its item was written now. duplicate: an item with the same data existed already, as good as stored.
    rejected: it can never be stored. failed: it may be stored later.
    """

    STORED = "stored"
    DUPLICATE = "duplicate"
    REJECTED = "rejected"
    FAILED = "failed"


class StorageResult(Contract):
    """The status of one record."""

    execution_id: ExecutionId
    status: Annotated[StorageStatus, Field(strict=False)]
    stored_at: Annotated[Timestamp | None, Field(description="When its item was written.")] = None
    error: Annotated[RecordError | None, Field(description="The reason if it was rejected or failed.")] = None
    stored_digest: Annotated[
        Annotated[str, StringConstraints(pattern=digest.PATTERN)] | None,
        Field(
            description="If the record was rejected because an item has its key: the digest of that item's data, by "
            "which the other records with this key are decided.",
            exclude_if=lambda digest: digest is None,
        ),
    ] = None

    @model_validator(mode="after")
    def _say_when_or_why(self) -> Self:
        in_table = self.status in (StorageStatus.STORED, StorageStatus.DUPLICATE)
        if in_table != (self.stored_at is not None) or in_table == (self.error is not None):
            raise ValueError("stored and duplicate have stored_at, rejected and failed have an error")
        if self.error is not None and self.error.retryable != (self.status is StorageStatus.FAILED):
            raise ValueError("failed has an error that is retryable, and rejected one that is not")
        if self.stored_digest is not None and (self.error is None or self.error.code != ErrorCode.IDEMPOTENCY_CONFLICT):
            raise ValueError("only an idempotency_conflict has a stored_digest")
        return self


class StorageResponse(Exchange):
    """The response of the storer: the status of each record at the table."""

    model_config = ConfigDict(
        json_schema_extra=examples.example(
            results=[
                {"execution_id": examples.EXECUTION_ID, "status": "stored", "stored_at": examples.NOON},
                {
                    "execution_id": examples.OTHER_ID,
                    "status": "failed",
                    "error": {"code": "throttled", "retryable": True, "message": "the table is throttled"},
                },
            ],
        )
    )

    results: Annotated[
        tuple[StorageResult, ...],
        Field(strict=False, max_length=MAX_RECORDS, description="One for each record of the request, in any order."),
    ]
