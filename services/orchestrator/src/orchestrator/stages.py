"""The stages in order: the one place that declares them.

A stage of your own is one more entry, `contribution("enrich")`; `./nox -s new-stage -- enrich --after transform` writes
it, with the service. Everything else reads the stages from pipeline.json (`export`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline_contracts import BrokenContractError
from pipeline_contracts.errors import reason
from pipeline_contracts.storage import StorageRecord, StorageRequest, StorageResponse, StorageStatus
from pipeline_contracts.transformation import TransformationRecord, TransformationRequest, TransformationResponse
from pipeline_contracts.validation import ValidationRecord, ValidationRequest, ValidationResponse

from orchestrator.messages import Record, Rejection
from orchestrator.stage import Stage

if TYPE_CHECKING:
    from pipeline_contracts.storage import StorageResult
    from pipeline_contracts.transformation import TransformationResult
    from pipeline_contracts.validation import ValidationResult

    from orchestrator.stage import Verdict


def _to_validate(record: Record) -> ValidationRecord:
    return ValidationRecord(execution_id=record.execution_id, data=record.data)


def _validated(stage: Stage, record: Record, result: ValidationResult) -> Verdict:
    if result.is_valid:
        return record
    first = result.errors[0]
    return Rejection(record.message, record.execution_id, stage.name, first.code, reason(result.errors), first.field)


def _to_transform(record: Record) -> TransformationRecord:
    return TransformationRecord(execution_id=record.execution_id, data=record.data)


def _transformed(stage: Stage, record: Record, result: TransformationResult) -> Verdict:
    if result.error:
        return stage.refused(record, result.error)
    stage.check_size(result.transformed_data)
    return replace(record, transformed=result.transformed_data)


def _to_store(record: Record) -> StorageRecord:
    return StorageRecord(
        execution_id=record.execution_id,
        message_id=record.message.first_message_id,
        data=record.data,
        transformed_data=record.transformed or {},
        contributions=dict(record.contributions),
        attributes=dict(record.attributes),
    )


def _stored(stage: Stage, record: Record, result: StorageResult) -> Verdict:
    if result.error:
        if record.data_digest and result.stored_digest == record.data_digest:
            raise BrokenContractError("a record conflicts with an item that has the same data")
        refused = stage.refused(record, result.error)
        return replace(refused, stored_digest=result.stored_digest) if isinstance(refused, Rejection) else refused
    return replace(record, stored_at=result.stored_at if result.status is StorageStatus.STORED else None)


STAGES: tuple[Stage, ...] = (
    Stage(
        "validate",
        service="validator",
        variable="VALIDATION_FUNCTION_ARN",
        request=ValidationRequest,
        response=ValidationResponse,
        entry=_to_validate,
        verdict=_validated,
    ),
    Stage(
        "transform",
        service="transformer",
        variable="TRANSFORMATION_FUNCTION_ARN",
        request=TransformationRequest,
        response=TransformationResponse,
        entry=_to_transform,
        verdict=_transformed,
        output_bytes=4_096,
        usual_output_bytes=1_024,
    ),
    Stage(
        "store",
        service="storer",
        variable="STORAGE_FUNCTION_ARN",
        request=StorageRequest,
        response=StorageResponse,
        entry=_to_store,
        verdict=_stored,
    ),
)

STORE = STAGES[-1].name
