"""The audit: compares the sent messages with the stored ones, without any log or any part of the pipeline."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from pipeline_demo.data import data_of, same_data

from chaos.items import differences
from chaos.messages import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chaos.evidence import Evidence, Item, QueueMessage
    from chaos.messages import PlannedMessage

_CONFLICT = ("store", "idempotency_conflict")


class Outcome(StrEnum):
    """Where a message ended."""

    STORED = "stored"
    REJECTED = "rejected"
    DEAD = "dead letter"
    LOST = "lost"


_EXPECTED = {
    Kind.VALID: {Outcome.STORED, Outcome.DEAD},
    Kind.DUPLICATE: {Outcome.STORED, Outcome.DEAD},
    Kind.CONFLICT: {Outcome.STORED, Outcome.REJECTED, Outcome.DEAD},
    Kind.INVALID: {Outcome.REJECTED, Outcome.DEAD},
    Kind.POISON: {Outcome.DEAD},
}


class SecondOutcome(StrEnum):
    """A second outcome of a message, allowed by at-least-once delivery."""

    REJECTED_AGAIN = "in the invalid message queue more than once: it was delivered again after it had been sent there"
    DEAD_AND_STORED = "stored, and a dead letter: no delivery that stored it, or found it stored, was answered in time"
    DEAD_AND_REJECTED = "rejected, and a dead letter: no delivery that sent it there was answered in time"


@dataclass(frozen=True)
class Sent:
    """A planned message and the id that SQS gave it."""

    planned: PlannedMessage
    message_id: str

    def identity(self, environment: str) -> str:
        """Return the key of its item."""
        planned = self.planned
        return f"{environment}-key-{planned.key}" if planned.key else f"{environment}-esm-{self.message_id}"

    def __str__(self) -> str:
        """Identify it so that it can be found."""
        return f"message {self.message_id} (number {self.planned.number}, {self.planned.kind}: {self.planned.variety})"


@dataclass
class Findings:
    """The findings of the audit."""

    outcomes: dict[Kind, Counter[Outcome]] = field(default_factory=lambda: defaultdict(Counter))
    second_outcomes: dict[SecondOutcome, list[str]] = field(default_factory=lambda: defaultdict(list))
    dead_by_faults: list[str] = field(default_factory=list)
    """Dead letters that are no poison: faults hit each of their deliveries."""
    rejected_for_conflict: list[str] = field(default_factory=list)
    """Invalid messages rejected for a conflict: another one with their key was stored first."""
    violations: list[str] = field(default_factory=list)

    @property
    def totals(self) -> Counter[Outcome]:
        """Count the outcomes of all messages, each message once."""
        return sum(self.outcomes.values(), Counter())


class Audit:
    """Accounts for every message; a dead letter that is no poison requires ``faults`` for all its deliveries.

    Whether the faults hit exactly those deliveries is unknown here: the report lists each of these messages.
    """

    def __init__(
        self, sent: Sequence[Sent], evidence: Evidence, *, environment: str, max_receive_count: int, faults: int
    ) -> None:
        """Prepare the audit of the messages sent to an environment."""
        self._sent = {message.message_id: message for message in sent}
        self._evidence = evidence
        self._environment = environment
        self._max_receive_count = max_receive_count
        self._faults = faults
        self._items: dict[str, Item] = {}
        self._of_identity: dict[str, list[Sent]] = defaultdict(list)
        for message in sent:
            self._of_identity[message.identity(environment)].append(message)
        self._rejected: dict[str, list[QueueMessage]] = defaultdict(list)
        for found in evidence.rejected:
            self._rejected[found.said.get("message_id", "")].append(found)
        self._dead: dict[str, list[QueueMessage]] = defaultdict(list)
        for found in evidence.dead:
            self._dead[found.message_id].append(found)
        self.findings = Findings()

    def run(self) -> Findings:
        """Check every item and every message."""
        violations = self.findings.violations
        if self._evidence.in_queue:
            violations.append(f"{self._evidence.in_queue} messages are still in the queue")
        self._check_items()
        for place, found in (("invalid message queue", self._rejected), ("dead letter queue", self._dead)):
            for message_id in found.keys() - self._sent.keys():
                violations.append(f"the {place} has message {message_id!r}, which nobody sent")
        for message in self._sent.values():
            self._account(message)
        return self.findings

    def _check_items(self) -> None:
        """Check that each item belongs to one of the messages with its identity, and equals it."""
        violations = self.findings.violations
        stored_as: dict[str, str] = {}
        for item in self._evidence.items:
            identity, owner_id = item["execution_id"], item.get("message_id", "")
            if identity in self._items:
                violations.append(f"item {identity} is in the table twice")
            self._items[identity] = item
            if owner_id in stored_as:
                violations.append(f"message {owner_id} is stored twice, as {stored_as[owner_id]} and as {identity}")
            stored_as[owner_id] = identity
            owner = self._sent.get(owner_id)
            if owner is None or owner not in self._of_identity.get(identity, ()):
                violations.append(f"item {identity} of message {owner_id!r} belongs to no message that was sent")
            elif owner.planned.kind not in (Kind.POISON, Kind.INVALID):
                wrong = differences(item, data_of(owner.planned.body))
                violations += [f"the item of {owner} {difference}" for difference in wrong]

    def _account(self, message: Sent) -> None:
        rejected, dead = self._rejected.get(message.message_id, []), self._dead.get(message.message_id, [])
        found_in = {Outcome.STORED: self._is_stored(message), Outcome.REJECTED: rejected, Outcome.DEAD: dead}
        places = [place for place, found in found_in.items() if found]
        self.findings.outcomes[message.planned.kind][places[0] if places else Outcome.LOST] += 1
        if not places:
            self._violation(message, "is lost: it is in no queue, and its data is not in the table")
        if Outcome.STORED in places and Outcome.REJECTED in places:
            self._violation(message, "is stored and rejected")
        if len(dead) > 1:
            self._violation(message, f"is in the dead letter queue {len(dead)} times")
        for place in places:
            if place not in _EXPECTED[message.planned.kind]:
                self._violation(message, f"must not be {place}")
        for found in rejected:
            self._check_rejected(message, found)
        for found in dead:
            self._check_dead(message, found, alone=len(places) == 1)
        self._count_second_outcomes(message, places, len(rejected))

    def _is_stored(self, message: Sent) -> bool:
        """Return whether its data is in the table, possibly under a key that it shares with others."""
        identity = message.identity(self._environment)
        if (item := self._items.get(identity)) is None:
            return False
        return len(self._of_identity[identity]) == 1 or same_data(item["original_data"], data_of(message.planned.body))

    def _check_rejected(self, message: Sent, found: QueueMessage) -> None:
        if found.body != message.planned.body:
            self._violation(message, "has another body in the invalid message queue than was sent")
        identity, expected = message.identity(self._environment), self._expected_rejection(message, found)
        for name, value in zip(("execution_id", "stage", "code"), (identity, *expected), strict=True):
            if found.said.get(name) != value:
                self._violation(message, f"was rejected with {name} {found.said.get(name)!r}, not {value!r}")
        if expected == _CONFLICT and identity not in self._items:
            self._violation(message, "was rejected for a conflict with nothing: no item has its key")
        if not found.said.get("reason"):
            self._violation(message, "was rejected without a reason")

    def _expected_rejection(self, message: Sent, found: QueueMessage) -> tuple[str, str]:
        """Return the expected stage and code: an invalid message may also be a conflict with a stored one."""
        own = message.planned.rejection
        if own is None:
            return _CONFLICT
        if (found.said.get("stage"), found.said.get("code")) == _CONFLICT:
            self.findings.rejected_for_conflict.append(str(message))
            return _CONFLICT
        return own

    def _check_dead(self, message: Sent, found: QueueMessage, *, alone: bool) -> None:
        if found.body != message.planned.body:
            self._violation(message, "has another body in the dead letter queue than was sent")
        if found.receive_count < self._max_receive_count:
            self._violation(message, f"is a dead letter after {found.receive_count} deliveries")
        if message.planned.kind is Kind.POISON:
            return
        if self._faults < self._max_receive_count:
            self._violation(message, f"is a dead letter, and {self._faults} faults cannot explain it")
        elif alone:
            self.findings.dead_by_faults.append(f"{message}, received {found.receive_count} times")

    def _count_second_outcomes(self, message: Sent, places: list[Outcome], times_rejected: int) -> None:
        second = self.findings.second_outcomes
        if times_rejected > 1:
            second[SecondOutcome.REJECTED_AGAIN].append(f"{message}, {times_rejected} times")
        if Outcome.DEAD in places and Outcome.STORED in places:
            second[SecondOutcome.DEAD_AND_STORED].append(str(message))
        if Outcome.DEAD in places and Outcome.REJECTED in places:
            second[SecondOutcome.DEAD_AND_REJECTED].append(str(message))

    def _violation(self, message: Sent, what: str) -> None:
        self.findings.violations.append(f"{message} {what}")
