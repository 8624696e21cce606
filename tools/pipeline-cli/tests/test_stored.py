"""The data of the table, on a real DynamoDB API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from aws_environment import body, digest
from pipeline_cli.errors import CommandError
from pipeline_cli.messages.stored import StoredData, stored_data
from pipeline_cli.table import Table
from pipeline_contracts import parse_body

if TYPE_CHECKING:
    from aws_environment import AwsEnvironment

NUMBERS = body(exact=1.5, large=10**37, tiny=1e-130).replace("1.5", "1.50")


@pytest.fixture
def table(aws: AwsEnvironment) -> Table:
    return Table(aws.make_client("dynamodb"), f"{aws.prefix}-table")


def digests(found: dict[str, StoredData]) -> dict[str, str | None]:
    return {name: one.digest for name, one in found.items()}


def test_more_keys_than_one_call_takes_are_looked_up(aws: AwsEnvironment, table: Table) -> None:
    for number in range(0, 250, 50):
        aws.store(f"k{number}", body(number))

    found = stored_data(table, [f"k{number}" for number in range(250)])

    assert digests(found) == {f"k{number}": digest(body(number)) for number in range(0, 250, 50)}
    assert [len(next(iter(call["RequestItems"].values()))["Keys"]) for call in aws.called("BatchGetItem")] == [
        100,
        100,
        50,
    ]


def test_data_is_read_only_where_there_is_no_digest(aws: AwsEnvironment, table: Table) -> None:
    aws.store("new", NUMBERS)
    aws.store("old", NUMBERS, digest=False)
    item = {"execution_id": "other version", "original_data": parse_body(NUMBERS), "stored_at": "2026-01-31T12:00:00Z"}
    aws.put_items([item | {"data_digest": f"9:{'a' * 43}"}])

    found = stored_data(table, ["new", "old", "other version", "none"])

    assert digests(found) == dict.fromkeys(["new", "old", "other version"], digest(NUMBERS))
    keys = [next(iter(call["RequestItems"].values()))["Keys"] for call in aws.called("BatchGetItem")]
    assert len(keys[1]) == 2


@pytest.mark.parametrize(
    "data", [{}, {"original_data": "text"}, {"original_data": {"a": {"b", "c"}}}, {"data_digest": digest("{}")}]
)
def test_an_item_of_another_layout_has_no_digest(aws: AwsEnvironment, table: Table, data: dict[str, Any]) -> None:
    aws.put_items([{"execution_id": "k", "stored_at": None if "data_digest" in data else "2026", **data}])

    assert digests(stored_data(table, ["k"])) == {"k": None}


def test_keys_that_were_not_read_are_asked_for_again(
    aws: AwsEnvironment, table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b", "c"):
        aws.store(name, body())
    waits = leave_unread(table, monkeypatch, times=2)

    assert stored_data(table, ["a", "b", "c"]).keys() == {"a", "b", "c"}
    assert len(waits) == 2


def test_a_table_that_leaves_keys_unread_ends_the_look_up(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    leave_unread(table, monkeypatch, times=1_000)

    with pytest.raises(CommandError, match="throttled"):
        stored_data(table, ["a", "b"])


def leave_unread(table: Table, monkeypatch: pytest.MonkeyPatch, times: int) -> list[float]:
    """Let the table read one key fewer than requested."""
    waits: list[float] = []
    monkeypatch.setattr("pipeline_cli.table.time.sleep", waits.append)
    client = table._client
    read = client.batch_get_item

    def batch_get_item(RequestItems: Any) -> Any:  # noqa: N803 - boto3's name
        ((name, wanted),) = RequestItems.items()
        if len(waits) >= times:
            return read(RequestItems=RequestItems)
        *now, later = wanted["Keys"]
        answer: Any = read(RequestItems={name: wanted | {"Keys": now}}) if now else {"Responses": {}}
        return answer | {"UnprocessedKeys": {name: wanted | {"Keys": [later]}}}

    monkeypatch.setattr(client, "batch_get_item", batch_get_item)
    return waits
