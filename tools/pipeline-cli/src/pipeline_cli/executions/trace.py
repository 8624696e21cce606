"""Tracing a message: one search of the log, then the executions that it names, and the table.

Nothing is listed or scanned, so the time does not depend on the number of executions.
"""

from __future__ import annotations

import re
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from pipeline_cli.errors import CommandError
from pipeline_cli.executions import deliveries as outcomes
from pipeline_cli.executions.deliveries import Delivery, Executions
from pipeline_cli.executions.log_search import FAILED, RECEIVED, REJECTED, LogLine, LogSearch
from pipeline_cli.executions.places import Facts, Item, Place, QueueSettings, Waits, places_of
from pipeline_cli.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from pipeline_cli.executions.queue_look import Look
    from pipeline_cli.target import Target

_MESSAGE_ID = re.compile("[0-9A-Za-z-]{1,100}")
_MOST_EXECUTIONS = 50
_MOST_SEARCHES = 10
_THREADS = 8


@dataclass(frozen=True)
class TracedMessage:
    """A message with all its deliveries, including those after it was sent again."""

    first_id: str
    ids: tuple[str, ...]
    execution_id: str
    deliveries: tuple[Delivery, ...]
    item: Item | None
    places: tuple[Place, ...]


@dataclass(frozen=True)
class Trace:
    """The findings about an id, and the parts that could not be read."""

    asked: str
    messages: tuple[TracedMessage, ...]
    notes: tuple[str, ...]

    @property
    def found(self) -> bool:
        """Whether anything was found."""
        return any(message.deliveries or message.item for message in self.messages)


