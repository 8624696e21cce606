"""What the validator is asked, and what it answers."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from pipeline_contracts.base import MAX_RECORDS, Contract, ExecutionId, JsonText
from pipeline_contracts.errors import FieldError
from pipeline_contracts.exchange import Exchange

MAX_ERRORS = 10
"""Errors in one verdict: enough to mend a body, and a response stays small."""


class ValidationRecord(Contract):
    """One record to check."""

    execution_id: ExecutionId
    data: JsonText


class ValidationRequest(Exchange):
    """The records of a chunk."""

    records: Annotated[tuple[ValidationRecord, ...], Field(strict=False, min_length=1, max_length=MAX_RECORDS)]


class ValidationResult(Contract):
    """The verdict on one record. An invalid record is rejected: it can never succeed."""

    execution_id: ExecutionId
    is_valid: bool
    missing_fields: Annotated[tuple[str, ...], Field(strict=False)] = ()
    errors: Annotated[tuple[FieldError, ...], Field(strict=False, max_length=MAX_ERRORS)] = ()

    @model_validator(mode="after")
    def _say_why(self) -> Self:
        if self.is_valid == bool(self.errors):
            raise ValueError("an invalid record has errors, and a valid one has none")
        return self


class ValidationResponse(Exchange):
    """One result for each record of the request, in any order."""

    results: Annotated[tuple[ValidationResult, ...], Field(strict=False, max_length=MAX_RECORDS)]
