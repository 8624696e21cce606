"""The Lambda entry point."""

from __future__ import annotations

import io
import json
import threading
import time
from concurrent.futures import wait
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from bodies import body, invalid_body, transformed
from pipeline_contracts import BrokenContractError, ErrorCode
from pipeline_contracts.storage import StorageResponse, StorageStatus
from storer import handler as module
from storer.adapters import DynamoDBTable
from storer.chunk import GROUP_ITEMS
from storer.logic import Receipt, RefusedError
from storer.settings import CONCURRENT_WRITES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_dynamodb import DynamoDBClient
    from storer.item import Item

TABLE = "processed"
CONTEXT = SimpleNamespace(
    function_name="storer",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:eu-west-1:123456789012:function:storer:live",
    aws_request_id="request-1",
    get_remaining_time_in_millis=lambda: 25_000,
)
GOOD = body()


def request(*bodies: str) -> dict[str, Any]:
    return {
        "records": [
            {
                "execution_id": f"test-esm-{n}",
                "message_id": f"{n}",
                "data": text,
                "transformed_data": transformed(f"test-esm-{n}"),
            }
            for n, text in enumerate(bodies)
        ]
    }


def test_each_record_gets_its_own_status_and_neighbours_are_unharmed(
    dynamodb: DynamoDBClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "table", DynamoDBTable(dynamodb, TABLE))
    event = request(GOOD, "nonsense", GOOD)

    first = StorageResponse.model_validate(module.handler(event, CONTEXT)).results
    second = StorageResponse.model_validate(module.handler(event, CONTEXT)).results

    stored, rejected, duplicate = StorageStatus.STORED, StorageStatus.REJECTED, StorageStatus.DUPLICATE
    assert [result.status for result in first] == [stored, rejected, stored]
    assert [result.status for result in second] == [duplicate, rejected, duplicate]
    assert dynamodb.scan(TableName=TABLE)["Count"] == 2


class CountingTable:
    """Lets a write end only when the maximum number of writes are in progress."""

    def __init__(self) -> None:
        self._together = threading.Barrier(CONCURRENT_WRITES)
        self._lock = threading.Lock()
        self._under_way = 0
        self.most = 0

    def insert(self, items: Sequence[Item]) -> list[str]:
        return ["ThrottlingError"] * len(items)

    def put_new(self, item: Item, size: int) -> bool:
        with self._lock:
            self._under_way += 1
            self.most = max(self.most, self._under_way)
        self._together.wait(timeout=10)
        with self._lock:
            self._under_way -= 1
        return True


def test_writes_are_concurrent_and_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    table = CountingTable()
    monkeypatch.setattr(module, "table", table)

    module.handler(request(*[GOOD] * CONCURRENT_WRITES * 3), CONTEXT)

    assert table.most == CONCURRENT_WRITES


class LargeFirst:
    """A client that records how many large items are in progress at once."""

    class exceptions:  # noqa: N801 - boto3's name
        ConditionalCheckFailedException = KeyError

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._under_way = 0
        self.most = 0
        self.inserted: list[int] = []

    def put_item(self, **request: Any) -> None:
        if len(request["Item"]["original_data"]["M"]["text"]["S"]) < 50_000:
            return
        with self._lock:
            self._under_way += 1
            self.most = max(self.most, self._under_way)
        time.sleep(0.01)
        with self._lock:
            self._under_way -= 1

    def batch_execute_statement(self, **request: Any) -> dict[str, Any]:
        self.inserted += [len(json.dumps(statement)) for statement in request["Statements"]]
        return {"Responses": [{"TableName": TABLE} for _ in request["Statements"]]}


def test_large_items_are_written_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    client = LargeFirst()
    monkeypatch.setattr(module, "table", DynamoDBTable(client, TABLE))
    large, small = (body(f'"text": "{"x" * size}"') for size in (60_000, 1))

    module.handler(request(*[large] * 8, *[small] * 8), CONTEXT)

    assert client.most == 1
    assert len(client.inserted) == 8
    assert max(client.inserted) < 50_000


class StuckTable:
    """Blocks the writes of some messages until it is released."""

    def __init__(self) -> None:
        self.let_go = threading.Event()
        self.written = 0

    def insert(self, items: Sequence[Item]) -> list[str | None]:
        if any(item["original_data"].get("stuck") == "insert" for item in items):
            self.let_go.wait()
        left = ("stuck", "refused")
        return ["InternalServerError" if item["original_data"].keys() & left else None for item in items]

    def put_new(self, item: Item, size: int) -> bool:
        if item["original_data"].get("stuck"):
            self.let_go.wait()
        self.written += 1
        return True


def wait_for_pool() -> None:
    """Wait until all threads have finished their work."""
    together = threading.Barrier(CONCURRENT_WRITES)
    wait([module.pool.submit(together.wait) for _ in range(CONCURRENT_WRITES)])


