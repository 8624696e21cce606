"""Waiting for outcomes, and removing the sent messages, when AWS refuses some of the calls."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from boto3.dynamodb.types import TypeSerializer
from botocore.exceptions import ClientError
from pipeline_cli.patience import Patience
from pipeline_cli.snapshot import Unknown
from pipeline_cli.target import Resources, Target
from pipeline_contracts import parse_body
from pipeline_demo.lines import Line
from pipeline_demo.outcome import Outcome, Place, TrackedMessage
from pipeline_demo.sending import SentMessage
from pipeline_demo.verifying.marked_lines import MarkedLines
from pipeline_demo.verifying.removal import remove
from pipeline_demo.verifying.verification import Verification
from pipeline_testing.bodies import body
from test_audit import FakeQueueReader

if TYPE_CHECKING:
    from collections.abc import Mapping

KEYED = body(idempotency_key="k")
LINES = [Line(1, KEYED), Line(2, KEYED)]
MARKED = MarkedLines("r1", LINES, (), {1: Outcome.STORED, 2: Outcome.STORED}, (1, 2, 3))


def refuse(**_: Any) -> Any:
    raise ClientError({"Error": {"Code": "AccessDenied", "Message": "not you"}}, "Refused")


class FakeClient:
    """Refuses every call except the given ones."""

    def __init__(self, **calls: Any) -> None:
        self._calls = calls

    def __getattr__(self, name: str) -> Any:
        return self._calls.get(name, refuse)

    def get_paginator(self, _: str) -> FakeClient:
        return FakeClient()


class FakeTarget(Target):
    resources = Resources("queue", "dead", "invalid", "table", "arn:aws:lambda:r:1:function:f:live")

    def client(self, service: str) -> Any:
        return self.make_client(service)


class Environment:
    """One item, which both messages share, and nothing else that may be read or changed."""

    def __init__(self) -> None:
        self.in_queue, self.sleeps = 0, 0
        self.dead = FakeQueueReader()
        clients = {
            "sqs": FakeClient(send_message_batch=self._send, get_queue_attributes=self._count),
            "dynamodb": FakeClient(batch_get_item=self._items),
            "ssm": FakeClient(get_parameters=lambda **_: {"Parameters": []}),
        }
        target = FakeTarget("test", lambda service: clients.get(service, FakeClient()))
        invalid: Any = FakeQueueReader()
        self.target, self.verification = target, Verification(target, MARKED, invalid, self.dead)  # type: ignore[arg-type]

    def wait(self) -> bool:
        patience = Patience(2, interval=1, clock=lambda: self.sleeps, sleep=lambda _: self._sleep())
        self.verification.send(LINES)
        return self.verification.wait(patience, lambda _: None)

    def _sleep(self) -> None:
        self.sleeps += 1

    def _send(self, Entries: list[Mapping[str, Any]], **_: Any) -> Any:  # noqa: N803 - as boto3 has it
        return {"Successful": [{"Id": one["Id"], "MessageId": f"m{one['Id']}"} for one in Entries]}

    def _count(self, AttributeNames: list[str], **_: Any) -> Any:  # noqa: N803 - as boto3 has it
        return {"Attributes": dict.fromkeys(AttributeNames, str(self.in_queue))}

    def _items(self, **_: Any) -> Any:
        data = TypeSerializer().serialize(parse_body(KEYED))
        item = {"execution_id": {"S": "test-key-k"}, "message_id": {"S": "m0"}, "original_data": data}
        return {"Responses": {"table": [item]}}


@pytest.fixture
def environment() -> Environment:
    return Environment()


def test_without_the_log_a_duplicate_is_waited_for_until_the_queue_is_empty(environment: Environment) -> None:
    assert environment.wait()
    assert environment.sleeps == 0


def test_without_the_log_the_time_ends_the_wait_if_the_queue_is_never_empty(environment: Environment) -> None:
    environment.in_queue = 1

    assert not environment.wait()

    assert environment.verification.audit.pending == 1


def test_what_may_not_be_read_is_unknown(environment: Environment) -> None:
    environment.wait()

    evidence = environment.verification.findings({}).evidence

    assert isinstance(evidence.executions, Unknown)
    assert isinstance(evidence.alarms, Unknown)


def test_what_cannot_be_removed_is_named(environment: Environment) -> None:
    environment.in_queue = 1
    environment.wait()

    removal = remove(environment.target, environment.verification, "r1")

    assert (removal.items, removal.messages) == (0, 0)
    item, pending, unrecorded = removal.left
    assert item.startswith("the item test-key-k was not deleted: not allowed")
    assert pending == "messages without an outcome, which will be stored or rejected later: 1"
    assert unrecorded.startswith("it is done, but not recorded: not allowed")


def test_a_message_that_cannot_be_removed_from_its_queue_is_named(environment: Environment) -> None:
    environment.dead.add("m1")
    environment.wait()

    removal = remove(environment.target, environment.verification, "r1")

    assert "message m1 of a queue was not deleted: gone" in removal.left


def test_an_item_is_compared_with_the_messages_of_its_record_alone() -> None:
    def message(number: int) -> TrackedMessage:
        place = Place(Outcome.STORED, f"item {number}", 1.0)
        return TrackedMessage(SentMessage(Line(number, KEYED), f"m{number}", 0.0), place.execution_id, [place])

    compared: list[Any] = []
    client = FakeClient(delete_item=lambda **request: compared.append(request["ExpressionAttributeValues"]))
    target = FakeTarget("test", lambda _: client)
    audit = SimpleNamespace(messages=[message(number) for number in range(150)], pending=0)
    verification: Any = SimpleNamespace(audit=audit, invalid=FakeQueueReader(), dead=FakeQueueReader())

    removal = remove(target, verification, "r1")

    assert removal.items == 150
    assert {":id0": {"S": "m149"}} in compared
    assert max(map(len, compared)) == 1
