"""The body of an SQS message: the one file to change for a message of your own.

Any pydantic model will do. The functions below it give the pipeline the values that it needs of a message.
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
"""For the schema, and for the tests. The first has only the required fields."""


class PipelineMessage(MessageBase):
    """A message of a producer: two fields that control its processing, and any others.

    Other fields are the producer's data and are kept as they are. Bodies that DynamoDB cannot store are rejected: more
    than 32 levels of nesting, numbers of more than 38 digits or beyond 9.99E+125, duplicate keys, lone surrogates.
    """

    model_config = ConfigDict(json_schema_extra={"examples": list(EXAMPLES)})

    data_source: Annotated[NonBlank, Field(description="Source of the data, such as a file name.")]
    processing_type: Annotated[NonBlank, Field(description="Selects the validation rules and the transformation.")]


def processing_type_of(message: PipelineMessage) -> str:
    """Select the validator's rules and the transformer's transformation; a constant if there is only one kind."""
    return message.processing_type


def item_attributes_of(message: PipelineMessage) -> Mapping[str, str]:
    """Give the attributes that the item has beside the whole message, for indexes and filters."""
    return {"data_source": message.data_source, "processing_type": message.processing_type}


OBJECT_TYPES: tuple[tuple[str, str, str], ...] = (("", "", "standard"),)
"""Processing types of objects in S3, each with a prefix and a suffix of keys. The first that matches applies."""


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
