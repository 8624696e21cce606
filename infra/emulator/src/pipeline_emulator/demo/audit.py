"""Accounting for every sent message, from the table and the queues themselves."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING

from pipeline_emulator.demo.outcome import Fate, Outcome, Sighting, execution_id_of
from pipeline_emulator.demo.queue_reader import QueueReader
from pipeline_emulator.demo.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mypy_boto3_sqs.type_defs import MessageTypeDef

    from pipeline_emulator.demo.sending import SentMessage
    from pipeline_emulator.emulator import Emulator

_KEYS_AT_ONCE = 100
# Messages are processed about in the order in which they were sent. So many times in a row nothing may be found
# before the rest is left for the next look.
_MISSES = 3


class Audit:
    """Follows the sent messages; ``environment`` is the deployed EnvironmentName."""

    def __init__(self, table: Table, invalid: QueueReader, dead: QueueReader, *, environment: str) -> None:
        """Look for messages in the table, the invalid message queue and the dead letter queue."""
        self._table = table
        self._invalid = invalid
        self._dead = dead
        self._environment = environment
        self._fates: dict[str, Fate] = {}
        self._pending: dict[str, Fate] = {}
        self._twins: set[str] = set()
        self.strays: list[str] = []

    @classmethod
    def of(cls, aws: Emulator) -> Audit:
        """Audit the stack of an emulated AWS."""
        sqs = aws.endpoint.sqs()
        return cls(
            Table(aws.endpoint.dynamodb(), aws.outputs.table_name),
            QueueReader(sqs, aws.outputs.invalid_message_queue_url),
            QueueReader(sqs, aws.outputs.dead_letter_queue_url),
            environment=aws.deployment.parameters["EnvironmentName"],
        )

    @property
    def fates(self) -> list[Fate]:
        """What is known of each message, in the order of sending."""
        return list(self._fates.values())

    @property
    def pending(self) -> int:
        """How many messages were found nowhere yet."""
        return len(self._pending)

    @property
    def only_twins_pending(self) -> bool:
        """Whether all that are pending have their key, and thus their item, in common with another message.

        Such a message leaves no trace of its own when it is stored: it has its outcome once the queue is empty.
        """
        return self._pending.keys() <= self._twins

    def counts(self) -> Counter[Outcome]:
        """Count the messages by outcome, each once."""
        return Counter(fate.outcome for fate in self._fates.values())

    def add(self, message: SentMessage) -> None:
        """Follow one more message."""
        identity = execution_id_of(self._environment, message.message_id, message.line.body)
        fate = Fate(message, identity)
        self._fates[message.message_id] = self._pending[message.message_id] = fate

    def look(self) -> None:
        """Look for the messages that were found nowhere yet."""
        self._read(self._invalid, self._rejected)
        self._read(self._dead, self._failed)
        pending = list(self._pending.values())
        misses = 0
        for start in range(0, len(pending), _KEYS_AT_ONCE):
            part = pending[start : start + _KEYS_AT_ONCE]
            owners = self._table.message_ids({fate.execution_id for fate in part})
            for fate in part:
                if owners.get(fate.execution_id) == fate.message.message_id:
                    self._sight(fate, Outcome.STORED, fate.execution_id, "")
                elif fate.execution_id in owners:
                    self._twins.add(fate.message.message_id)
            misses = 0 if owners else misses + 1
            if misses == _MISSES:
                break

    def finish(self) -> None:
        """Look everywhere once more, also for messages that were found, and make the queues' messages visible again.

        Afterwards a message that is in two places has two sightings, and ``strays`` tells what nobody sent.
        """
        self._read(self._invalid, self._rejected)
        self._read(self._dead, self._failed)
        owners = self._table.all_message_ids()
        for fate in self._fates.values():
            if fate.execution_id not in owners:
                continue
            own = owners[fate.execution_id] == fate.message.message_id
            if Outcome.STORED not in fate.outcomes and (own or not fate.sightings):
                reason = "" if own else f"once, with message {owners[fate.execution_id]} of the same idempotency_key"
                self._sight(fate, Outcome.STORED, fate.execution_id, reason)
        known = {fate.execution_id for fate in self._fates.values()}
        self.strays += [f"item {identity} of the table" for identity in owners if identity not in known]
        self._invalid.put_back()
        self._dead.put_back()

    def violations(self) -> list[str]:
        """Say where the invariant is broken: a message with no outcome or with two, or something that nobody sent."""
        broken = [f"{stray} belongs to no message that was sent" for stray in self.strays]
        for fate in self._fates.values():
            if not fate.sightings:
                broken.append(f"message {fate.message.message_id} has no outcome")
            elif len(fate.outcomes) > 1:
                places = " and ".join(sorted(fate.outcomes))
                broken.append(f"message {fate.message.message_id} has two outcomes: {places}")
        return broken

    def _read(self, queue: QueueReader, sighted: Callable[[Fate, MessageTypeDef], None]) -> None:
        for message in queue.new_messages():
            fate = self._owner(message)
            if fate is None:
                self.strays.append(f"message {message['MessageId']} of a queue ({message['Body'][:80]})")
            else:
                sighted(fate, message)

    def _owner(self, message: MessageTypeDef) -> Fate | None:
        """Find the sent message of which this is a copy: SQS gives the copy an id of its own."""
        named = _attribute(message, "message_id")
        fate = self._fates.get(named) or self._fates.get(message["MessageId"])
        return (
            fate
            or self._with_body(message["Body"], self._pending.values())
            or self._with_body(message["Body"], self._fates.values())
        )

    @staticmethod
    def _with_body(body: str, fates: Iterable[Fate]) -> Fate | None:
        return next((fate for fate in fates if fate.message.line.body == body), None)

    def _rejected(self, fate: Fate, message: MessageTypeDef) -> None:
        stage, code, reason = (_attribute(message, name) for name in ("stage", "code", "reason"))
        identity = _attribute(message, "execution_id") or fate.execution_id
        self._sight(fate, Outcome.REJECTED, identity, f"{stage}, {code}: {reason}")

    def _failed(self, fate: Fate, message: MessageTypeDef) -> None:
        count = message.get("Attributes", {}).get("ApproximateReceiveCount", "?")
        self._sight(fate, Outcome.FAILED, fate.execution_id, f"in the dead letter queue, received {count} times")

    def _sight(self, fate: Fate, outcome: Outcome, execution_id: str, reason: str) -> None:
        seconds = time.monotonic() - fate.message.at
        fate.sightings.append(Sighting(outcome, execution_id, reason, seconds))
        self._pending.pop(fate.message.message_id, None)


def _attribute(message: MessageTypeDef, name: str) -> str:
    value = message.get("MessageAttributes", {}).get(name)
    return value.get("StringValue", "") if value else ""
