"""Storing records in a real table."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from bodies import ITEM_ATTRIBUTES, MISSING, body, transformed
from botocore.config import Config
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pipeline_contracts import ErrorCode, message, parse_body, parse_message, same_json
from pipeline_contracts.storage import StorageStatus
from records import NOON, TABLE, item_in, record_of, store
from storer.adapters import DynamoDBTable, attribute_value
from storer.item import MAX_ITEM_BYTES, item_bytes, item_of
from storer.logic import RefusedError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


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


def test_the_text_is_stored_as_it_was_sent_if_that_is_wanted(table: DynamoDBTable, dynamodb: DynamoDBClient) -> None:
    text = body('"price": 1.30, "ratio": 1e2')

    store(record_of(text), table, NOON, with_text=True)

    item = item_in(dynamodb)
    assert item["original_text"] == text
    assert item["original_data"]["price"] == Decimal("1.3")


def test_the_text_counts_for_the_size_of_an_item(table: DynamoDBTable) -> None:
    record = record_of(body(f'"text": "{"x" * 300_000}"'))

    assert store(record, table, NOON, with_text=True).error is not None
    assert store(record, table, NOON).error is None


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
    with pytest.raises(TypeError, match=r"(float|bytes|set) is not a JSON type"):
        attribute_value(value)


def test_floats_of_the_transformed_data_are_stored(table: DynamoDBTable, dynamodb: DynamoDBClient) -> None:
    store(record_of(body(), ratio=0.1), table, NOON)

    assert float(item_in(dynamodb)["transformed_data"]["ratio"]) == 0.1


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (body(f'"text": "{"x" * 400 * 1024}"'), "(?i)size"),
        (body(f'"text": "{"x" * 500 * 1024}"'), r"the item has 5\d\d,\d{3} bytes; the maximum is 409,600"),
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
    """An estimate that is too high would refuse good items; an item slightly above the limit is left to the table."""
    parsed = parse_body(f'{{"n": [{unit}]}}')["n"][0]
    one = item_bytes({"n": [parsed, parsed]}) - item_bytes({"n": [parsed]})
    patient = boto3.client("dynamodb", config=Config(read_timeout=60, retries={"total_max_attempts": 1}))
    table = DynamoDBTable(patient, TABLE)

    assert table.put_new({"execution_id": "fits", "n": [parsed] * (MAX_ITEM_BYTES * 7 // 10 // one)}, MAX_ITEM_BYTES)
    with pytest.raises(RefusedError, match="size"):
        table.put_new({"execution_id": "too large", "n": [parsed] * (MAX_ITEM_BYTES // one + 1)}, MAX_ITEM_BYTES)


def test_numbers_of_the_transformed_data_that_no_table_takes_are_rejected(table: DynamoDBTable) -> None:
    result = store(record_of(body(), big=1e300), table, NOON)

    assert result.error is not None
    assert result.error.code == ErrorCode.NOT_STORABLE


def test_a_table_that_is_not_there_may_be_there_later(dynamodb: DynamoDBClient) -> None:
    result = store(record_of(body()), DynamoDBTable(dynamodb, "elsewhere"), NOON)

    assert result.status is StorageStatus.FAILED
    assert result.error is not None
    assert result.error.code == ErrorCode.UNAVAILABLE
