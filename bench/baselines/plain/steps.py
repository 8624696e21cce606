"""One record through the services' own logic, in one process: the building blocks of the functions here."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pipeline_contracts.transformation import TransformationRecord
from pipeline_contracts.validation import ValidationRecord
from storer.adapters import attribute_value, dynamodb_client
from storer.item import item_of
from transformer.logic import transform
from transformer.transformations import TRANSFORMATIONS
from validator.logic import validate
from validator.rules import RULES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline_contracts.storage import StorageRecord

ENVIRONMENT = os.environ["ENVIRONMENT"]
TABLE = os.environ["PROCESSED_DATA_TABLE"]

dynamodb = dynamodb_client()


class NotStoredError(Exception):
    """The message cannot be stored. It is redelivered, and finally moved to the dead-letter queue."""


def validate_one(identity: str, data: str) -> None:
    """Raise NotStoredError if the record is invalid."""
    result = validate(ValidationRecord(execution_id=identity, data=data), RULES)
    if not result.is_valid:
        raise NotStoredError(str(result.errors))


def transform_one(identity: str, data: str) -> dict[str, Any]:
    """Return the transformed data, or raise NotStoredError."""
    record = TransformationRecord(execution_id=identity, data=data)
    result = transform(record, TRANSFORMATIONS, datetime.now(UTC), 4_096).result
    if result.error:
        raise NotStoredError(str(result.error))
    answer: dict[str, Any] = result.model_dump(mode="json")
    transformed: dict[str, Any] = answer["transformed_data"]
    return transformed


def store_one(record: StorageRecord) -> None:
    """Write the item, unless its key is taken."""
    item = item_of(record, datetime.now(UTC))
    try:
        dynamodb.put_item(
            TableName=TABLE,
            Item={name: attribute_value(value) for name, value in item.items()},
            ConditionExpression="attribute_not_exists(execution_id)",
        )
    except dynamodb.exceptions.ConditionalCheckFailedException:
        return


def report_stored(message_ids: Iterable[str]) -> None:
    """Tell the benchmark that these messages are stored."""
    print(f"bench: stored at {time.time():.6f} {' '.join(message_ids)}")
