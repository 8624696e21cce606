"""Rejected records, and the records of the batch with the same identity and different data."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline_contracts import ErrorCode
from pipeline_contracts.digest import comparable

from orchestrator.errors import FailureCode
from orchestrator.messages import Failure, Rejection
from orchestrator.stages import STORE

if TYPE_CHECKING:
    from collections.abc import Collection

    from orchestrator.progress import Progress


def decide_conflicts(progress: Progress) -> set[int]:
    """Decide the conflicts with an item that the table already has: one of the records may be its duplicate.

    Returns:
        The indexes of the rejected messages whose conflicting records are all decided.
    """
    decided = set()
    for place, (record, rejection) in enumerate(tuple(progress.rejected)):
        if not record.conflicting or not comparable(rejection.stored_digest, record.data_digest):
            continue
        decided.add(record.message.index)
        progress.rejected[place] = (replace(record, conflicting=()), rejection)
        for other in record.conflicting:
            if other.data_digest == rejection.stored_digest:
                progress.stored.append(other)
            else:
                progress.rejected.append((other, replace(rejection, message=other.message)))
    return decided


def rejections_of(progress: Progress) -> list[Rejection]:
    """Return a rejection for each message of a rejected record, and for each that conflicts with a stored one."""
    rejected = [
        replace(rejection, message=message) for record, rejection in progress.rejected for message in record.messages
    ]
    reason = "another message with this key and other data was stored"
    conflicts = [
        Rejection(message, other.execution_id, STORE, ErrorCode.IDEMPOTENCY_CONFLICT, reason, "idempotency_key")
        for record in progress.stored
        for other in record.conflicting
        for message in other.messages
    ]
    return rejected + conflicts


def conflicting_with_unsent(progress: Progress, sent: Collection[int]) -> list[Failure]:
    """Return a failure for each message that conflicts with an unsent rejected one, so that both are redelivered."""
    reason = "the message that it conflicts with could not be rejected"
    return [
        Failure(other, rejection.stage, FailureCode.NOT_SENT, reason)
        for record, rejection in progress.rejected
        if record.message.index not in sent
        for other in record.conflicting
    ]
