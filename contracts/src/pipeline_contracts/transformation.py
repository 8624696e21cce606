"""What the transformer is asked, and what it answers."""

from __future__ import annotations

import json
from typing import Annotated, Self

from pydantic import ConfigDict, Field, JsonValue, field_validator, model_validator

from pipeline_contracts import examples
from pipeline_contracts.base import MAX_RECORDS, Contract, ExecutionId, JsonText, Timestamp
from pipeline_contracts.errors import RecordError
from pipeline_contracts.exchange import Exchange

MAX_DERIVED_BYTES = 4_096
"""UTF-8 bytes of `derived` as JSON: with a bound, a chunk's response can be kept below 1 MiB beforehand."""


class TransformationRecord(Contract):
    """One record to transform."""

    execution_id: ExecutionId
    data: JsonText


class TransformationRequest(Exchange):
    """What the orchestrator asks the transformer about: the valid records of a chunk."""

    model_config = ConfigDict(json_schema_extra=examples.example(records=[examples.RECORD]))

    records: Annotated[
        tuple[TransformationRecord, ...],
        Field(strict=False, min_length=1, max_length=MAX_RECORDS, description="Each with its own `execution_id`."),
    ]


class TransformedData(Contract):
    """What became of a record. The original is not repeated: it is stored beside it."""

    data_source: Annotated[str, Field(description="The message's data source in upper case.")]
    processing_type: Annotated[str, Field(description="That of the message.")]
    processed_at: Timestamp
    execution_id: ExecutionId
    transformation_applied: Annotated[str, Field(max_length=128, description="Name of the transformation.")]
    derived: Annotated[
        dict[str, JsonValue],
        Field(
            description="What the transformation of this processing type adds; absent if nothing.",
            default_factory=dict,
            exclude_if=lambda derived: not derived,
        ),
    ]

    @field_validator("derived")
    @classmethod
    def _stay_small(cls, derived: dict[str, JsonValue]) -> dict[str, JsonValue]:
        size = len(json.dumps(derived, allow_nan=False, ensure_ascii=False).encode())
        if size > MAX_DERIVED_BYTES:
            raise ValueError(f"must be at most {MAX_DERIVED_BYTES} bytes of JSON, not {size}")
        return derived


class TransformationResult(Contract):
    """One record's transformed data, or the reason why there is none."""

    execution_id: ExecutionId
    transformed_data: Annotated[TransformedData | None, Field(description="Null if there is an error.")] = None
    error: Annotated[RecordError | None, Field(description="Why there is no transformed data.")] = None

    @model_validator(mode="after")
    def _either_or(self) -> Self:
        if (self.transformed_data is None) == (self.error is None):
            raise ValueError("a result has either transformed_data or an error")
        if self.transformed_data is not None and self.transformed_data.execution_id != self.execution_id:
            raise ValueError("transformed_data has the execution_id of another record")
        return self


class TransformationResponse(Exchange):
    """What the transformer answers: the transformed data of each record, or why there is none."""

    model_config = ConfigDict(
        json_schema_extra=examples.example(
            results=[
                {"execution_id": examples.EXECUTION_ID, "transformed_data": examples.TRANSFORMED},
                {
                    "execution_id": examples.OTHER_ID,
                    "error": {"code": "not_transformable", "message": "the columns do not add up"},
                },
            ],
        )
    )

    results: Annotated[
        tuple[TransformationResult, ...],
        Field(strict=False, max_length=MAX_RECORDS, description="One for each record of the request, in any order."),
    ]
