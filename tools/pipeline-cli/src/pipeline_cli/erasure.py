"""Removing one record from every place where AWS permits it."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from pipeline_cli.advice import advice, concerns_credentials, is_denied
from pipeline_cli.execution_search import find_executions, messages_of
from pipeline_cli.messages.hold import HIDDEN_SECONDS, kept_hidden
from pipeline_cli.queue_reader import QueueReader
from pipeline_cli.record_identity import identities_of, identity
from pipeline_cli.rejected_message import first_message_id, first_message_id_of_event, told_of
from pipeline_cli.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mypy_boto3_sqs.type_defs import MessageTypeDef

    from pipeline_cli.queue_reader import Contents
    from pipeline_cli.target import Target

LONGEST_RETENTION_DAYS = 90
"""https://docs.aws.amazon.com/lambda/latest/api/API_DurableConfig.html"""


@dataclass(frozen=True)
class ErasableRecord:
    """The record to which an id belongs."""

    execution_id: str
    message_ids: frozenset[str]
    """The known ones: that of its item, or the id itself."""
    item: dict[str, Any] | None


@dataclass
class Erasure:
    """The removed data, and the data that could not be removed."""

    item: bool = False
    dead_letters: int = 0
    invalid_messages: int = 0
    executions: list[str] = field(default_factory=list)
    unidentified: int = 0
    """The number of messages in the invalid message queue without any identity."""
    undone: list[str] = field(default_factory=list)

    @property
    def nothing(self) -> bool:
        """Whether nothing of the record was found."""
        return not (self.item or self.dead_letters or self.invalid_messages or self.executions or self.undone)

    def entry(self, execution_id: str) -> dict[str, Any]:
        """Describe it for the operations log; an idempotency key may be personal data, so only its digest is logged."""
        return {
            "action": "erase",
            "execution_id_sha256": hashlib.sha256(execution_id.encode()).hexdigest(),
            "item": self.item,
            "dead_letters": self.dead_letters,
            "invalid_messages": self.invalid_messages,
            "executions": len(self.executions),
            "undone": len(self.undone),
        }


def find_record(target: Target, id_: str, since: datetime) -> ErasableRecord:
    """Find the record of an execution id or a message id.

    A message with an idempotency key is stored under that key. Its message id leads to it through its executions,
    as far back as the log and the histories reach.
    """
    table = Table(target.client("dynamodb"), target.resources.table_name)
    by_message = f"{target.environment}-esm-"
    if id_.startswith((by_message, f"{target.environment}-key-")):
        execution_id, known = id_, {id_.removeprefix(by_message)} if id_.startswith(by_message) else set[str]()
    else:
        execution_id, known = f"{by_message}{id_}", {id_}
        if table.item(execution_id) is None:
            execution_id = _identity_in_executions(target, id_, since) or execution_id
    item = table.item(execution_id)
    if item and isinstance(item.get("message_id"), str):
        known.add(item["message_id"])
    return ErasableRecord(execution_id, frozenset(known), item)


def erase(target: Target, record: ErasableRecord, since: datetime, show: Callable[[str], None]) -> Erasure:
    """Remove a record. Failures are reported with the ids that a second run needs to find the remaining data."""
    erasure = Erasure()
    ids = set(record.message_ids)

    def is_it(message: MessageTypeDef, *, rejected: bool) -> bool:
        if record.execution_id not in identities_of(target.intake, message, rejected=rejected):
            return False
        ids.update((message["MessageId"], first_message_id(message)))
        return True

    def matches_rejected(message: MessageTypeDef) -> bool:
        found = is_it(message, rejected=True)
        erasure.unidentified += not found and not told_of(message)
        return found

    resources = target.resources

    def sweep(queue: str, url: str, matches: Callable[[MessageTypeDef], bool]) -> int:
        show(f"looking through the {queue}")
        reader = QueueReader(target.client("sqs"), url, hidden_seconds=HIDDEN_SECONDS)
        with kept_hidden(reader):
            contents = reader.all_messages()
            found = [message["MessageId"] for message in contents.messages if matches(message)]
            problems = reader.delete(found)
        erasure.undone += _unseen(queue, contents)
        erasure.undone += (f"a message of the {queue} was not deleted: {problem}" for problem in problems.values())
        return len(found) - len(problems)

    with _undone(erasure, "the dead letters were not deleted"):
        erasure.dead_letters = sweep(
            "dead-letter queue", resources.dead_letter_queue_url, partial(is_it, rejected=False)
        )
    with _undone(erasure, "the invalid messages were not deleted"):
        url = resources.invalid_message_queue_url
        erasure.invalid_messages = sweep("invalid message queue", url, matches_rejected)
    with _undone(erasure, "not all executions were found", f"; erase its messages later: {', '.join(sorted(ids))}"):
        show("searching the log for executions")
        _erase_executions(target, record.execution_id, ids, since, erasure)
    with _undone(erasure, "the item was not deleted"):
        show("deleting the item")
        key = {"execution_id": {"S": record.execution_id}}
        deleted = target.client("dynamodb").delete_item(TableName=resources.table_name, Key=key, ReturnValues="ALL_OLD")
        erasure.item = "Attributes" in deleted
    return erasure


