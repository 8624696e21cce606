"""Isolation: the records whose invoke keeps failing are run again in groups and alone: a poison record fails alone.

All of this is replayed from checkpoints, so everything outside an operation must be deterministic.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING, Any

from aws_durable_execution_sdk_python.exceptions import InvokeError
from pipeline_contracts import BrokenContractError

from orchestrator import operations
from orchestrator.bounds import RUN_ALONE_AT_ONCE, TRIED_FIRST, group_size
from orchestrator.errors import UnfinishedError, was_not_invoked
from orchestrator.messages import Failure, Record, Rejection
from orchestrator.operations import BranchError
from orchestrator.stage_call import MAX_REASON

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_durable_execution_sdk_python import DurableContext

    from orchestrator.chain import Chain
    from orchestrator.progress import Progress, Suspect

Outcome = Record | Rejection | Failure


def isolate(context: DurableContext, chain: Chain, progress: Progress) -> None:
    """Find the records that make an invoke fail, by running fewer and fewer of them through the rest of the chain.

    A few are run alone first. If none of them succeeds, and no other record of the chunk did, it is an outage, and the
    others are not run: a batch of a thousand would mean as many invokes of a service that is down. Many others are
    run in groups, of which most succeed; the records of the rest are run alone.
    """
    suspects, progress.suspects = progress.suspects, []
    first = suspects[0].failure
    context.logger.warning(
        "records are isolated",
        extra={"records": len(suspects), "stage": first.stage, "code": first.code, "reason": first.reason},
    )
    half = (len(suspects) + len(progress.stored)) / 2
    before = len(progress.failed)
    others, operation = suspects, operations.ISOLATE
    if not progress.stored:
        tried = _drawn(suspects)
        others, operation = [one for place, one in enumerate(suspects) if place not in tried], operations.ISOLATE_OTHERS
        _run_alone(context, chain, [suspects[place] for place in tried], progress, operations.ISOLATE)
        if len(progress.failed) - before == len(tried):
            progress.outage = True
            progress.suspects, others = others, []
    if len(others) > RUN_ALONE_AT_ONCE:
        others = _run_in_groups(context, chain, others, progress)
    if others:
        _run_alone(context, chain, others, progress, operation)
    # If most records fail alone, the service is the cause, and not the records.
    progress.outage |= len(progress.failed) - before > half
    if progress.outage:
        progress.failed[before:] = [replace(failure, own_fault=False) for failure in progress.failed[before:]]


def _run_in_groups(
    context: DurableContext, chain: Chain, suspects: Sequence[Suspect], progress: Progress
) -> list[Suspect]:
    """Run the records in groups, concurrently, with one attempt per stage; return those whose group failed."""
    groups = _groups(suspects)

    def run(context: DurableContext, group: Sequence[Suspect]) -> str:
        records = [suspect.record for suspect in group]
        together = chain.run_together(context, records, first=group[0].stage, once=True)
        outcomes: dict[str, Outcome] = {record.execution_id: record for record in together.stored}
        outcomes |= {record.execution_id: rejection for record, rejection in together.rejected}
        outcomes |= {failure.execution_id: failure for failure in together.failed}
        ids = [record.execution_id for record in records]
        return json.dumps([_encoded(outcomes[one]) if one in outcomes else None for one in ids])

    left: list[Suspect] = []
    for group, result in zip(groups, operations.run_all(context, groups, run, operations.ISOLATE_GROUPS), strict=True):
        outcomes = [None] * len(group) if isinstance(result, BranchError) else json.loads(result)
        for suspect, outcome in zip(group, outcomes, strict=True):
            if outcome:
                _add(progress, suspect, _decoded(outcome, suspect.record))
            else:
                left.append(suspect)
    return left


def _groups(suspects: Sequence[Suspect]) -> list[list[Suspect]]:
    """Split the records into about as many groups as a group has records; those of a group wait for the same stage."""
    size = group_size(len(suspects))
    by_stage = [list(same) for _, same in groupby(suspects, key=lambda suspect: suspect.stage)]
    return [same[start : start + size] for same in by_stage for start in range(0, len(same), size)]


def _run_alone(
    context: DurableContext, chain: Chain, suspects: Sequence[Suspect], progress: Progress, operation: str
) -> None:
    """Run each record alone through the rest of the chain, concurrently, with one attempt per stage."""

    def run(context: DurableContext, suspect: Suspect) -> str:
        return json.dumps(_encoded(_outcome_of(context, chain, suspect)))

    for suspect, result in zip(suspects, operations.run_all(context, suspects, run, operation), strict=True):
        if isinstance(result, BranchError):
            progress.failed.append(replace(suspect.failure, reason=str(result)[:MAX_REASON]))
        else:
            _add(progress, suspect, _decoded(json.loads(result), suspect.record))


def _add(progress: Progress, suspect: Suspect, outcome: Outcome) -> None:
    match outcome:
        case Record():
            progress.stored.append(outcome)
        case Rejection():
            progress.rejected.append((suspect.record, outcome))
        case Failure():
            progress.failed.append(outcome)


def _outcome_of(context: DurableContext, chain: Chain, suspect: Suspect) -> Outcome:
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


def _encoded(outcome: Outcome) -> list[Any]:
    """Encode the outcome of an isolated record for its checkpoint."""
    match outcome:
        case Record(stored_at=stored_at):
            return ["stored", stored_at]
        case Rejection(stage=stage, code=code, reason=reason, field=field, stored_digest=digest):
            return ["rejected", stage, code, reason, field, *([digest] if digest else [])]
        case Failure(stage=stage, code=code, reason=reason, own_fault=own_fault):
            return ["failed", stage, code, reason, own_fault]


def _decoded(checkpointed: list[Any], record: Record) -> Outcome:
    """Decode the result of `_encoded`."""
    outcome, *why = checkpointed
    if outcome == "stored":
        return replace(record, stored_at=why[0])
    if outcome == "rejected":
        return Rejection(record.message, record.execution_id, *why)
    return Failure(record, *why)
