"""The request to the transformer, and its response."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import ConfigDict, Field, model_validator

from pipeline_contracts import examples
from pipeline_contracts.base import MAX_RECORDS, Contract, ExecutionId, JsonObject, JsonText, MaxBytes
from pipeline_contracts.errors import RecordError
from pipeline_contracts.exchange import Exchange


class TransformationRecord(Contract):
    """One record to transform."""

    execution_id: ExecutionId
    data: JsonText


class TransformationRequest(Exchange):
    """The request to the transformer: the valid records of a chunk."""

    model_config = ConfigDict(json_schema_extra=examples.example(records=[examples.RECORD], max_bytes=4_096))

    records: Annotated[
        tuple[TransformationRecord, ...],
        Field(strict=False, min_length=1, max_length=MAX_RECORDS, description="Each with its own `execution_id`."),
    ]
    max_bytes: MaxBytes


class TransformationResult(Contract):
    """The transformed data of one record, or an error."""

    execution_id: ExecutionId
    transformed_data: Annotated[
        JsonObject | None, Field(description="Stored unchanged beside the original. Null if there is an error.")
    ] = None
    error: Annotated[RecordError | None, Field(description="The reason if there is no transformed data.")] = None

    @model_validator(mode="after")
    def _either_or(self) -> Self:
        if (self.transformed_data is None) == (self.error is None):
            raise ValueError("a result has either transformed_data or an error")
        return self


class TransformationResponse(Exchange):
    """The response of the transformer: the transformed data of each record, or an error."""

    model_config = ConfigDict(
        json_schema_extra=examples.example(
            results=[
                {"execution_id": examples.EXECUTION_ID, "transformed_data": examples.TRANSFORMED},
                {
                    "execution_id": examples.OTHER_ID,
                    "error": {
                        "code": "not_transformable",
                        "retryable": False,
                        "message": "the columns do not add up",
                    },
                },
            ],
        )
    )

    results: Annotated[
        tuple[TransformationResult, ...],
        Field(strict=False, max_length=MAX_RECORDS, description="One for each record of the request, in any order."),
    ]