@contextmanager
def _undone(erasure: Erasure, what: str, remedy: str = "") -> Iterator[None]:
    """Continue with the other parts even if AWS refuses this one."""
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        if isinstance(error, ClientError) and concerns_credentials(error):
            raise
        erasure.undone.append(f"{what}: {advice(error)}{remedy}")


def retention(target: Target) -> timedelta:
    """Return the retention of the histories of finished executions."""
    described = target.client("lambda").get_function(FunctionName=target.resources.function_arn)["Configuration"]
    days = described.get("DurableConfig", {}).get("RetentionPeriodInDays", LONGEST_RETENTION_DAYS)
    return timedelta(days=days)


def remains(target: Target, record: ErasableRecord, erasure: Erasure) -> list[str]:
    """Describe the remaining data of a record, and how long each is retained."""
    now = datetime.now(UTC)
    attributes = target.client("sqs").get_queue_attributes(
        QueueUrl=target.resources.queue_url, AttributeNames=["MessageRetentionPeriod"]
    )["Attributes"]
    queue_days = int(attributes["MessageRetentionPeriod"]) / 86_400
    left = [
        f"backups of the table: point-in-time recovery can restore the item, until {now + timedelta(days=35):%Y-%m-%d}",
        f"log lines: the ids of the record and its messages, no data, {_log_retention(target, now)}",
        "the operations log: the ids of messages that were sent again, for as long as it keeps its lines",
        f"the source queue: it cannot be searched. A copy in it would be stored again, and is kept for at most "
        f"{queue_days:g} days: run this again when the queue is empty",
        "exports of queues and histories that operators made",
    ]
    if record.execution_id.startswith(f"{target.environment}-key-"):
        left.append(
            "executions that had other messages with this idempotency key, whose ids are not known: until "
            f"{now + retention(target):%Y-%m-%d}"
        )
    if erasure.unidentified:
        left.append(
            f"messages of the invalid message queue that do not identify their record ({erasure.unidentified}), "
            "in case one of them is this record without its key: until 14 days after they were rejected"
        )
    return left


def _identity_in_executions(target: Target, message_id: str, since: datetime) -> str | None:
    for arn in find_executions(target, [message_id], since).arns:
        for message in messages_of(target, arn):
            if message_id in (message["messageId"], first_message_id_of_event(message)):
                return _identity_of(target, message)
    return None


def _erase_executions(target: Target, execution_id: str, ids: set[str], since: datetime, erasure: Erasure) -> None:
    found = find_executions(target, sorted({*ids, execution_id}), since)
    if not found.complete:
        erasure.undone.append(f"the log has more lines than were searched for executions of {', '.join(sorted(ids))}")
    for arn in found.arns:
        message_ids = [
            message["messageId"]
            for message in messages_of(target, arn)
            if _identity_of(target, message) == execution_id
        ]
        if not message_ids:
            continue
        try:
            target.client("lambda").delete_durable_execution(DurableExecutionArn=arn)
        except ClientError as error:
            erasure.undone.append(f"the execution {arn} was not deleted: {_why_kept(error, message_ids[0])}")
        else:
            erasure.executions.append(arn)


def _why_kept(error: ClientError, message_id: str) -> str:
    if error.response["Error"]["Code"] == "ResourceConflictException":
        return f"it is still running; when it has ended, erase its message {message_id}"
    if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") == HTTPStatus.NOT_IMPLEMENTED:
        return "the emulated AWS cannot delete executions, and keeps them until it is stopped"
    return advice(error)


def _identity_of(target: Target, message: dict[str, Any]) -> str:
    return identity(target.intake, first_message_id_of_event(message), message["body"])


def _unseen(queue: str, contents: Contents) -> list[str]:
    unseen = []
    if contents.unread:
        unseen.append(f"messages of the {queue} that could not be read: about {contents.unread:,}")
    if contents.hidden:
        unseen.append(
            f"hidden messages of the {queue}, because somebody else has received them: about {contents.hidden:,}"
        )
    return unseen


def _log_retention(target: Target, now: datetime) -> str:
    group = target.resources.log_group
    try:
        described = target.client("logs").describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    except ClientError as error:
        if is_denied(error):
            return "for as long as the log keeps them (LogRetentionDays)"
        raise
    days = next((one.get("retentionInDays") for one in described if one["logGroupName"] == group), None)
    return f"until {now + timedelta(days=days):%Y-%m-%d}" if days else "indefinitely: the log has no retention period"