SOON = SimpleNamespace(**{**vars(CONTEXT), "get_remaining_time_in_millis": lambda: 2_200})
STUCK_PUT, STUCK_INSERT = (body(f'"stuck": "{call}"') for call in ("put", "insert"))


def test_a_write_that_does_not_end_fails_alone_before_the_function_times_out(monkeypatch: pytest.MonkeyPatch) -> None:
    table = StuckTable()
    monkeypatch.setattr(module, "table", table)

    try:
        results = StorageResponse.model_validate(module.handler(request(GOOD, STUCK_PUT, GOOD), SOON)).results
    finally:
        table.let_go.set()

    assert [(result.status, result.error and result.error.code) for result in results] == [
        (StorageStatus.STORED, None),
        (StorageStatus.FAILED, ErrorCode.UNAVAILABLE),
        (StorageStatus.STORED, None),
    ]


def test_a_group_that_does_not_end_fails_without_the_other_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    table = StuckTable()
    monkeypatch.setattr(module, "table", table)
    group, other = [*[GOOD] * (GROUP_ITEMS - 1), STUCK_INSERT], [GOOD, GOOD]

    try:
        results = StorageResponse.model_validate(module.handler(request(*group, *other), SOON)).results
    finally:
        table.let_go.set()
    wait_for_pool()

    assert [result.status for result in results] == [StorageStatus.FAILED] * GROUP_ITEMS + [StorageStatus.STORED] * 2
    assert {result.error.code for result in results if result.error} == {ErrorCode.UNAVAILABLE}
    assert table.written == 0


class EntangledTable:
    """Ends the request of one group only after an item left over by another group is put."""

    def __init__(self) -> None:
        self._put = threading.Event()

    def insert(self, items: Sequence[Item]) -> list[str | None]:
        if len(items) < GROUP_ITEMS:
            return ["InternalServerError"] * len(items)
        return [None if self._put.wait(timeout=10) else "InternalServerError"] * len(items)

    def put_new(self, item: Item, size: int) -> bool:
        self._put.set()
        return False

    def receipt(self, execution_id: str) -> Receipt:
        raise RefusedError(ErrorCode.UNAVAILABLE, "it must not be asked for an item that a group has stored")


def test_what_a_group_leaves_is_put_while_another_group_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "table", EntangledTable())

    results = StorageResponse.model_validate(module.handler(request(*[GOOD] * (GROUP_ITEMS + 2)), CONTEXT)).results

    assert [result.status for result in results] == [StorageStatus.STORED] * GROUP_ITEMS + [StorageStatus.FAILED] * 2


def test_items_that_are_written_one_at_a_time_are_logged_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "table", StuckTable())
    log = io.StringIO()
    module.logger.registered_handler.setStream(log)

    module.handler(request(GOOD, GOOD, body('"refused": true')), CONTEXT)

    line = json.loads(log.getvalue())
    assert (line["level"], line["message"]) == ("WARNING", "items are written one at a time")
    assert line["reasons"] == {"InternalServerError": 1}


def test_writes_that_have_not_begun_in_time_are_never_made(monkeypatch: pytest.MonkeyPatch) -> None:
    table = StuckTable()
    monkeypatch.setattr(module, "table", table)

    try:
        results = StorageResponse.model_validate(
            module.handler(request(*[STUCK_PUT] * (CONCURRENT_WRITES + 3)), SOON)
        ).results
    finally:
        table.let_go.set()
    wait_for_pool()

    assert {result.status for result in results} == {StorageStatus.FAILED}
    assert table.written <= CONCURRENT_WRITES


@pytest.mark.parametrize("event", [{}, {"records": []}, {"records": [{"data": "{}"}]}])
def test_a_request_that_breaks_the_contract_is_an_error(event: dict[str, Any]) -> None:
    with pytest.raises(BrokenContractError, match=r"Request has \d errors, the first: records"):
        module.handler(event, CONTEXT)


def test_the_log_names_the_record_and_not_its_data(dynamodb: DynamoDBClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "table", DynamoDBTable(dynamodb, TABLE))
    log = io.StringIO()
    module.logger.registered_handler.setStream(log)

    module.handler(request(invalid_body("the secret")), CONTEXT)

    line = json.loads(log.getvalue())
    assert (line["execution_id"], line["message_id"], line["code"]) == ("test-esm-0", "0", "not_storable")
    assert "the secret" not in log.getvalue()


def test_each_status_is_counted(
    dynamodb: DynamoDBClient, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(module, "table", DynamoDBTable(dynamodb, TABLE))

    module.handler(request(GOOD, "nonsense", GOOD), CONTEXT)

    metrics = json.loads(capsys.readouterr().out)
    counts = {name: values for name, values in metrics.items() if name.startswith("Records")}
    assert counts == {
        "RecordsStored": [2.0],
        "RecordsDuplicate": [0.0],
        "RecordsRejected": [1.0],
        "RecordsFailed": [0.0],
    }
