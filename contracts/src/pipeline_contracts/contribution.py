"""The request to a stage of your own, and its response: objects that are stored with the records."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import ConfigDict, Field, model_validator

from pipeline_contracts import examples
from pipeline_contracts.base import (
    MAX_RECORDS,
    Contract,
    Contributions,
    ExecutionId,
    JsonObject,
    JsonText,
    MaxBytes,
)
from pipeline_contracts.errors import RecordError
from pipeline_contracts.exchange import Exchange


class ContributionRecord(Contract):
    """One record to contribute to."""

    execution_id: ExecutionId
    data: JsonText
    transformed_data: Annotated[
        JsonObject | None, Field(description="The output of the transformer; null before the transformer.")
    ] = None
    contributions: Contributions


class ContributionRequest(Exchange):
    """The request to a stage of your own: the records of a chunk."""

    model_config = ConfigDict(
        json_schema_extra=examples.example(
            records=[{**examples.RECORD, "transformed_data": examples.TRANSFORMED}], max_bytes=4_096
        )
    )

    records: Annotated[
        tuple[ContributionRecord, ...],
        Field(strict=False, min_length=1, max_length=MAX_RECORDS, description="Each with its own `execution_id`."),
    ]
    max_bytes: MaxBytes


class ContributionResult(Contract):
    """The contribution to one record, or an error."""

    execution_id: ExecutionId
    contribution: Annotated[JsonObject | None, Field(description="Null if there is an error.")] = None
    error: Annotated[RecordError | None, Field(description="The reason if there is no contribution.")] = None

    @model_validator(mode="after")
    def _either_or(self) -> Self:
        if (self.contribution is None) == (self.error is None):
            raise ValueError("a result has either a contribution or an error")
        return self


class ContributionResponse(Exchange):
    """The response of a stage of your own: its contribution to each record, or an error."""

    model_config = ConfigDict(
        json_schema_extra=examples.example(
            results=[
                {"execution_id": examples.EXECUTION_ID, "contribution": {"region": "eu", "score": 0.5}},
                {
                    "execution_id": examples.OTHER_ID,
                    "error": {"code": "lookup_failed", "retryable": True, "message": "the register did not answer"},
                },
            ],
        )
    )

    results: Annotated[
        tuple[ContributionResult, ...],
        Field(strict=False, max_length=MAX_RECORDS, description="One for each record of the request, in any order."),
    ]
