"""Storing records in a real table."""

from __future__ import annotations

import json
import re
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from bodies import ITEM_ATTRIBUTES, MISSING, body, transformed
from botocore.config import Config
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pipeline_contracts import ErrorCode, message, parse_body, parse_message, same_json
from pipeline_contracts.storage import StorageRecord, StorageStatus
from storer.adapters import DynamoDBTable, ExactDeserializer, attribute_value
from storer.item import MAX_ITEM_BYTES, Item, item_bytes, item_of
from storer.logic import NO_DATA, Receipt, RefusedError, store

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TABLE = "processed"
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
LATER = datetime(2026, 1, 31, 13, tzinfo=UTC)


def record_of(data: str, execution_id: str = "test-esm-1", **further: Any) -> StorageRecord:
    return StorageRecord(
        execution_id=execution_id, message_id="1", data=data, transformed_data=transformed(execution_id, **further)
    )


def item_in(dynamodb: DynamoDBClient, execution_id: str = "test-esm-1") -> dict[str, Any]:
    item = dynamodb.get_item(TableName=TABLE, Key={"execution_id": {"S": execution_id}}, ConsistentRead=True).get(
        "Item", {}
    )
    return {name: ExactDeserializer().deserialize(value) for name, value in item.items()}


@pytest.fixture
def table(dynamodb: DynamoDBClient) -> DynamoDBTable:
    return DynamoDBTable(dynamodb, TABLE)


def test_a_record_becomes_an_item(table: DynamoDBTable, dynamodb: DynamoDBClient) -> None:
    result = store(record_of(body('"rows": 3')), table, NOON)

    assert (result.status, result.stored_at) == (StorageStatus.STORED, "2026-01-31T12:00:00.000000Z")
    assert item_in(dynamodb) == {
        "execution_id": "test-esm-1",
        "message_id": "1",
        "original_data": parse_body(body('"rows": 3')),
        "transformed_data": transformed("test-esm-1"),
        "stored_at": "2026-01-31T12:00:00.000000Z",
        "data_digest": parse_message(body('"rows": 3')).data_digest(),
        **ITEM_ATTRIBUTES,
    }


def test_contributions_and_attributes_are_stored_beside_it(table: DynamoDBTable, dynamodb: DynamoDBClient) -> None:
    record = record_of(body()).model_copy(
        update={"contributions": {"enrich": {"region": "eu", "score": 0.5}}, "attributes": {"sender": "a"}}
    )

    store(record, table, NOON)

    item = item_in(dynamodb)
    assert item["contributions"] == {"enrich": {"region": "eu", "score": Decimal("0.5")}}
    assert item["attributes"] == {"sender": "a"}


def test_no_attribute_of_the_message_takes_the_place_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = dict.fromkeys(("execution_id", "stored_at", "original_data", "transformed_data", "own"), "theirs")
    monkeypatch.setattr(message, "item_attributes_of", lambda _: theirs)

    item = item_of(record_of(body()), NOON)

    assert [name for name, value in item.items() if value == "theirs"] == ["own"]


@pytest.mark.parametrize(
    "value",
    [
        "1.10",
        "-0.1",
        "1e-130",
        "1.2345678901234567890123456789012345678e-130",
        "9.99e125",
        "0e999",
        "12345678901234567890.123456789012345678",
        "9" * 38,
        "1" + "0" * 60,
        "null",
        '""',
        "[]",
        "{}",
        '[null, "", [], {}, false]',
        '"üñí 😀 \\u0000 \\ud83d\\ude00"',
        "true",
        '{"deep": ' * 30 + "1" + "}" * 30,
    ],
)
def test_a_good_value_comes_back_as_it_was_sent(table: DynamoDBTable, dynamodb: DynamoDBClient, value: str) -> None:
    data = body(f'"value": {value}')

    assert store(record_of(data), table, NOON).status is StorageStatus.STORED
    assert same_json(item_in(dynamodb)["original_data"], parse_body(data))


NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, places=10, min_value=-(10**20), max_value=10**20)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**37), 10**37) | NUMBERS.map(float) | st.text(max_size=20),
    lambda children: (
        st.lists(children, max_size=4) | st.dictionaries(st.text(min_size=1, max_size=8), children, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None)
@given(values=st.lists(VALUES, max_size=4))
def test_whatever_is_stored_comes_back_as_it_was_sent(
    table: DynamoDBTable, dynamodb: DynamoDBClient, values: list[Any]
) -> None:
    data = body(f'"values": {json.dumps(values)}')
    execution_id = f"test-{abs(hash(data))}"

    assert store(record_of(data, execution_id), table, NOON).error is None
    assert same_json(item_in(dynamodb, execution_id)["original_data"], parse_body(data))


@pytest.mark.parametrize("metadata", [{"tenant": "acme", "ключ": "😀"}, {"empty": ""}, {}])
def test_metadata_is_an_attribute_of_its_own(
    table: DynamoDBTable, dynamodb: DynamoDBClient, metadata: dict[str, str]
) -> None:
    store(record_of(body(f'"metadata": {json.dumps(metadata)}')), table, NOON)

    item = item_in(dynamodb)
    assert item["metadata"] == item["original_data"]["metadata"] == metadata


@pytest.mark.parametrize("further", ["", '"metadata": null'])
def test_an_item_without_metadata_has_no_such_attribute(
    table: DynamoDBTable, dynamodb: DynamoDBClient, further: str
) -> None:
    store(record_of(body(further)), table, NOON)

    assert "metadata" not in item_in(dynamodb)


@pytest.mark.parametrize("value", [0.1, {"a": [b"bytes"]}, {1}])
def test_a_value_that_is_not_of_a_body_has_no_attribute(value: object) -> None:
    with pytest.raises(TypeError, match=r"(float|bytes|set) is no type of JSON"):
        attribute_value(value)


def test_floats_of_the_transformed_data_are_stored(table: DynamoDBTable, dynamodb: DynamoDBClient) -> None:
    store(record_of(body(), ratio=0.1), table, NOON)

    assert float(item_in(dynamodb)["transformed_data"]["ratio"]) == 0.1


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


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (body(f'"text": "{"x" * 400 * 1024}"'), "(?i)size"),
        (body(f'"text": "{"x" * 500 * 1024}"'), r"the item has 5\d\d,\d{3} bytes; 409,600 is the most"),
        (body(f'"n": [{",".join(["0"] * 500_000)}]'), r"the item has 1,000,\d{3} bytes"),
        (body(f'"n": [{",".join(["[[[[[[]]]]]]"] * 70_000)}]'), r"the item has 1,[67]\d\d,\d{3} bytes"),
        ("nonsense", "not JSON"),
        ("{}", MISSING),
    ],
)
def test_an_item_that_no_table_takes_is_rejected(
    table: DynamoDBTable, dynamodb: DynamoDBClient, data: str, words: str
) -> None:
    result = store(record_of(data), table, NOON)

    assert result.status is StorageStatus.REJECTED
    assert result.error is not None
    assert result.error.code == ErrorCode.NOT_STORABLE
    assert re.search(words, result.error.message)
    assert item_in(dynamodb) == {}


class NoPut:
    """A table that must not be asked to write."""


def test_an_item_that_is_surely_too_large_is_not_sent_to_the_table() -> None:
    result = store(record_of(body(f'"n": [{",".join(["0"] * 500_000)}]')), NoPut(), NOON)  # type: ignore[arg-type]

    assert result.status is StorageStatus.REJECTED


@pytest.mark.parametrize("unit", ["0", "-5", "[]", '{"a": [1.5]}'])
def test_the_size_of_an_item_is_estimated_below_what_the_table_counts_and_not_far(
    dynamodb: DynamoDBClient, unit: str
) -> None:
    """An estimate above it would refuse good items; the table refuses what is estimated just above the limit."""
    parsed = parse_body(f'{{"n": [{unit}]}}')["n"][0]
    one = item_bytes({"n": [parsed, parsed]}) - item_bytes({"n": [parsed]})
    patient = boto3.client("dynamodb", config=Config(read_timeout=60, retries={"total_max_attempts": 1}))
    table = DynamoDBTable(patient, TABLE)

    assert table.put_new({"execution_id": "fits", "n": [parsed] * (MAX_ITEM_BYTES * 7 // 10 // one)}, MAX_ITEM_BYTES)
    with pytest.raises(RefusedError, match="size"):
        table.put_new({"execution_id": "too large", "n": [parsed] * (MAX_ITEM_BYTES // one + 1)}, MAX_ITEM_BYTES)


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
    # It is no message's, so that all messages with the key conflict with it.
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


def test_numbers_of_the_transformed_data_that_no_table_takes_are_rejected(table: DynamoDBTable) -> None:
    result = store(record_of(body(), big=1e300), table, NOON)

    assert result.error is not None
    assert result.error.code == ErrorCode.NOT_STORABLE


def test_a_table_that_is_not_there_may_be_there_later(dynamodb: DynamoDBClient) -> None:
    result = store(record_of(body()), DynamoDBTable(dynamodb, "elsewhere"), NOON)

    assert result.status is StorageStatus.FAILED
    assert result.error is not None
    assert result.error.code == ErrorCode.UNAVAILABLE


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
