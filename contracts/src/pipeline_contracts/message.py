"""The body of an SQS message: the one model to change for a message of your own."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field, StringConstraints

from pipeline_contracts.json_message import JsonMessage
from pipeline_contracts.model_errors import NOT_BLANK

NonBlank = Annotated[str, StringConstraints(pattern=NOT_BLANK)]


class PipelineMessage(JsonMessage):
    """What a producer sends: two fields that steer the processing, and whatever else it likes.

    Further keys are the producer's data and pass through untouched. What no table could store is refused: more than 32
    levels of nesting, numbers of more than 38 digits or beyond 9.99E+125, keys that occur twice, lone surrogates.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"data_source": "test.csv", "processing_type": "standard"},
                {
                    "data_source": "orders.csv",
                    "processing_type": "tabular",
                    "idempotency_key": "order-4711",
                    "metadata": {"tenant": "acme", "trace": "c80e8021"},
                    "columns": ["id", "amount"],
                },
            ]
        },
    )

    data_source: Annotated[NonBlank, Field(description="Where the data comes from, such as a file name.")]
    processing_type: Annotated[NonBlank, Field(description="Selects the validation rules and the transformation.")]
