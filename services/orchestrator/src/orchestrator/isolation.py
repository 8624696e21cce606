"""Isolation: the records whose invoke keeps failing are run alone, so that a poison record fails alone.

All of this is replayed from checkpoints, so everything outside an operation must be deterministic.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING

from aws_durable_execution_sdk_python.exceptions import InvokeError
from pipeline_contracts import BrokenContractError

from orchestrator import operations
from orchestrator.bounds import TRIED_FIRST
from orchestrator.errors import UnfinishedError, was_not_invoked
from orchestrator.messages import Failure, Record, Rejection
from orchestrator.operations import BranchError
from orchestrator.stage_call import MAX_REASON

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_durable_execution_sdk_python import DurableContext

    from orchestrator.chain import Chain
    from orchestrator.progress import Progress, Suspect


def isolate(context: DurableContext, chain: Chain, progress: Progress) -> None:
    """Find the records that make an invoke fail, by running each alone through the rest of the chain.

    A few are run first. If none of them succeeds, and no other record of the chunk did, it is an outage, and the
    others are not run: ten chunks of a hundred would mean a thousand invokes of a service that is down.
    """
    suspects, progress.suspects = progress.suspects, []
    first = suspects[0].failure
    context.logger.warning(
        "records are isolated",
        extra={"records": len(suspects), "stage": first.stage, "code": first.code, "reason": first.reason},
    )
    some_got_through = bool(progress.stored)
    half = (len(suspects) + len(progress.stored)) / 2
    tried = list(range(len(suspects))) if some_got_through else _drawn(suspects)
    others = [suspect for place, suspect in enumerate(suspects) if place not in tried]
    before = len(progress.failed)
    _run_alone(context, chain, [suspects[place] for place in tried], progress, operations.ISOLATE)
    if not some_got_through and len(progress.failed) - before == len(tried):
        progress.outage = True
        progress.suspects = others
    elif others:
        _run_alone(context, chain, others, progress, operations.ISOLATE_OTHERS)
    # If most records fail alone, the service is the cause, and not the records.
    progress.outage |= len(progress.failed) - before > half
    if progress.outage:
        progress.failed[before:] = [replace(failure, own_fault=False) for failure in progress.failed[before:]]


def _run_alone(
    context: DurableContext, chain: Chain, suspects: Sequence[Suspect], progress: Progress, operation: str
) -> None:
    """Run each record alone through the rest of the chain, concurrently, with one attempt per stage."""

    def run(context: DurableContext, suspect: Suspect) -> str:
        return _encoded(_outcome_of(context, chain, suspect))

    results = operations.run_all(context, suspects, run, operation)
    for suspect, result in zip(suspects, results, strict=True):
        match _decoded(result, suspect):
            case Record() as record:
                progress.stored.append(record)
            case Rejection() as rejection:
                progress.rejected.append((suspect.record, rejection))
            case failure:
                progress.failed.append(failure)


def _outcome_of(context: DurableContext, chain: Chain, suspect: Suspect) -> Record | Rejection | Failure:
    record = suspect.record
    for stage in chain.stages[suspect.stage :]:
        call = chain.call(stage, [record])
        try:
            call.invoke(context)
        except (UnfinishedError, InvokeError, BrokenContractError) as error:
            (failure,) = call.failures(error)
            own_fault = not isinstance(error, UnfinishedError) and not was_not_invoked(error)
            return replace(failure, own_fault=own_fault)
        for _, rejection in call.rejected:
            return rejection
        (record,) = call.passed
    return record


def _drawn(suspects: Sequence[Suspect]) -> list[int]:
    """Sample some indexes: the same ones in each replay, others in the next delivery, in case these are at fault."""
    message = suspects[0].record.message
    delivery = f"{message.message_id} {message.receive_count}"
    drawn = sorted(range(len(suspects)), key=lambda place: hashlib.sha256(f"{delivery} {place}".encode()).digest())
    return sorted(drawn[:TRIED_FIRST])


def _encoded(outcome: Record | Rejection | Failure) -> str:
    """Encode the outcome of an isolated record for its checkpoint."""
    match outcome:
        case Record(stored_at=stored_at):
            return json.dumps(["stored", stored_at])
        case Rejection(stage=stage, code=code, reason=reason, field=field, stored_digest=digest):
            return json.dumps(["rejected", stage, code, reason, field, *([digest] if digest else [])])
        case Failure(stage=stage, code=code, reason=reason, own_fault=own_fault):
            return json.dumps(["failed", stage, code, reason, own_fault])


def _decoded(checkpointed: str | BranchError, suspect: Suspect) -> Record | Rejection | Failure:
    """Decode the result of `_encoded`; if its branch raised, the record keeps its earlier failure."""
    if isinstance(checkpointed, BranchError):
        return replace(suspect.failure, reason=str(checkpointed)[:MAX_REASON])
    record = suspect.record
    outcome, *why = json.loads(checkpointed)
    if outcome == "stored":
        return replace(record, stored_at=why[0])
    if outcome == "rejected":
        return Rejection(record.message, record.execution_id, *why)
    return Failure(record, *why)
