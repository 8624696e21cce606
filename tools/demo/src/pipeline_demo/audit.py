"""Accounting for every sent message, using only the table and the queues."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, Any

from pipeline_cli.executions.deliveries import Reason
from pipeline_cli.intake import Intake
from pipeline_cli.messages.attributes import producers
from pipeline_cli.messages.content import content_of
from pipeline_cli.messages.failure import rejection_of
from pipeline_cli.outputs import StackOutputs
from pipeline_cli.queue_reader import QueueReader
from pipeline_cli.rejected_message import RejectedMessage
from pipeline_cli.table import Table
from pipeline_contracts.envelopes import Envelope

from pipeline_demo.data import data_of, same_data
from pipeline_demo.outcome import UNEXPLAINED, Outcome, Place, TrackedMessage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, KeysView, Mapping

    from local_aws.emulator import Emulator
    from mypy_boto3_sqs.type_defs import MessageTypeDef
    from pipeline_cli.messages.failure import Failure
    from pipeline_cli.table import StoredItem

    from pipeline_demo.sending import SentMessage

_KEYS_AT_ONCE = 100
# Messages are processed roughly in the order of sending. After this many consecutive misses, the rest is left
# for the next look.
_MISSES = 3


class Audit:
    """Follows the sent messages; ``intake`` reads their bodies as the environment does.

    A message counts as stored if the item of its record holds its data. Two messages with the same ``idempotency_key``
    share an item: the second is stored if it has the same data, and must be rejected or fail if it has other data.
    """

    def __init__(
        self,
        table: Table,
        invalid: QueueReader,
        dead: QueueReader,
        *,
        intake: Intake,
        mark: tuple[str, str] | None = None,
    ) -> None:
        """Look for messages in the table, the invalid message queue and the dead-letter queue.

        With ``mark``, every message was sent with the message attribute of that name and value.
        """
        self._mark = mark
        self._table = table
        self._invalid = invalid
        self._dead = dead
        self._intake = intake
        self._tracked: dict[str, TrackedMessage] = {}
        self._pending: dict[str, TrackedMessage] = {}
        self.strays: list[str] = []

    @classmethod
    def of(cls, aws: Emulator) -> Audit:
        """Audit the stack of an emulated AWS."""
        sqs, outputs, parameters = aws.endpoint.sqs(), StackOutputs.of(aws.outputs), aws.deployment.parameters
        return cls(
            Table(aws.endpoint.dynamodb(), outputs.table_name),
            QueueReader(sqs, outputs.invalid_message_queue_url),
            QueueReader(sqs, outputs.dead_letter_queue_url),
            intake=Intake(parameters["EnvironmentName"], Envelope(parameters.get("Envelope", Envelope.NONE))),
        )

    @property
    def messages(self) -> list[TrackedMessage]:
        """The findings about each message, in the order of sending."""
        return list(self._tracked.values())

    @property
    def message_ids(self) -> KeysView[str]:
        """The ids of all messages."""
        return self._tracked.keys()

    @property
    def pending_ids(self) -> KeysView[str]:
        """The ids of the messages that have not been found anywhere yet."""
        return self._pending.keys()

    @property
    def pending(self) -> int:
        """The number of messages that have not been found anywhere yet.

        A message that shares its item with another one leaves no trace of its own when it is stored: it is pending
        until ``finish``.
        """
        return len(self._pending)

    def counts(self) -> Counter[Outcome]:
        """Count the messages by outcome, each of them once."""
        return Counter(tracked.outcome for tracked in self._tracked.values())

    def add(self, message: SentMessage) -> None:
        """Track one more message."""
        content = content_of(message.line.body, self._intake)
        identity = self._intake.identity(message.message_id, content.parsed)
        tracked = TrackedMessage(message, identity, data=data_of(content.text or message.line.body))
        self._tracked[message.message_id] = self._pending[message.message_id] = tracked

    def look(self) -> None:
        """Look for the messages that have not been found anywhere yet."""
        self._read_queues()
        pending = list(self._pending.values())
        misses = 0
        for start in range(0, len(pending), _KEYS_AT_ONCE):
            part = pending[start : start + _KEYS_AT_ONCE]
            items = self._table.items({tracked.execution_id for tracked in part})
            for tracked in part:
                item = items.get(tracked.execution_id)
                if item and _is_own(item, tracked) and _holds(item, tracked):
                    self._found(tracked, Outcome.STORED)
            misses = 0 if items else misses + 1
            if misses == _MISSES:
                break

    def finish(self) -> None:
        """Look everywhere once more, for found messages too, and make the messages in the queues visible again.

        Afterwards, a message that is in two places has both, and ``strays`` lists those that nobody sent.
        """
        self.settle(self._table.all_items())
        self._invalid.put_back()
        self._dead.put_back()

    def settle(self, items: Iterable[StoredItem]) -> None:
        """Look into the queues once more, and compare all messages with the items."""
        self._read_queues()
        records: defaultdict[str, list[TrackedMessage]] = defaultdict(list)
        for tracked in self._tracked.values():
            records[tracked.execution_id].append(tracked)
        for item in items:
            if item.execution_id not in records:
                self.strays.append(f"item {item.execution_id} of the table")
            for tracked in records.pop(item.execution_id, []):
                self._compare(item, tracked)
        for tracked in chain.from_iterable(records.values()):
            if Outcome.STORED in tracked.outcomes:
                tracked.places = [place for place in tracked.places if place.outcome is not Outcome.STORED]
                tracked.loss, tracked.deleted = "its item was in the table, and has been deleted", True

    def items(self) -> Iterator[StoredItem]:
        """Yield the items of the messages, without reading others in the table."""
        keys = sorted({tracked.execution_id for tracked in self._tracked.values()})
        for start in range(0, len(keys), _KEYS_AT_ONCE):
            yield from self._table.items(keys[start : start + _KEYS_AT_ONCE]).values()

    def explain(self, failures: Mapping[str, Failure], executions: Mapping[str, str]) -> None:
        """Add their last failures to the dead letters, and their executions to all messages; both are by message id."""
        for message_id, tracked in self._tracked.items():
            tracked.execution_arn = executions.get(message_id, "")
            if failure := failures.get(message_id):
                why, arn = reason_of(failure), failure.execution_arn
                tracked.places = [
                    replace(place, why=why, execution_arn=arn) if place.outcome is Outcome.FAILED else place
                    for place in tracked.places
                ]

    def violations(self) -> list[str]:
        """List violations of the invariant: messages with no outcome or with two, and messages that nobody sent."""
        broken = [f"{stray} belongs to no message that was sent" for stray in self.strays]
        for tracked in self._tracked.values():
            if not tracked.places:
                broken.append(f"message {tracked.message.message_id} is lost: {tracked.loss}")
            elif len(tracked.outcomes) > 1:
                places = " and ".join(sorted(tracked.outcomes))
                broken.append(f"message {tracked.message.message_id} has two outcomes: {places}")
        return broken

    def _compare(self, item: StoredItem, tracked: TrackedMessage) -> None:
        own = _is_own(item, tracked)
        if not _holds(item, tracked):
            whose = "its own" if own else f"that of message {item.message_id} with the same idempotency_key"
            tracked.loss = f"its item, {whose}, holds other data, and it is in no queue"
            tracked.altered = own
        elif Outcome.STORED not in tracked.outcomes and (own or not tracked.places):
            note = "" if own else f"stored once, with message {item.message_id}, which has the same idempotency_key"
            self._found(tracked, Outcome.STORED, note=note)

    def _read_queues(self) -> None:
        for message in self._invalid.new_messages():
            rejected = RejectedMessage.read(message)
            if tracked := self._owner(message, rejected.message_id):
                told = rejection_of(message)
                identity = rejected.execution_id or tracked.execution_id
                own = {"queued_id": message["MessageId"], "attributes": producers(message)}
                self._found(
                    tracked, Outcome.REJECTED, identity, reason_of(told), execution_arn=told.execution_arn, **own
                )
        for message in self._dead.new_messages():
            if tracked := self._owner(message, message["MessageId"]):
                count = message.get("Attributes", {}).get("ApproximateReceiveCount", "?")
                note = f"in the dead-letter queue, received {count} times"
                self._found(tracked, Outcome.FAILED, note=note, queued_id=message["MessageId"])

    def _owner(self, message: MessageTypeDef, message_id: str) -> TrackedMessage | None:
        """Find the sent message of which this is a copy: by its id, or by its body if it has no message id."""
        sent = chain(self._pending.values(), self._tracked.values())
        same_body = (each for each in sent if each.message.line.body == message["Body"] and self._is_marked(message))
        tracked = self._tracked.get(message_id) if message_id else next(same_body, None)
        if tracked is None:
            self.strays.append(f"message {message['MessageId']} of a queue ({message['Body'][:80]})")
        return tracked

    def _is_marked(self, message: MessageTypeDef) -> bool:
        if self._mark is None:
            return True
        name, value = self._mark
        attribute = producers(message).get(name)
        return attribute is not None and attribute.value == value

    def _found(
        self,
        tracked: TrackedMessage,
        outcome: Outcome,
        execution_id: str = "",
        why: Reason = UNEXPLAINED,
        **told: Any,
    ) -> None:
        seconds, identity = time.monotonic() - tracked.message.at, execution_id or tracked.execution_id
        tracked.places.append(Place(outcome, identity, seconds, why, **told))
        self._pending.pop(tracked.message.message_id, None)


def reason_of(failure: Failure) -> Reason:
    """Return the reason of a failure or a rejection, without its circumstances."""
    return Reason(failure.stage, failure.code, failure.field, failure.reason)


def _is_own(item: StoredItem, tracked: TrackedMessage) -> bool:
    return item.message_id == tracked.message.message_id


def _holds(item: StoredItem, tracked: TrackedMessage) -> bool:
    return same_data(item.data, tracked.data)
