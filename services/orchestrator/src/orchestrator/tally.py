"""The numbers of a batch: its outcomes, their reasons, and the times from sent to stored.

A chunk returns its numbers with its result. So they are checkpointed, hold no data, read no clock of this function, and
are counted once, by the invocation that ends the execution.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from pipeline_contracts import ErrorCode

from orchestrator.errors import FailureCode

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from orchestrator.chain import Progress
    from orchestrator.messages import Failure, Rejection

REJECTED, FAILED = "rejected", "failed"

OWN_RULE = "own_rule"
"""Stands for the codes of a team's own rules: each reason is a metric that is billed, so their number is bounded."""

_KNOWN = frozenset[str]((*ErrorCode, *FailureCode))


class Reason(NamedTuple):
    """Why messages were not stored."""

    outcome: str
    stage: str
    code: str


@dataclass
class Tally:
    """The numbers of a chunk, or of a batch."""

    stored: set[int] = field(default_factory=set)
    rejected: set[int] = field(default_factory=set)
    """Messages by their index; one that is nowhere has failed."""
    own_fault: set[int] = field(default_factory=set)
    """Of the failed messages, those that failed while others got through."""
    reasons: Counter[Reason] = field(default_factory=Counter)
    sent_to_stored_ms: list[int] = field(default_factory=list)
    """For each message that this execution stored: from its sending, by the queue's clock, to the storer's."""
    outages: int = 0
    """Chunks of which no record got through a stage, and times that the invalid message queue could not be reached."""
    smooth: bool = True
    """Whether nothing was tried a second time."""

    def reject(self, rejections: Sequence[Rejection], sent: Collection[int]) -> None:
        """Count rejected messages; those that the invalid message queue did not take have failed."""
        for rejection in rejections:
            if rejection.message.index in sent:
                self.rejected.add(rejection.message.index)
                code = rejection.code if rejection.code in _KNOWN else OWN_RULE
                self.reasons[Reason(REJECTED, rejection.stage, code)] += 1
            else:
                self.reasons[Reason(FAILED, rejection.stage, FailureCode.NOT_SENT)] += 1
        if len(sent) < len(rejections):
            self.outages += 1
            self.smooth = False

    def fail(self, failures: Iterable[Failure]) -> None:
        """Count failed records."""
        for failure in failures:
            self.reasons[Reason(FAILED, failure.stage, failure.code)] += len(failure.messages)
            if failure.own_fault:
                self.own_fault.update(message.index for message in failure.messages)

    def progress(self, progress: Progress) -> None:
        """Count the records of a chunk that were stored and those that have failed."""
        for record in progress.stored:
            self.stored.update(message.index for message in record.messages)
            if record.stored_at is not None and (stored_ms := _milliseconds(record.stored_at)) is not None:
                # Two clocks are compared, so the least may come out below nothing.
                self.sent_to_stored_ms += (max(stored_ms - message.sent_ms, 0) for message in record.messages)
        self.fail(progress.failed)
        self.outages += progress.outage
        self.smooth &= progress.smooth

    def add(self, text: str) -> None:
        """Count what a chunk has returned."""
        result = json.loads(text)
        self.stored.update(result["stored"])
        self.rejected.update(result["rejected"])
        self.own_fault.update(result.get("own_fault", ()))
        for outcome, stage, code, count in result["reasons"]:
            self.reasons[Reason(outcome, stage, code)] += count
        self.sent_to_stored_ms += result["sent_to_stored_ms"]
        self.outages += result.get("outages", 0)
        self.smooth &= result.get("smooth", True)

    def as_text(self) -> str:
        """Write the numbers of a chunk, as they are checkpointed: the SDK's own way takes 19 bytes for each number."""
        result = {
            "stored": sorted(self.stored),
            "rejected": sorted(self.rejected),
            "reasons": [[*reason, count] for reason, count in self.reasons.items()],
            "sent_to_stored_ms": self.sent_to_stored_ms,
        }
        if not self.smooth:
            result |= {"own_fault": sorted(self.own_fault), "outages": self.outages, "smooth": False}
        return json.dumps(result, separators=(",", ":"))

    def account_for(self, failed: int, stage: str) -> None:
        """Give a reason to the failed messages that have none."""
        explained = sum(count for reason, count in self.reasons.items() if reason.outcome == FAILED)
        if failed > explained:
            self.reasons[Reason(FAILED, stage, FailureCode.UNACCOUNTED)] += failed - explained
            self.outages += 1


def _milliseconds(timestamp: str) -> int | None:
    # The contract's pattern admits the 30th of February. A number must not decide what becomes of a chunk.
    try:
        return round(datetime.fromisoformat(timestamp).timestamp() * 1_000)
    except ValueError:
        return None
