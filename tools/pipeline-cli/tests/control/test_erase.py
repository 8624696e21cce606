"""Removing a record: from a real table, real queues and a real log, with executions in a fake."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from aws_environment import body, own
from botocore.exceptions import ClientError
from pipeline_cli import app, queue_reader
from pipeline_cli.commands import erase
from pipeline_cli.erasure import erase as erase_record
from pipeline_cli.erasure import find_record

if TYPE_CHECKING:
    from collections.abc import Callable

    from control.conftest import Environment, Refusing

DEAD, INVALID = "dead", "invalid"
ID = "19dd0b57-b21e-4ac1-bd88-01bbb068cb78"


def message(message_id: str, text: str, first_id: str | None = None) -> dict[str, Any]:
    """Return a message as Lambda writes it into an event."""
    attributes = {"durable_pipeline": {"stringValue": json.dumps({"message_id": first_id})}} if first_id else {}
    return {"messageId": message_id, "body": text, "messageAttributes": attributes}


class Executions:
    """Lambda with executions by ARN, and the messages that started each."""

    def __init__(self, real: Any, executions: dict[str, list[dict[str, Any]]], **refusals: str) -> None:
        self._real = real
        self._executions = executions
        self._refusals = refusals
        self.deleted: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def get_function(self, **request: Any) -> Any:
        described = self._real.get_function(**request)
        return {"Configuration": described["Configuration"] | {"DurableConfig": {"RetentionPeriodInDays": 7}}}

    def get_durable_execution(self, DurableExecutionArn: str, **_: Any) -> dict[str, Any]:  # noqa: N803
        if DurableExecutionArn not in self._executions:
            raise ClientError({"Error": {"Code": "ResourceNotFoundException"}}, "GetDurableExecution")
        return {"InputPayload": json.dumps({"Records": self._executions[DurableExecutionArn]})}

    def delete_durable_execution(self, DurableExecutionArn: str) -> None:  # noqa: N803 - boto3's name
        if code := self._refusals.get(DurableExecutionArn):
            error: Any = {
                "Error": {"Code": code},
                "ResponseMetadata": {"HTTPStatusCode": 501 if code == "501" else 400},
            }
            raise ClientError(error, "DeleteDurableExecution")
        self.deleted.append(DurableExecutionArn)


@pytest.fixture
def run(environment: Environment, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    environment.fakes["lambda"] = Executions(environment.client("lambda"), {})
    monkeypatch.setattr(queue_reader, "_WAIT_SECONDS", 0)
    monkeypatch.setattr(erase, "target", lambda *_, **__: environment.target)
    return lambda *words: app.main(["erase", *words])


def store(environment: Environment, execution_id: str, message_id: str) -> None:
    item = {"execution_id": execution_id, "message_id": message_id, "stored_at": "2026-11-26T10:00:00.000000Z"}
    environment.put_items([item])


def stored(environment: Environment) -> set[str]:
    items = environment.dynamodb.scan(TableName=f"{environment.prefix}-table")["Items"]
    return {item["execution_id"]["S"] for item in items}


def send(environment: Environment, queue: str, text: str, **told: str) -> str:
    (sent,) = environment.send(queue, [text], own(told) if told else None)
    return sent


def log_received(environment: Environment, arn: str, *message_ids: str, days_ago: float = 0) -> None:
    line = {"message": "batch is received", "message_ids": message_ids, "executionArn": arn}
    environment.log(line, at=datetime.now(UTC) - timedelta(days=days_ago))


def executions(environment: Environment, of: dict[str, list[dict[str, Any]]], **refusals: str) -> Executions:
    fake = Executions(environment.client("lambda"), of, **refusals)
    environment.fakes["lambda"] = fake
    return fake


def test_a_record_is_removed_everywhere_and_its_neighbours_stay(
    environment: Environment, run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    key = f"{environment.name}-key-order-1"
    store(environment, key, ID)
    store(environment, f"{key}1", "other")
    dead = send(environment, DEAD, body(idempotency_key="order-1"))
    send(environment, DEAD, body(idempotency_key="order-11"))
    send(environment, INVALID, body(idempotency_key="order-1", n=2), execution_id=key, message_id="m2")
    send(environment, INVALID, "{}", execution_id=f"{key}1", message_id="m3")
    fake = executions(
        environment,
        {
            "first": [message(ID, body(idempotency_key="order-1"))],
            "dead": [message("x", "nope"), message(dead, body(idempotency_key="order-1"))],
            "again": [message("m9", body(idempotency_key="order-1"), first_id="m2")],
            "other": [message("m3", body(idempotency_key="order-11"))],
        },
    )
    log_received(environment, "first", ID)
    log_received(environment, "dead", "x", dead)
    log_received(environment, "again", "m2")
    log_received(environment, "gone", ID, days_ago=6)
    environment.log({"message": "message is rejected", "execution_id": f"{key}1", "executionArn": "other"})

    assert run(key, "--yes") == 0

    assert stored(environment) == {f"{key}1"}
    assert (environment.depth(DEAD), environment.depth(INVALID)) == (1, 1)
    assert sorted(fake.deleted) == ["again", "dead", "first"]
    told = capsys.readouterr().out
    assert f"execution_id  {key}\nmessage_id    {ID}\nstored_at     2026-11-26T10:00:00.000000Z" in told
    assert "point-in-time recovery can restore the item, until" in told
    assert "the source queue: it cannot be searched" in told
    assert "for at most 4 days" in told
    assert "executions that had other messages with this idempotency key" in told
    (line,) = environment.operations()
    assert line.pop("at")
    assert line.pop("by")
    assert line == {
        "action": "erase",
        "command": "erase",
        "execution_id_sha256": hashlib.sha256(key.encode()).hexdigest(),
        "item": True,
        "dead_letters": 1,
        "invalid_messages": 1,
        "executions": 3,
        "undone": 0,
    }
    assert "order-1" not in json.dumps(line)


def test_a_message_id_leads_to_the_record_of_its_key(environment: Environment, run: Callable[..., int]) -> None:
    key = f'{environment.name}-key-a "ä"'
    store(environment, key, "first")
    keyed = body(idempotency_key='a "ä"')
    fake = executions(environment, {"arn": [message("second", keyed, first_id=ID)], "rejected": [message("x", keyed)]})
    log_received(environment, "arn", "second", ID)
    line = {"message": "message is rejected", "execution_id": key, "executionArn": "rejected"}
    environment.log(line)

    assert run(ID, "--yes") == 0

    assert not stored(environment)
    assert fake.deleted == ["arn", "rejected"]


def test_a_message_id_without_a_key_leads_to_its_own_record(environment: Environment, run: Callable[..., int]) -> None:
    store(environment, f"{environment.name}-esm-{ID}", ID)

    assert run(ID, "--yes") == 0
    assert not stored(environment)


def test_a_rejected_message_that_says_nothing_is_found_by_its_key_or_counted(
    environment: Environment, run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    send(environment, INVALID, body(idempotency_key="k"))
    send(environment, INVALID, "a body of an earlier model", execution_id=f"{environment.name}-key-k")
    send(environment, INVALID, "nope")

    assert run(f"{environment.name}-key-k", "--yes") == 0
    assert environment.depth(INVALID) == 1
    assert "messages of the invalid message queue that do not identify their record (1)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("ResourceConflictException", f"it is still running; when it has ended, erase its message {ID}"),
        ("501", "the emulated AWS cannot delete executions"),
        ("AccessDeniedException", "not allowed: DeleteDurableExecution. It is in the policy erasers"),
    ],
)
def test_an_execution_that_cannot_be_deleted_is_undone_and_the_rest_is_done(
    environment: Environment, run: Callable[..., int], capsys: pytest.CaptureFixture[str], code: str, told: str
) -> None:
    execution_id = f"{environment.name}-esm-{ID}"
    store(environment, execution_id, ID)
    executions(environment, {"arn": [message(ID, body())]}, arn=code)
    log_received(environment, "arn", ID)

    assert run(execution_id, "--yes") == 1

    assert not stored(environment)
    assert f"not all of it was erased:\n    the execution arn was not deleted: {told}" in capsys.readouterr().err
    assert environment.operations()[0]["undone"] == 1


def test_executions_older_than_their_retention_are_not_searched(
    environment: Environment, run: Callable[..., int]
) -> None:
    store(environment, f"{environment.name}-esm-{ID}", ID)
    fake = executions(environment, {"old": [message(ID, body())]})
    log_received(environment, "old", ID, days_ago=9)

    assert run(ID, "--yes") == 0
    assert not fake.deleted


def test_nothing_is_done_without_a_yes(
    environment: Environment, run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    store(environment, f"{environment.name}-esm-{ID}", ID)

    assert run(ID) == 1
    assert stored(environment)
    assert "nothing was erased; to skip the question, add --yes" in capsys.readouterr().err


def test_an_id_of_which_nothing_is_found_is_an_error(
    environment: Environment, run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(ID, "--yes") == 1
    assert f"nothing was found for {ID} in {environment.name}" in capsys.readouterr().err
    assert not environment.operations()


def test_messages_that_could_not_be_looked_at_are_undone(
    environment: Environment,
    run: Callable[..., int],
    capsys: pytest.CaptureFixture[str],
) -> None:
    for number in range(25):
        send(environment, DEAD, body(n=number))
    send(environment, INVALID, body(), execution_id="x")
    environment.sqs.receive_message(QueueUrl=environment.url(INVALID), VisibilityTimeout=900)

    assert run(ID, "--yes") == 1

    error = capsys.readouterr().err
    assert "hidden messages of the invalid message queue, because somebody else has received them: about 1" in error
    assert environment.depth(DEAD) == 25


def test_messages_are_put_back_if_a_deletion_fails_and_the_rest_is_done(
    environment: Environment,
    run: Callable[..., int],
    refusing: type[Refusing],
    capsys: pytest.CaptureFixture[str],
) -> None:
    dead = send(environment, DEAD, body())
    store(environment, f"{environment.name}-esm-{dead}", dead)
    for number in range(5):
        send(environment, DEAD, body(n=number))
    environment.fakes["sqs"] = refusing(environment.client("sqs"), "AccessDenied", "delete_message_batch")

    assert run(dead, "--yes") == 1
    assert environment.depth(DEAD) == 6
    assert not stored(environment)
    assert (
        "a message of the dead-letter queue was not deleted: not allowed: test:DeleteMessageBatch"
        in capsys.readouterr().err
    )


def test_nothing_more_is_tried_when_the_credentials_have_expired(
    environment: Environment, run: Callable[..., int], refusing: type[Refusing]
) -> None:
    store(environment, f"{environment.name}-esm-{ID}", ID)
    environment.fakes["sqs"] = refusing(environment.client("sqs"), "ExpiredToken", "receive_message")

    assert run(ID, "--yes") == 1
    assert stored(environment)


def test_a_log_with_more_than_is_searched_is_undone(
    environment: Environment, run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    real = environment.client("logs")

    class Endless:
        def __getattr__(self, name: str) -> Any:
            return getattr(real, name)

        def filter_log_events(self, **_: Any) -> dict[str, Any]:
            return {"events": [{"message": f"not JSON {ID}"}], "nextToken": "more"}

    environment.fakes["logs"] = Endless()
    store(environment, f"{environment.name}-esm-{ID}", ID)

    assert run(ID, "--yes") == 1
    assert "the log has more lines than were searched for executions" in capsys.readouterr().err


def test_a_caller_who_may_not_read_the_retention_of_the_log_is_still_told_the_rest(
    environment: Environment,
    run: Callable[..., int],
    refusing: type[Refusing],
    capsys: pytest.CaptureFixture[str],
) -> None:
    environment.fakes["logs"] = refusing(environment.client("logs"), "AccessDeniedException", "describe_log_groups")
    store(environment, f"{environment.name}-esm-{ID}", ID)

    assert run(ID, "--yes") == 0
    assert "for as long as the log keeps them (LogRetentionDays)" in capsys.readouterr().out


def test_what_a_message_says_does_nothing_to_the_terminal(
    environment: Environment, run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    key = f"{environment.name}-key-\x1b[31m\u202e"
    store(environment, key, "\x1b[2J")

    assert run(key, "--yes") == 0
    assert not {"\x1b", "\u202e"} & {*capsys.readouterr().out}


def test_a_program_reads_what_was_erased_as_json(
    environment: Environment, run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    store(environment, f"{environment.name}-esm-{ID}", ID)

    assert run(ID, "--json") == 2
    assert run(ID, "--yes", "--json") == 0

    told = json.loads(capsys.readouterr().out)
    assert (told["item"], told["dead_letters"], told["undone"]) == (True, 0, [])
    assert any("point-in-time recovery" in line for line in told["remains"])


def test_what_a_producer_writes_into_our_attribute_stops_nothing(
    environment: Environment, run: Callable[..., int]
) -> None:
    forged = send(environment, DEAD, body(), message_id="not an id!")
    identity = f"{environment.name}-esm-{forged}"
    store(environment, identity, forged)
    binary = message("m2", body())
    binary["messageAttributes"] = {"durable_pipeline": {"dataType": "Binary", "binaryValue": "e30="}}
    had = executions(environment, {"both": [binary, message(forged, body(), "not an id!")]})
    log_received(environment, "both", "m2", forged)

    assert run(identity, "--yes") == 0

    assert had.deleted == ["both"]
    assert environment.depth(DEAD) == 0
    assert not stored(environment)


def test_a_dead_letter_is_what_its_body_is_and_not_what_it_says(
    environment: Environment, run: Callable[..., int]
) -> None:
    old = f"{environment.name}-key-old"
    store(environment, old, ID)
    send(environment, DEAD, body(idempotency_key="new"), execution_id=old)

    assert run(old, "--yes") == 0

    assert environment.depth(DEAD) == 1


def test_an_item_that_was_stored_meanwhile_is_deleted(environment: Environment) -> None:
    since = datetime.now(UTC) - timedelta(days=1)
    environment.fakes["lambda"] = Executions(environment.client("lambda"), {})
    record = find_record(environment.target, ID, since)
    store(environment, record.execution_id, ID)

    assert erase_record(environment.target, record, since, lambda _: None).item
    assert not stored(environment)


def test_what_a_failed_search_did_not_find_is_named(
    environment: Environment, run: Callable[..., int], refusing: type[Refusing], capsys: pytest.CaptureFixture[str]
) -> None:
    key = f"{environment.name}-key-order-1"
    store(environment, key, ID)
    environment.fakes["logs"] = refusing(environment.client("logs"), "ThrottlingException", "filter_log_events")

    assert run(key, "--yes") == 1

    error = capsys.readouterr().err
    assert "not all executions were found" in error
    assert f"erase its messages later: {ID}" in error
    assert len(environment.operations()) == 1
