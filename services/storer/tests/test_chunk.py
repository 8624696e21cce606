"""Storing a chunk: records that a batch request has surely written are stored, and the rest is written one by one."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from bodies import body
from hypothesis import given
from hypothesis import strategies as st
from interference import Table, instead, refusal, with_entries
from pipeline_contracts import ErrorCode, message, parse_body, same_json
from pipeline_contracts.storage import StorageStatus
from records import LATER, NOON, TABLE, item_in, record_of, store
from storer.adapters import DynamoDBTable, dynamodb_client
from storer.chunk import GROUP_ITEMS, StoredChunk, groups, store_chunk
from storer.item import LARGE_ITEM_BYTES
from storer.logic import Write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from interference import Answer, Interference
    from mypy_boto3_dynamodb import DynamoDBClient
    from pipeline_contracts.storage import StorageRecord

STORED, DUPLICATE, REJECTED = StorageStatus.STORED, StorageStatus.DUPLICATE, StorageStatus.REJECTED


@pytest.fixture
def server(dynamodb: DynamoDBClient, endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Table]:
    """The table, with a server in front of it."""
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    with Table(endpoint) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
        yield server
        server.shutdown()
        thread.join()


def chunk_stored(records: Sequence[StorageRecord], now: datetime = NOON) -> StoredChunk:
    with ThreadPoolExecutor(4) as pool:
        table = DynamoDBTable(dynamodb_client(), TABLE)
        return store_chunk(records, table, pool, now=now, with_text=False, seconds_left=lambda: 60)


def records_of(*bodies: str) -> list[StorageRecord]:
    return [record_of(text, f"test-{number}") for number, text in enumerate(bodies)]


def statuses(chunk: StoredChunk) -> list[StorageStatus]:
    return [result.status for result in chunk.results]


def test_a_group_is_stored_by_one_call(server: Table, dynamodb: DynamoDBClient) -> None:
    records = records_of(*(body(f'"n": {number}') for number in range(GROUP_ITEMS)))

    chunk = chunk_stored(records)

    assert statuses(chunk) == [STORED] * GROUP_ITEMS
    assert [result.execution_id for result in chunk.results] == [record.execution_id for record in records]
    assert server.calls == {"BatchExecuteStatement": 1}
    for number in range(GROUP_ITEMS):
        single = store(record_of(body(f'"n": {number}'), f"single-{number}"), DynamoDBTable(dynamodb, TABLE), NOON)
        assert single.status is STORED
        of_its_own = {"execution_id", "transformed_data"}
        found, put = (
            {name: value for name, value in item_in(dynamodb, f"{kind}-{number}").items() if name not in of_its_own}
            for kind in ("test", "single")
        )
        assert found == put
    assert not chunk.refusals


def test_a_record_that_is_alone_is_put(server: Table) -> None:
    assert statuses(chunk_stored(records_of(body()))) == [STORED]
    assert server.calls == {"PutItem": 1}


KINDS = {
    "good": body('"n": 1.10'),
    "like a statement": body("""\"n": "'} ? -- \\"processed\\"; DELETE FROM processed", "'": "?" """),
    "all digits": body('"n": 12345678901234567890.123456789012345678, "m": 1e125'),
    "duplicate": body('"n": 2'),
    "conflict": body('"n": 3'),
    "not JSON": "nonsense",
    "large": body(f'"text": "{"x" * 60_000}"'),
    "too large": body(f'"text": "{"x" * 410_000}"'),
    "surely too large": body(f'"text": "{"x" * 500_000}"'),
    "empty": body('"a": "", "b": [], "c": {}, "d": null'),
}


def test_a_chunk_of_all_kinds_ends_as_each_record_does_alone(endpoint: str, dynamodb: DynamoDBClient) -> None:
    table = DynamoDBTable(dynamodb, TABLE)
    records = records_of(*KINDS.values())
    before = [record_of(text, f"test-{list(KINDS).index(kind)}") for kind, text in KINDS.items() if kind == "duplicate"]
    before.append(record_of(body('"n": 4'), f"test-{list(KINDS).index('conflict')}"))

    def ended(store_all: Callable[[], Any]) -> tuple[Any, list[dict[str, Any]]]:
        for item in dynamodb.scan(TableName=TABLE)["Items"]:
            dynamodb.delete_item(TableName=TABLE, Key={"execution_id": item["execution_id"]})
        for record in before:
            store(record, table, NOON)
        return store_all(), [item_in(dynamodb, record.execution_id) for record in records]

    alone = ended(lambda: [store(record, table, LATER) for record in records])
    together = ended(lambda: list(chunk_stored(records, LATER).results))

    assert together == alone
    assert [result.status for result in together[0]] == [
        *[STORED] * 3, DUPLICATE, *[REJECTED] * 2, STORED, *[REJECTED] * 2, STORED,
    ]  # fmt: skip


VALUES = ("1.10", "1e-130", "9.99e125", "9" * 38, "null", '""', '[null, "", [], {}]', '"üñí 😀 \\u0000"', "true")


def test_all_that_a_group_stores_comes_back_as_it_was_sent(server: Table, dynamodb: DynamoDBClient) -> None:
    bodies = [body(f'"value": {value}') for value in (*VALUES, '{"deep": ' * 30 + "1" + "}" * 30)]

    assert statuses(chunk_stored(records_of(*bodies))) == [STORED] * len(bodies)
    assert server.calls == {"BatchExecuteStatement": 1}
    for number, text in enumerate(bodies):
        assert same_json(item_in(dynamodb, f"test-{number}")["original_data"], parse_body(text))


def test_a_taken_key_leaves_the_other_items_of_its_group_stored(server: Table, dynamodb: DynamoDBClient) -> None:
    store(record_of(body(), "test-7"), DynamoDBTable(dynamodb, TABLE), NOON)

    chunk = chunk_stored(records_of(*[body()] * GROUP_ITEMS), LATER)

    assert statuses(chunk) == [DUPLICATE if number == 7 else STORED for number in range(GROUP_ITEMS)]
    assert chunk.results[7].stored_at == "2026-01-31T12:00:00.000000Z"
    assert server.calls == {"BatchExecuteStatement": 1, "PutItem": 1, "GetItem": 1}
    assert not chunk.refusals


def test_an_item_that_the_table_refuses_leaves_the_other_items_of_its_group_stored(server: Table) -> None:
    server.interference = with_entries(lambda entries: [*entries[:-1], {"Error": {"Code": "ValidationError"}}])
    server.refused_put = f"test-{GROUP_ITEMS - 1}"

    chunk = chunk_stored(records_of(*[body()] * GROUP_ITEMS))

    assert statuses(chunk) == [*[STORED] * (GROUP_ITEMS - 1), REJECTED]
    assert chunk.results[-1].error is not None
    assert chunk.results[-1].error.code == ErrorCode.NOT_STORABLE
    assert server.calls == {"BatchExecuteStatement": 1, "PutItem": 1}


NOT_EXECUTED: dict[str, tuple[Interference, str]] = {
    "the request is invalid": (instead(*refusal("ValidationException")), "ValidationException"),
    "the request is too large": (instead(413, b""), "413"),
    "the request is denied": (instead(*refusal("AccessDeniedException")), "AccessDeniedException"),
    "the request is throttled": (instead(*refusal("ThrottlingException")), "ThrottlingException"),
    "the server fails": (instead(*refusal("InternalServerError", 500)), "InternalServerError"),
    "the connection breaks": (lambda _: None, "ConnectionClosedError"),
    "the response is no JSON": (instead(200, b"<html>"), "IncompleteResponse"),
    "the response has no entries": (instead(200, b"{}"), "IncompleteResponse"),
    "the response has null for entries": (instead(200, b'{"Responses": null}'), "IncompleteResponse"),
    "the entries are null": (instead(200, b'{"Responses": [null, null, null]}'), "NoEntry"),
    "the entries are throttled": (
        instead(200, json.dumps({"Responses": [{"Error": {"Code": "ThrottlingError"}}] * 3}).encode()),
        "ThrottlingError",
    ),
    "the entries are denied": (
        instead(200, json.dumps({"Responses": [{"Error": {"Code": "AccessDenied"}}] * 3}).encode()),
        "AccessDenied",
    ),
    "the errors have no code": (instead(200, json.dumps({"Responses": [{"Error": {}}] * 3}).encode()), "NoCode"),
    "the errors have an empty code": (
        instead(200, json.dumps({"Responses": [{"Error": {"Code": ""}}] * 3}).encode()),
        "NoCode",
    ),
    "the refusal has no type": (instead(403, b'{"__type": null}'), "NoCode"),
    "the refusal has an empty type": (instead(400, b'{"__type": "aws#"}'), "NoCode"),
    "the refusal is no object": (instead(400, b"[]"), "AttributeError"),
}


@pytest.mark.parametrize("kind", NOT_EXECUTED)
def test_what_a_group_does_not_store_is_put(server: Table, kind: str) -> None:
    server.interference, code = NOT_EXECUTED[kind]

    chunk = chunk_stored(records_of(*[body()] * 3))

    assert statuses(chunk) == [STORED] * 3
    assert server.calls["PutItem"] == 3
    assert chunk.refusals == {code: 3}


def once_lost() -> Interference:
    """Execute each attempt, and break the connection of the first."""
    attempts = iter([True])

    def interfere(execute: Callable[[], Answer]) -> Answer | None:
        answer = execute()
        return None if next(attempts, False) else answer

    return interfere


EXECUTED: dict[str, tuple[Interference, dict[str, int]]] = {
    "the answer is lost, and the retry finds the items": (once_lost(), {}),
    "an entry is missing": (with_entries(lambda entries: entries[:-1]), {"IncompleteResponse": 3}),
    "an entry is too many": (with_entries(lambda entries: [*entries, {}]), {"IncompleteResponse": 3}),
    "the codes are unknown": (
        with_entries(lambda entries: [{"Error": {"Code": "Of2030"}} for _ in entries]),
        {"Of2030": 3},
    ),
}


@pytest.mark.parametrize("kind", EXECUTED)
def test_what_a_group_has_stored_without_saying_so_is_a_duplicate(
    server: Table, dynamodb: DynamoDBClient, kind: str
) -> None:
    server.interference, refusals = EXECUTED[kind]

    chunk = chunk_stored(records_of(*[body()] * 3))

    assert statuses(chunk) == [DUPLICATE] * 3
    assert dynamodb.scan(TableName=TABLE)["Count"] == 3
    assert chunk.refusals == refusals


def test_an_entry_without_an_error_is_stored(server: Table) -> None:
    server.interference = with_entries(lambda entries: [{} for _ in entries])

    assert statuses(chunk_stored(records_of(*[body()] * 3))) == [STORED] * 3
    assert server.calls == {"BatchExecuteStatement": 1}


def test_a_name_that_would_have_to_be_quoted_is_in_no_statement(server: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(message, "item_attributes_of", lambda _: {"o'clock": "12"})

    assert statuses(chunk_stored(records_of(*[body()] * 3))) == [STORED] * 3
    assert server.calls == {"PutItem": 3}


@given(sizes=st.lists(st.integers(1, LARGE_ITEM_BYTES * 2) | st.integers(1, 3_000), max_size=120))
def test_a_group_has_few_bytes_and_at_most_25_items(sizes: list[int]) -> None:
    writes = [(place, Write(record_of(body()), {}, size)) for place, size in enumerate(sizes)]

    found = list(groups(writes))

    assert [write for group in found for write in group] == writes
    for group in found:
        assert 1 <= len(group) <= GROUP_ITEMS
        assert len(group) == 1 or sum(write.size for _, write in group) <= LARGE_ITEM_BYTES
