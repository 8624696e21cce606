"""What the transformer is asked, and what it answers."""

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
    """What the orchestrator asks the transformer about: the valid records of a chunk."""

    model_config = ConfigDict(json_schema_extra=examples.example(records=[examples.RECORD], max_bytes=4_096))

    records: Annotated[
        tuple[TransformationRecord, ...],
        Field(strict=False, min_length=1, max_length=MAX_RECORDS, description="Each with its own `execution_id`."),
    ]
    max_bytes: MaxBytes


class TransformationResult(Contract):
    """One record's transformed data, or the reason why there is none."""

    execution_id: ExecutionId
    transformed_data: Annotated[
        JsonObject | None, Field(description="Stored beside the original, as it is. Null if there is an error.")
    ] = None
    error: Annotated[RecordError | None, Field(description="Why there is no transformed data.")] = None

    @model_validator(mode="after")
    def _either_or(self) -> Self:
        if (self.transformed_data is None) == (self.error is None):
            raise ValueError("a result has either transformed_data or an error")
        return self


class TransformationResponse(Exchange):
    """What the transformer answers: the transformed data of each record, or why there is none."""

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
