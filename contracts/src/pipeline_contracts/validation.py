"""The request to the validator, and its response."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import ConfigDict, Field, model_validator

from pipeline_contracts import examples
from pipeline_contracts.base import MAX_RECORDS, Contract, ExecutionId, JsonText
from pipeline_contracts.errors import FieldError
from pipeline_contracts.exchange import Exchange

MAX_ERRORS = 10
"""The most errors in one verdict: enough to correct a body, and the response stays small."""


class ValidationRecord(Contract):
    """One record to check."""

    execution_id: ExecutionId
    data: JsonText


class ValidationRequest(Exchange):
    """The request to the validator: the records of a chunk."""

    model_config = ConfigDict(json_schema_extra=examples.example(records=[examples.RECORD]))

    records: Annotated[
        tuple[ValidationRecord, ...],
        Field(strict=False, min_length=1, max_length=MAX_RECORDS, description="Each with its own `execution_id`."),
    ]


class ValidationResult(Contract):
    """The verdict on one record. An invalid record is rejected: it can never succeed."""

    execution_id: ExecutionId
    is_valid: Annotated[bool, Field(description="False if, and only if, there are errors.")]
    missing_fields: Annotated[
        tuple[str, ...], Field(strict=False, description="Names of the fields that the body lacks.")
    ] = ()
    errors: Annotated[
        tuple[FieldError, ...],
        Field(strict=False, max_length=MAX_ERRORS, description="The first errors of the body."),
    ] = ()

    @model_validator(mode="after")
    def _say_why(self) -> Self:
        if self.is_valid == bool(self.errors):
            raise ValueError("an invalid record has errors, and a valid one has none")
        return self


class ValidationResponse(Exchange):
    """The response of the validator: a verdict on each record of the request."""

    model_config = ConfigDict(
        json_schema_extra=examples.example(
            results=[
                {"execution_id": examples.EXECUTION_ID, "is_valid": True},
                {
                    "execution_id": examples.OTHER_ID,
                    "is_valid": False,
                    "missing_fields": ["columns"],
                    "errors": [{"field": "columns", "code": "missing_field", "message": "is missing"}],
                },
            ],
        )
    )

    results: Annotated[
        tuple[ValidationResult, ...],
        Field(strict=False, max_length=MAX_RECORDS, description="One for each record of the request, in any order."),
    ]