class Tracer:
    """Traces messages of one environment."""

    def __init__(
        self, target: Target, search: LogSearch, waits: Waits, now: datetime, look: Look | None = None
    ) -> None:
        """Use a log search; with a ``look`` at the queues, their contents are considered."""
        self._target = target
        self._search = search
        self._waits = waits
        self._look = look
        self._now = now
        self._notes: list[str] = []
        self._items: dict[str, Item | None] = {}
        self._executions = Executions(target.client("lambda"), target.intake)

    def trace(self, asked: str) -> Trace:
        """Trace a message, by its id or by that of its record.

        Raises:
            CommandError: It is neither, or belongs to another environment.
        """
        environment = self._target.environment
        message_id, key = _parsed(asked, environment)
        lines = self._by_key(asked) if key else self._by_message(message_id)
        first_ids = {one: first for line in lines for one, first in line.first_message_ids.items()}
        wanted = {message_id, first_ids.get(message_id, message_id)}
        pairs: dict[tuple[str, str], list[LogLine]] = defaultdict(list)
        for line in lines:
            for one in line.message_ids:
                if key or {one, first_ids.get(one)} & wanted:
                    pairs[one, line.execution].append(line)
        deliveries = self._deliveries(pairs)
        if key:
            deliveries = self._with_duplicates(asked, deliveries, pairs)
        groups: dict[str, list[Delivery]] = {} if key else {first_ids.get(message_id, message_id): []}
        for delivery in deliveries:
            first = delivery.record.message.first_message_id if delivery.record else None
            groups.setdefault(first or first_ids.get(delivery.message_id, delivery.message_id), []).append(delivery)
        if key and not groups:
            item = self._item(asked)
            groups = {item.message_id: []} if item else {}
        messages = [self._message(first, each, lines, asked if key else "") for first, each in groups.items()]
        return Trace(asked, tuple(messages), tuple(self._notes))

    def _by_message(self, message_id: str) -> list[LogLine]:
        lines = self._search.lines(message_id)
        first = next(
            (line.first_message_ids[message_id] for line in lines if message_id in line.first_message_ids), None
        )
        # The deliveries before it was sent again have only its original id.
        return _merged(lines, self._search.lines(first)) if first and first != message_id else lines

    def _by_key(self, execution_id: str) -> list[LogLine]:
        """Find the messages of a record with a key: no log line of a stored one has the key; its item has the id."""
        named = self._search.lines(execution_id)
        item = self._item(execution_id)
        ids = dict.fromkeys([*([item.message_id] if item else []), *(line.text("message_id") for line in named)])
        searched = [one for one in ids if one][:_MOST_SEARCHES]
        if len(searched) < len(ids):
            self._notes.append(f"the log names {len(ids)} messages with this key; {len(searched)} of them are traced")
        found = (line for one in searched for line in self._search.lines(one))
        wanted = {RECEIVED, REJECTED, FAILED}
        lines = [line for line in _merged(named, found) if line.message in wanted]
        first_ids = {one: first for line in lines for one, first in line.first_message_ids.items()}
        known = {*searched, *(one for one, first in first_ids.items() if first in searched)}
        return [_only(line, known) for line in lines]

    def _deliveries(self, pairs: dict[tuple[str, str], list[LogLine]]) -> list[Delivery]:
        newest = sorted(pairs, key=lambda pair: max(line.at for line in pairs[pair]))[-_MOST_EXECUTIONS:]
        if len(newest) < len(pairs):
            self._notes.append(f"the log names {len(pairs)} deliveries; the last {len(newest)} of them were read")
        with ThreadPoolExecutor(_THREADS) as pool:
            list(pool.map(self._executions.read, dict.fromkeys(arn for _, arn in newest)))
        found = [self._executions.delivery(message_id, arn, pairs[message_id, arn]) for message_id, arn in newest]
        return sorted(found, key=lambda delivery: delivery.at)

    def _with_duplicates(
        self, execution_id: str, deliveries: Sequence[Delivery], pairs: dict[tuple[str, str], list[LogLine]]
    ) -> list[Delivery]:
        """Add the messages that were merged with one that has the same key; none of their log lines has the key."""
        found = list(deliveries)
        known = {(one.message_id, one.execution.arn) for one in deliveries}
        for delivery in deliveries:
            for record in delivery.batch.by_identity.get(execution_id, ()) if delivery.batch else ():
                pair = record.message.message_id, delivery.execution.arn
                if pair not in known:
                    known.add(pair)
                    found.append(self._executions.delivery(*pair, pairs[delivery.message_id, delivery.execution.arn]))
        return sorted(found, key=lambda delivery: delivery.at)

    def _message(
        self, first_id: str, deliveries: Sequence[Delivery], lines: Sequence[LogLine], key: str
    ) -> TracedMessage:
        told = [one.record.execution_id for one in deliveries if one.record]
        logged = [line.text("execution_id") for line in lines if line.text("message_id") == first_id]
        assumed = f"{self._target.environment}-esm-{first_id}"
        identity = next(filter(None, (key, *told, *logged)), assumed)
        item = self._item(identity)
        ids = tuple(dict.fromkeys([first_id, *(delivery.message_id for delivery in deliveries)]))
        facts = Facts(self._settings(deliveries), self._waits, self._look, self._now)
        places = places_of(first_id, deliveries, item, facts)
        return TracedMessage(first_id, ids, identity, tuple(deliveries), item, tuple(places))

    def _item(self, execution_id: str) -> Item | None:
        if execution_id not in self._items:
            self._items[execution_id] = self._read_item(execution_id)
        return self._items[execution_id]

    def _read_item(self, execution_id: str) -> Item | None:
        try:
            content = Table(self._target.client("dynamodb"), self._target.resources.table_name).item(execution_id)
        except ClientError as error:
            self._notes.append(f"the table cannot be read: {error.response['Error']['Code']}")
            return None
        if content is None:
            return None
        receipt = {name: str(content.get(name, "")) for name in ("message_id", "stored_at", "data_digest")}
        return Item(execution_id, **receipt, content=content)

    def _settings(self, deliveries: Sequence[Delivery]) -> QueueSettings | None:
        if not deliveries or deliveries[-1].outcome not in (outcomes.FAILED, outcomes.DIED):
            return None
        try:
            return QueueSettings.read(self._target.client("sqs"), self._target.resources.queue_url)
        except ClientError as error:
            self._notes.append(f"the settings of the queue cannot be read: {error.response['Error']['Code']}")
            return None


def _parsed(asked: str, environment: str) -> tuple[str, bool]:
    """Return the message id and false, or the key and true."""
    if asked.startswith(f"{environment}-key-"):
        return asked.removeprefix(f"{environment}-key-"), True
    message_id = asked.removeprefix(f"{environment}-esm-")
    other = re.fullmatch("([a-z][a-z0-9-]{0,15}?)-(esm|key)-.+", message_id, re.DOTALL)
    if other:
        raise CommandError(f"this is a record of {other[1]}, not of {environment}: add --env {other[1]}")
    if not _MESSAGE_ID.fullmatch(message_id):
        raise CommandError(
            "expected the id of a message, as SQS gave it when it was sent, "
            f"or that of a record, {environment}-esm-MESSAGE_ID or {environment}-key-IDEMPOTENCY_KEY"
        )
    return message_id, False


def _merged(*found: Iterable[LogLine]) -> list[LogLine]:
    lines: list[LogLine] = []
    for line in (line for each in found for line in each):
        if line not in lines:
            lines.append(line)
    return sorted(lines, key=lambda line: line.at)


def _only(line: LogLine, ids: set[str]) -> LogLine:
    """Remove the other messages of the batch from a line."""
    if line.message != RECEIVED:
        return line
    fields = line.fields | {"message_ids": [one for one in line.message_ids if one in ids]}
    return LogLine(line.at, line.execution, line.message, fields)
