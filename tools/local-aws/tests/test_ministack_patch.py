"""The additions of the patch of MiniStack, which leaves other versions alone."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from local_aws.executables import ministack_python
from local_aws.ministack import ministack_alone
from local_aws.ministack_patch import PATCHED_VERSION, patch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient

TABLE = "items"
STORED = "INSERT INTO \"items\" VALUE {'id': ?, 'value': ?}"


@pytest.fixture(scope="module")
def dynamodb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DynamoDBClient]:
    with ministack_alone(tmp_path_factory.mktemp("ministack")) as endpoint:
        client = endpoint.dynamodb()
        client.create_table(
            TableName=TABLE,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        client.put_item(TableName=TABLE, Item={"id": {"S": "taken"}, "value": {"S": "first"}})
        yield client


def test_the_patch_is_for_the_installed_version() -> None:
    command = [str(ministack_python()), "-c", "from importlib.metadata import version; print(version('ministack'))"]
    installed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    assert installed == PATCHED_VERSION


def test_another_version_is_not_patched_and_a_warning_says_so(caplog: pytest.LogCaptureFixture) -> None:
    assert not patch("1.6.0")

    (warning,) = caplog.messages
    assert "1.6.0 is not patched, as the patch is for 1.5.33" in warning


def nested(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {"S": "deep"}
    for _ in range(levels):
        value = {"L": [value]}
    return value


REFUSED: dict[str, dict[str, Any]] = {
    "an item past 400 KB": {"id": {"S": "large"}, "value": {"S": "x" * 410_000}},
    "39 digits": {"id": {"S": "digits"}, "value": {"N": "1" * 39}},
    "a number past the largest": {"id": {"S": "number"}, "value": {"N": "1e126"}},
    "an empty key": {"id": {"S": ""}, "value": {"S": "x"}},
    "a key of another type": {"id": {"N": "1"}, "value": {"S": "x"}},
    "a key past 2,048 bytes": {"id": {"S": "k" * 2_049}, "value": {"S": "x"}},
    "33 levels": {"id": {"S": "deep"}, "value": nested(33)},
}


@pytest.mark.parametrize("item", REFUSED.values(), ids=REFUSED)
def test_an_item_that_put_item_refuses_is_not_inserted(dynamodb: DynamoDBClient, item: dict[str, Any]) -> None:
    with pytest.raises(ClientError, match="ValidationException"):
        dynamodb.put_item(TableName=TABLE, Item=item)
    count = dynamodb.scan(TableName=TABLE)["Count"]

    (entry,) = dynamodb.batch_execute_statement(
        Statements=[{"Statement": STORED, "Parameters": [item["id"], item["value"]]}]
    )["Responses"]

    assert entry["Error"]["Code"] == "ValidationError"
    assert dynamodb.scan(TableName=TABLE)["Count"] == count


def test_each_statement_of_a_batch_has_its_own_answer(dynamodb: DynamoDBClient) -> None:
    elsewhere = STORED.replace(TABLE, "elsewhere")

    answers = dynamodb.batch_execute_statement(
        Statements=[
            {"Statement": STORED, "Parameters": [{"S": "new"}, {"N": "1.10"}]},
            {"Statement": STORED, "Parameters": [{"S": "taken"}, {"S": "second"}]},
            {"Statement": STORED, "Parameters": [{"S": "digits"}, {"N": "1" * 39}]},
            {"Statement": elsewhere, "Parameters": [{"S": "any"}, {"S": "any"}]},
        ]
    )["Responses"]

    codes = [answer.get("Error", {}).get("Code") for answer in answers]
    assert codes == [None, "DuplicateItem", "ValidationError", "ResourceNotFound"]
    items = {item["id"]["S"]: item["value"] for item in dynamodb.scan(TableName=TABLE)["Items"]}
    assert items == {"new": {"N": "1.1"}, "taken": {"S": "first"}}
