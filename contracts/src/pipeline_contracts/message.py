"""The body of an SQS message: the one file to change for a message of your own.

Any pydantic model will do. The functions below it say what the pipeline needs to know about it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import ConfigDict, Field, JsonValue, StringConstraints

from pipeline_contracts.message_base import MessageBase
from pipeline_contracts.model_errors import NOT_BLANK

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline_contracts.s3_object import S3Object

NonBlank = Annotated[str, StringConstraints(pattern=NOT_BLANK)]


EXAMPLES: list[dict[str, JsonValue]] = [
    {"data_source": "test.csv", "processing_type": "standard"},
    {
        "data_source": "orders.csv",
        "processing_type": "tabular",
        "idempotency_key": "order-4711",
        "metadata": {"tenant": "acme", "trace": "c80e8021"},
        "columns": ["id", "amount"],
    },
]
"""For the schema, and for the tests: the first has nothing but what is required."""


class PipelineMessage(MessageBase):
    """What a producer sends: two fields that steer the processing, and any others.

    Other fields are the producer's data and are kept as they are. What no table can store is rejected: more than 32
    levels of nesting, numbers of more than 38 digits or beyond 9.99E+125, duplicate keys, lone surrogates.
    """

    model_config = ConfigDict(json_schema_extra={"examples": list(EXAMPLES)})

    data_source: Annotated[NonBlank, Field(description="Where the data comes from, such as a file name.")]
    processing_type: Annotated[NonBlank, Field(description="Selects the validation rules and the transformation.")]


def processing_type_of(message: PipelineMessage) -> str:
    """Select the validator's rules and the transformer's transformation; a constant if there is only one kind."""
    return message.processing_type


def item_attributes_of(message: PipelineMessage) -> Mapping[str, str]:
    """Give what the item has as attributes beside the whole message, for indexes and filters."""
    return {"data_source": message.data_source, "processing_type": message.processing_type}


OBJECT_TYPES: tuple[tuple[str, str, str], ...] = (("", "", "standard"),)
"""Processing types of objects in S3, each with the prefix and the suffix of the keys that have it. The first counts."""


def fields_of_object(found: S3Object) -> dict[str, JsonValue]:
    """Make the body of a message about an object in S3; without this function, it has the fields of `S3Object`."""
    kinds = (
        kind for prefix, suffix, kind in OBJECT_TYPES if found.key.startswith(prefix) and found.key.endswith(suffix)
    )
    return {
        "data_source": f"s3://{found.bucket}/{found.key}",
        "processing_type": next(kinds, "standard"),
        "size": found.size,
        "etag": found.etag,
        "version_id": found.version_id,
    }
