"""The outcomes of a chunk, or of a batch, with their reasons, and the times from sent to stored.

A chunk returns its outcomes, which are checkpointed. They therefore hold no data and no time of this function's clock,
and are counted once, by the invocation that ends the execution.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from pipeline_contracts import ErrorCode

from orchestrator.errors import FailureCode

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from orchestrator.messages import Failure, Message, Record, Rejection

REJECTED, FAILED = "rejected", "failed"

OWN_CODE = "own_code"
"""Stands for the codes of a team's own rules and stages: each code is a billed metric, so their number is bounded."""

_KNOWN = frozenset[str]((*ErrorCode, *FailureCode))


class Reason(NamedTuple):
    """The reasons why messages were not stored."""

    outcome: str
    stage: str
    code: str


@dataclass
class Outcomes:
    """Messages by index; one that is neither stored nor rejected has failed."""

    stored: set[int] = field(default_factory=set)
    rejected: set[int] = field(default_factory=set)
    decided: set[int] = field(default_factory=set)
    """The rejected messages whose conflicts are decided too, by the item in the table."""
    own_fault: set[int] = field(default_factory=set)
    """The failed messages that failed where others succeeded."""
    reasons: Counter[Reason] = field(default_factory=Counter)
    sent_to_stored_ms: list[int] = field(default_factory=list)
    """For each message that this execution stored: from its sending, by the queue's clock, to the storer's."""
    outages: int = 0
    """Number of chunks in which no record passed a stage, plus failures of the invalid message queue."""
    retried: bool = False
    """Whether anything was retried."""

    def store(self, records: Iterable[Record]) -> None:
        """Count stored records."""
        for record in records:
            self.stored.update(message.index for message in record.messages)
            if record.stored_at is not None and (stored_ms := _milliseconds(record.stored_at)) is not None:
                # Two clocks are compared, so the smallest difference may be negative.
                self.sent_to_stored_ms += (max(stored_ms - message.sent_ms, 0) for message in record.messages)

    def reject(self, rejections: Sequence[Rejection], sent: Collection[int]) -> None:
        """Count rejected messages; those that the invalid message queue did not accept have failed."""
        for rejection in rejections:
            if rejection.message.index in sent:
                self.rejected.add(rejection.message.index)
                code = rejection.code if rejection.code in _KNOWN else OWN_CODE
                self.reasons[Reason(REJECTED, rejection.stage, code)] += 1
            else:
                self.reasons[Reason(FAILED, rejection.stage, FailureCode.NOT_SENT)] += 1
        if len(sent) < len(rejections):
            self.outages += 1
            self.retried = True

    def fail(self, failures: Iterable[Failure]) -> None:
        """Count failed records."""
        for failure in failures:
            code = failure.code if failure.code in _KNOWN else OWN_CODE
            self.reasons[Reason(FAILED, failure.stage, code)] += len(failure.messages)
            if failure.own_fault:
                self.own_fault.update(message.index for message in failure.messages)

    def add(self, other: Outcomes) -> None:
        """Count what a chunk has returned."""
        self.stored |= other.stored
        self.rejected |= other.rejected
        self.decided |= other.decided
        self.own_fault |= other.own_fault
        self.reasons += other.reasons
        self.sent_to_stored_ms += other.sent_to_stored_ms
        self.outages += other.outages
        self.retried |= other.retried

    def fail_the_rest(self, messages: Sequence[Message], stage: str) -> list[Message]:
        """Return the messages with no other outcome, which have failed; give a reason to those that have none."""
        failed = [message for message in messages if message.index not in self.stored | self.rejected]
        explained = sum(count for reason, count in self.reasons.items() if reason.outcome == FAILED)
        if len(failed) > explained:
            self.reasons[Reason(FAILED, stage, FailureCode.UNACCOUNTED)] += len(failed) - explained
            self.outages += 1
        return failed

    def to_json(self) -> str:
        """Encode them for the checkpoint."""
        written: dict[str, Any] = {
            "stored": sorted(self.stored),
            "rejected": sorted(self.rejected),
            "reasons": [[*reason, count] for reason, count in self.reasons.items()],
            "sent_to_stored_ms": self.sent_to_stored_ms,
        }
        if self.decided:
            written["decided"] = sorted(self.decided)
        if self.retried or self.outages or self.own_fault:
            written |= {"own_fault": sorted(self.own_fault), "outages": self.outages, "retried": self.retried}
        return json.dumps(written, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Decode the result of `to_json`."""
        read = json.loads(text)
        return cls(
            stored=set(read["stored"]),
            rejected=set(read["rejected"]),
            decided=set(read.get("decided", ())),
            own_fault=set(read.get("own_fault", ())),
            reasons=Counter({Reason(*reason): count for *reason, count in read["reasons"]}),
            sent_to_stored_ms=read["sent_to_stored_ms"],
            outages=read.get("outages", 0),
            retried=read.get("retried", False),
        )


def _milliseconds(timestamp: str) -> int | None:
    # The contract's pattern admits the 30th of February. A number must not decide about a chunk's outcome.
    try:
        return round(datetime.fromisoformat(timestamp).timestamp() * 1_000)
    except ValueError:
        return None
