"""The three stages: what each service is asked about a chunk, and what its answer means."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from pipeline_contracts import (
    StorageRecord,
    StorageRequest,
    StorageResponse,
    StorageStatus,
    TransformationRecord,
    TransformationRequest,
    TransformationResponse,
    ValidationRecord,
    ValidationRequest,
    ValidationResponse,
    read_exchange,
)
from pipeline_contracts.errors import reason
from pipeline_contracts.model_errors import field_errors
from pydantic import ValidationError

from orchestrator import operations
from orchestrator.errors import BrokenContractError
from orchestrator.messages import Record, Rejection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pipeline_contracts import RecordError, StorageResult, TransformationResult, ValidationResult
    from pipeline_contracts.base import Contract

    Result = TypeVar("Result", ValidationResult, TransformationResult, StorageResult)


@dataclass(frozen=True)
class Unfinished:
    """A record that the service could not do now."""

    record: Record
    error: RecordError


Verdict = Record | Rejection | Unfinished
"""A record goes on, is rejected, or is to be asked about again."""


@dataclass(frozen=True)
class Stage:
    """One service in the chain."""

    name: str
    function_arn: str
    ask: Callable[[Sequence[Record]], Contract]
    """Write the request for some records."""
    read: Callable[[str, Sequence[Record]], list[Verdict]]
    """Read the response, JSON text, to the request for these records; raises BrokenContractError."""


def validation(function_arn: str) -> Stage:
    """Make the stage that asks the validator."""

    def ask(records: Sequence[Record]) -> ValidationRequest:
        return ValidationRequest(
            records=tuple(
                ValidationRecord(execution_id=record.execution_id, data=record.message.body) for record in records
            )
        )

    def read(text: str, records: Sequence[Record]) -> list[Verdict]:
        results = _parsed(ValidationResponse, text).results
        return [
            record
            if result.is_valid
            else replace(
                _rejection(record, operations.VALIDATE, result.errors[0].code, reason(result.errors)),
                field=result.errors[0].field,
            )
            for record, result in _matched(records, results)
        ]

    return Stage(operations.VALIDATE, function_arn, ask, read)


def transformation(function_arn: str) -> Stage:
    """Make the stage that asks the transformer."""

    def ask(records: Sequence[Record]) -> TransformationRequest:
        return TransformationRequest(
            records=tuple(
                TransformationRecord(execution_id=record.execution_id, data=record.message.body) for record in records
            )
        )

    def read(text: str, records: Sequence[Record]) -> list[Verdict]:
        results = _parsed(TransformationResponse, text).results
        return [
            _refused(record, operations.TRANSFORM, result.error)
            if result.error
            else replace(record, transformed=result.transformed_data)
            for record, result in _matched(records, results)
        ]

    return Stage(operations.TRANSFORM, function_arn, ask, read)


def storage(function_arn: str) -> Stage:
    """Make the stage that asks the storer."""

    def ask(records: Sequence[Record]) -> StorageRequest:
        return StorageRequest(records=tuple(_to_store(record) for record in records))

    def read(text: str, records: Sequence[Record]) -> list[Verdict]:
        results = _parsed(StorageResponse, text).results
        return [
            _refused(record, operations.STORE, result.error)
            if result.error
            else replace(record, stored_at=result.stored_at if result.status is StorageStatus.STORED else None)
            for record, result in _matched(records, results)
        ]

    return Stage(operations.STORE, function_arn, ask, read)


def _to_store(record: Record) -> StorageRecord:
    if record.transformed is None:
        raise ValueError(f"{record.execution_id} was not transformed")
    return StorageRecord(
        execution_id=record.execution_id,
        message_id=record.message.message_id,
        data=record.message.body,
        transformed_data=record.transformed,
    )


def _refused(record: Record, stage: str, error: RecordError) -> Rejection | Unfinished:
    if error.code.is_permanent:
        return _rejection(record, stage, error.code, error.message)
    return Unfinished(record, error)


def _rejection(record: Record, stage: str, code: str, why: str) -> Rejection:
    return Rejection(record.message, record.execution_id, stage, code, why)


Response = TypeVar("Response", ValidationResponse, TransformationResponse, StorageResponse)


def _parsed(model: type[Response], text: str) -> Response:
    try:
        return read_exchange(model, text)
    except ValidationError as error:
        first = field_errors(model, error)[0]  # its words may quote a message, and this is logged
        raise BrokenContractError(
            f"{model.__name__} has {error.error_count()} errors, the first: {first.field or 'all'}: {first.code}"
        ) from None


def _matched(records: Sequence[Record], results: Sequence[Result]) -> Iterator[tuple[Record, Result]]:
    by_id = {result.execution_id: result for result in results}
    asked = {record.execution_id for record in records}
    if len(by_id) < len(results) or by_id.keys() != asked:
        raise BrokenContractError(
            f"{len(asked)} records asked, {len(results)} results; "
            f"{len(asked - by_id.keys())} lacking, {len(by_id.keys() - asked)} invented"
        )
    return ((record, by_id[record.execution_id]) for record in records)
