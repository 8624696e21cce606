"""``python -m bench.put_costs``: the processor time of each way to write an item, in the writing process.

Each way writes items of orders to MiniStack over plain HTTP, 16 requests in parallel, without overwriting any. The ways
take turns.
"""

from __future__ import annotations

import argparse
import asyncio
import http
import json
import statistics
import tempfile
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import urllib3
from aiodynamo.client import Client
from aiodynamo.credentials import Key, StaticCredentials
from aiodynamo.expressions import F
from aiodynamo.http.aiohttp import AIOHTTP
from aiohttp import ClientSession
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from local_aws.aws import ACCESS_KEY_ID, REGION, SECRET_ACCESS_KEY
from local_aws.ministack import ministack_alone
from yarl import URL

from bench import figures, messages

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from local_aws.aws import AwsEndpoint
    from mypy_boto3_dynamodb import DynamoDBClient

    Attributes = dict[str, Any]
    Way = Callable[[Sequence[Attributes]], object]

TABLE, SIZE, ITEMS, ROUNDS = "items", 1_024, 1_000, 3
THREADS, GROUP = 16, 25
CONDITION = "attribute_not_exists(execution_id)"
OPERATION = "DynamoDB_20120810.PutItem"


def items(count: int) -> list[Attributes]:
    """Make items with new keys, each with an order as the storer stores it."""
    bodies = messages.orders(SIZE, count)
    return [{"execution_id": {"S": uuid.uuid4().hex}, "original_data": _value(json.loads(body))} for body in bodies]


def _value(value: object) -> dict[str, Any]:
    match value:
        case str():
            return {"S": value}
        case dict():
            return {"M": {name: _value(member) for name, member in value.items()}}
        case list():
            return {"L": [_value(member) for member in value]}
        case _:
            return {"N": str(value)}


def ways(aws: AwsEndpoint) -> dict[str, Way]:
    """Return each way by its name: a function that writes all items passed to it."""
    config = Config(max_pool_connections=THREADS, parameter_validation=False)
    client: DynamoDBClient = aws.session().client("dynamodb", endpoint_url=aws.url, config=config)
    pool = ThreadPoolExecutor(THREADS)

    def put(item: Attributes) -> None:
        client.put_item(TableName=TABLE, Item=item, ConditionExpression=CONDITION)

    def insert(group: Sequence[Attributes]) -> None:
        answers = client.batch_execute_statement(Statements=[_insertion(item) for item in group])["Responses"]
        if any("Error" in answer for answer in answers):
            raise RuntimeError(f"an item was not inserted: {answers}")

    return {
        "boto3, PutItem": lambda all_items: list(pool.map(put, all_items)),
        f"boto3, BatchExecuteStatement of {GROUP}": lambda all_items: list(pool.map(insert, _groups(all_items))),
        "aiodynamo, PutItem": lambda all_items: asyncio.run(_aiodynamo(aws, all_items)),
        "botocore's signature, urllib3, PutItem": _signed(aws, pool),
    }


def _groups(all_items: Sequence[Attributes]) -> list[Sequence[Attributes]]:
    return [all_items[start : start + GROUP] for start in range(0, len(all_items), GROUP)]


def _insertion(item: Attributes) -> Any:
    names = ", ".join(f"'{name}': ?" for name in item)
    return {"Statement": f'INSERT INTO "{TABLE}" VALUE {{{names}}}', "Parameters": list(item.values())}


async def _aiodynamo(aws: AwsEndpoint, all_items: Sequence[Attributes]) -> None:
    async with ClientSession() as session:
        credentials = StaticCredentials(Key(ACCESS_KEY_ID, SECRET_ACCESS_KEY))
        table = Client(AIOHTTP(session), credentials, REGION, URL(aws.url)).table(TABLE)
        waiting = iter([{name: _plain(value) for name, value in item.items()} for item in all_items])

        async def work() -> None:
            for item in waiting:
                await table.put_item(item, condition=F("execution_id").does_not_exist())

        await asyncio.gather(*(work() for _ in range(THREADS)))


def _plain(value: dict[str, Any]) -> Any:
    ((kind, held),) = value.items()
    match kind:
        case "M":
            return {name: _plain(member) for name, member in held.items()}
        case "L":
            return [_plain(member) for member in held]
        case "N":
            return float(held)
    return held


def _signed(aws: AwsEndpoint, pool: ThreadPoolExecutor) -> Way:
    connections = urllib3.PoolManager(maxsize=THREADS)
    signer = SigV4Auth(Credentials(ACCESS_KEY_ID, SECRET_ACCESS_KEY), "dynamodb", REGION)
    url = f"{aws.url}/"
    headers = {"X-Amz-Target": OPERATION, "Content-Type": "application/x-amz-json-1.0"}

    def put(item: Attributes) -> None:
        body = json.dumps({"TableName": TABLE, "Item": item, "ConditionExpression": CONDITION}).encode()
        request = AWSRequest("POST", url, dict(headers), body)
        signer.add_auth(request)
        answer = connections.request("POST", url, body=body, headers=dict(request.headers))
        if answer.status != http.HTTPStatus.OK:
            raise RuntimeError(f"an item was not put: {answer.data!r}")

    return lambda all_items: list(pool.map(put, all_items))


def main() -> None:
    """Measure each way, and print the median of the rounds."""
    parser = argparse.ArgumentParser(prog="python -m bench.put_costs", description=__doc__)
    parser.add_argument("--items", type=int, default=ITEMS, help="items per round, %(default)s by default")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="%(default)s by default")
    figures.add_write_option(parser)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, ministack_alone(Path(folder)) as aws:
        aws.dynamodb().create_table(
            TableName=TABLE,
            KeySchema=[{"AttributeName": "execution_id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "execution_id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        known = ways(aws)
        spent: dict[str, list[float]] = {name: [] for name in known}
        for way in known.values():
            way(items(2 * GROUP))
        for _ in range(options.rounds):
            for name, way in known.items():
                new = items(options.items)
                began = time.process_time()
                way(new)
                spent[name].append(1_000 * (time.process_time() - began) / len(new))
    milliseconds = {name: round(statistics.median(times), 2) for name, times in spent.items()}
    for name, value in milliseconds.items():
        print(f"{value:.2f} ms  {name}")
    figures.write(options.write, figures.measured_now({"size": SIZE, "milliseconds": milliseconds}))


if __name__ == "__main__":
    main()
