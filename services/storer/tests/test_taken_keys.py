"""A record whose key already has an item: a duplicate, or a conflict."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from bodies import body
from pipeline_contracts import ErrorCode, parse_body, parse_message
from pipeline_contracts.storage import StorageStatus
from records import LATER, NOON, TABLE, item_in, record_of, store
from storer.adapters import DynamoDBTable, attribute_value
from storer.logic import NO_DATA, Receipt

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from storer.item import Item


def test_a_second_delivery_is_a_duplicate_and_changes_nothing(table: DynamoDBTable, dynamodb: DynamoDBClient) -> None:
    store(record_of(body('"n": 1.10, "m": 1e60')), table, NOON)
    before = item_in(dynamodb)

    result = store(record_of(body(f'"m": 1{"0" * 60}, "n": 1.1')), table, LATER)

    assert (result.status, result.stored_at) == (StorageStatus.DUPLICATE, "2026-01-31T12:00:00.000000Z")
    assert item_in(dynamodb) == before


@pytest.mark.parametrize("other", ['"n": 2', '"n": true', '"n": [1]', '"n": {"n": 1}', '"m": 1', ""])
def test_other_data_under_a_stored_key_is_rejected(table: DynamoDBTable, dynamodb: DynamoDBClient, other: str) -> None:
    store(record_of(body('"n": 1')), table, NOON)
    before = item_in(dynamodb)

    result = store(record_of(body(other)), table, LATER)

    assert result.status is StorageStatus.REJECTED
    assert result.error is not None
    assert result.error.code == ErrorCode.IDEMPOTENCY_CONFLICT
    assert result.stored_digest == before["data_digest"]
    assert item_in(dynamodb) == before


LAYOUTS: dict[str, dict[str, Any]] = {
    "by hand": {"note": {"S": "by hand"}},
    "a time that is no string": {"stored_at": {"N": "1"}},
    "a time that is no time": {"stored_at": {"S": "yesterday"}},
    "a digest of another kind": {"data_digest": {"N": "1"}},
    "a digest that ends in a line break": {"data_digest": {"S": f"1:{'a' * 43}\n"}},
    "data that is no object": {"original_data": {"S": "text"}},
    "data that is no JSON": {"original_data": {"M": {"tags": {"SS": ["a"]}, "raw": {"B": b"a"}}}},
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("with_the_same_data", [True, False])
def test_an_item_of_another_layout_under_the_key_is_a_conflict(
    table: DynamoDBTable, dynamodb: DynamoDBClient, layout: str, with_the_same_data: bool
) -> None:
    same = {"original_data": attribute_value(parse_body(body()))} if with_the_same_data else {}
    item = {"execution_id": {"S": "test-esm-1"}} | same | LAYOUTS[layout]
    dynamodb.put_item(TableName=TABLE, Item=item)

    result = store(record_of(body()), table, NOON)

    assert result.error is not None
    assert result.error.code == ErrorCode.IDEMPOTENCY_CONFLICT
    # It belongs to no message, so all messages with the key conflict with it.
    assert result.stored_digest == NO_DATA


@pytest.mark.parametrize("digest", [None, "0:of another version"])
@pytest.mark.parametrize(
    ("further", "expected"), [('"n": 1.0', StorageStatus.DUPLICATE), ('"n": 2', StorageStatus.REJECTED)]
)
def test_an_item_without_a_comparable_digest_is_compared_whole(
    table: DynamoDBTable, dynamodb: DynamoDBClient, digest: str | None, further: str, expected: StorageStatus
) -> None:
    store(record_of(body('"n": 1')), table, NOON)
    change = "REMOVE data_digest" if digest is None else "SET data_digest = :digest"
    values: Any = {} if digest is None else {"ExpressionAttributeValues": {":digest": {"S": digest}}}
    dynamodb.update_item(TableName=TABLE, Key={"execution_id": {"S": "test-esm-1"}}, UpdateExpression=change, **values)

    assert store(record_of(body(further)), table, LATER).status is expected


class TakenTable:
    """A table in which the key is taken by an item that must not be read whole."""

    def __init__(self, receipt: Receipt) -> None:
        self._receipt = receipt

    def put_new(self, item: Item, size: int) -> bool:
        return False

    def receipt(self, execution_id: str) -> Receipt:
        return self._receipt

    def digest_whole(self, execution_id: str) -> str | None:
        raise AssertionError("the item was read whole")


@pytest.mark.parametrize(
    ("sent", "expected"), [('"n": 1', StorageStatus.DUPLICATE), ('"n": 2', StorageStatus.REJECTED)]
)
def test_of_an_item_that_is_there_only_the_receipt_is_read(sent: str, expected: StorageStatus) -> None:
    stored = parse_message(body('"n": 1')).data_digest()

    result = store(record_of(body(sent)), TakenTable(Receipt("2026-01-31T12:00:00.000000Z", stored)), LATER)

    assert result.status is expected


@pytest.mark.parametrize("read", ["receipt", "digest_whole"])
def test_an_item_that_is_deleted_while_it_is_compared_is_tried_again(
    table: DynamoDBTable, dynamodb: DynamoDBClient, monkeypatch: pytest.MonkeyPatch, read: str
) -> None:
    dynamodb.put_item(TableName=TABLE, Item={"execution_id": {"S": "test-esm-1"}, "stored_at": {"S": "2026-01-31"}})
    reads = getattr(table, read)

    def deleted(execution_id: str) -> Any:
        dynamodb.delete_item(TableName=TABLE, Key={"execution_id": {"S": execution_id}})
        return reads(execution_id)

    monkeypatch.setattr(table, read, deleted)

    assert store(record_of(body()), table, NOON).status is StorageStatus.FAILED
    assert store(record_of(body()), table, NOON).status is StorageStatus.STORED


def test_other_metadata_is_a_duplicate_and_the_first_is_kept(table: DynamoDBTable, dynamodb: DynamoDBClient) -> None:
    store(record_of(body('"metadata": {"trace": "first"}')), table, NOON)

    result = store(record_of(body('"metadata": {"trace": "second"}')), table, LATER)

    assert result.status is StorageStatus.DUPLICATE
    assert item_in(dynamodb)["metadata"] == {"trace": "first"}


def test_of_many_writes_at_once_one_stores_and_the_others_are_duplicates(
    table: DynamoDBTable, dynamodb: DynamoDBClient
) -> None:
    together = threading.Barrier(8)

    def deliver(_: int) -> StorageStatus:
        together.wait()
        return store(record_of(body()), table, NOON).status

    with ThreadPoolExecutor(8) as pool:
        statuses = Counter(pool.map(deliver, range(8)))

    assert statuses == {StorageStatus.STORED: 1, StorageStatus.DUPLICATE: 7}
    assert dynamodb.scan(TableName=TABLE)["Count"] == 1
