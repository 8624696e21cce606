"""Following one record through the operations of an execution.

A FLAT map records no operation for its branches, so a chunk is recognized only by the records in its requests.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline_cli.executions.batches import digest_of
from pipeline_cli.executions.exchanges import (
    FAILED,
    PASSED,
    RUNNING,
    UNANSWERED,
    UNFINISHED,
    Verdict,
    branch_results,
    verdict_of,
)
from pipeline_cli.executions.history import CONTEXT, INVOKE, STEP, WAIT, Operation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline_cli.executions.batches import Batch, BatchRecord
    from pipeline_cli.executions.history import History

# The names of services/orchestrator/src/orchestrator/operations.py, which never change.
CHUNKS, ISOLATE, ISOLATE_GROUPS, ISOLATE_OTHERS = "chunks", "isolate", "isolate-groups", "isolate-others"
ISOLATIONS = (ISOLATE, ISOLATE_GROUPS, ISOLATE_OTHERS)
REJECT, REJECT_UNREADABLE, LOG_FAILED, REDELIVER = "reject", "reject-unreadable", "log-failed", "redeliver"


@dataclass(frozen=True)
class Visit:
    """One invoke of a stage that included a record."""

    operation: Operation
    stage: str
    attempt: int
    """Counted from 1 for the chunk, and from 1 again for an isolated record."""
    records: int
    """The number of records in the request."""
    isolated: bool
    verdict: Verdict
    own: bool = True
    """False if it was for another message with the same key but other data."""
    in_group: bool = False
    """Whether it was isolated in a group, which is run record by record if one of them fails."""


@dataclass(frozen=True)
class Path:
    """The path of one record through an execution."""

    visits: tuple[Visit, ...]
    operations: tuple[Operation, ...]
    """The operations that concern the record, in order of their start: visits, the waits between them, and steps."""
    chunk: int = 0
    """The number of its chunk in the execution, from 1; 0 if the record is in no request."""
    chunks: int = 0
    isolated_chunk: bool = False
    """Whether records of its chunk were isolated: this one, or only others if the first that were tried all failed."""
    rejected_by: Operation | None = None
    """The step that sent it to the invalid message queue."""
    redelivery: Operation | None = None
    """If it failed: the step that set its wait, and the waits of the other failed messages."""
    own_fault: bool | None = None
    """If it failed: whether other records succeeded at that point, so that its wait is short; None if unknown."""

    @property
    def last(self) -> Visit | None:
        """The last invoke that concerned this message itself."""
        return next((visit for visit in reversed(self.visits) if visit.own), None)


def follow(history: History, batch: Batch, record: BatchRecord) -> Path:
    """Find the path of a record of the batch through an execution."""
    visits = _visits(history, batch, record)
    chunks = _chunks(history, batch)
    chunk = next((ids for ids in chunks if record.execution_id in ids), set())
    isolation = [one for one in history.operations if one.name in ISOLATIONS and _tried(history, one) & chunk]
    rejected_by = next((one for one in history.operations if record.message.index in _rejected(one)), None)
    failed = record.message.message_id in (batch_item_failures(history.execution.result) or ())
    redelivery = _step(history, REDELIVER, None) if failed else None
    logged = _step(history, LOG_FAILED, visits[-1].operation if visits else None) if failed else None
    kept = [visit.operation for visit in visits]
    kept += _waits(history, visits)
    kept += [one for one in isolation if record.execution_id in _tried(history, one)]
    kept += [one for one in (rejected_by, logged, redelivery) if one]
    order = {one.id: place for place, one in enumerate(history.operations)}
    return Path(
        tuple(visits),
        tuple(sorted(kept, key=lambda one: order[one.id])),
        chunks.index(chunk) + 1 if chunk else 0,
        len(chunks),
        bool(isolation),
        rejected_by,
        redelivery,
        _own_fault(history, record, visits, isolation, chunk) if failed else None,
    )


def batch_item_failures(result: str | None) -> set[str] | None:
    """Read the failed messages from the result of an execution; None if it does not list them."""
    try:
        return {one["itemIdentifier"] for one in json.loads(result or "")["batchItemFailures"]}
    except (ValueError, KeyError, TypeError):
        return None


def _visits(history: History, batch: Batch, record: BatchRecord) -> list[Visit]:
    has_conflicts = bool(batch.conflicts(record))
    attempts: Counter[tuple[str, bool, bool, bool]] = Counter()
    visits = []
    for operation in history.operations:
        entry = operation.requested.get(record.execution_id)
        if entry is None:
            continue
        own = not has_conflicts or digest_of(entry.get("data")) == record.digest
        around = {one.name for one in history.ancestors(operation)}
        isolated, in_group = not around.isdisjoint(ISOLATIONS), ISOLATE_GROUPS in around
        attempts[operation.name, isolated, own, in_group] += 1
        visits.append(
            Visit(
                operation,
                operation.name,
                attempts[operation.name, isolated, own, in_group],
                len(operation.requested),
                isolated,
                _verdict(history, operation, record.execution_id),
                own,
                in_group,
            )
        )
    return visits


def _verdict(history: History, operation: Operation, execution_id: str) -> Verdict:
    if operation.running:
        return Verdict(RUNNING if history.execution.running else UNANSWERED)
    if operation.status != "SUCCEEDED":
        return Verdict(FAILED, "invoke_failed", str(operation.error or operation.status))
    entry = operation.answered.get(execution_id)
    if entry is not None:
        return verdict_of(entry)
    if operation.result is None:
        return Verdict(PASSED, reason="its response was left out of the history")
    return Verdict(FAILED, "broken_contract", "its response has no entry for the record")


def _chunks(history: History, batch: Batch) -> list[set[str]]:
    """Return the records of each chunk, in batch order: those for which the first stage was invoked together."""
    chunks: list[set[str]] = []
    first_stage = ""
    for operation in history.operations:
        if not operation.requested:
            continue
        first_stage = first_stage or operation.name
        ids = set(operation.requested)
        if operation.name == first_stage and not any(ids & chunk for chunk in chunks):
            chunks.append(ids)
    places = {record.execution_id: record.message.index for record in reversed(batch.records)}
    return sorted(chunks, key=lambda ids: min(places.get(one, len(places)) for one in ids))


def _tried(history: History, context: Operation) -> set[str]:
    """Return the records that were isolated in a context."""
    return {one for operation in history.operations if operation.parent == context.id for one in operation.requested}


def _rejected(operation: Operation) -> list[int]:
    if operation.kind != STEP or operation.name not in (REJECT, REJECT_UNREADABLE):
        return []
    try:
        indexes = json.loads(operation.result or "")
    except ValueError:
        return []
    return indexes if isinstance(indexes, list) else []


def _step(history: History, name: str, after: Operation | None) -> Operation | None:
    """Find the first step with a name after an operation."""
    ended = after.ended if after else None
    steps = (one for one in history.operations if one.kind == STEP and one.name == name and one.started)
    return next((one for one in steps if not ended or (one.started and one.started >= ended)), None)


def _waits(history: History, visits: Sequence[Visit]) -> list[Operation]:
    """Find the wait after each attempt that was retried: the first with its name that began after it."""
    found = []
    for visit in visits:
        if visit.isolated or visit.verdict.outcome not in (FAILED, UNFINISHED):
            continue
        invoke, name = visit.operation, f"{visit.stage}-backoff-{visit.attempt}"
        named = [
            one for one in history.operations if one.kind == WAIT and (one.name, one.parent) == (name, invoke.parent)
        ]
        found += [one for one in named if one.started and invoke.ended and one.started >= invoke.ended][:1]
    return found


def _own_fault(
    history: History, record: BatchRecord, visits: Sequence[Visit], isolation: Sequence[Operation], chunk: set[str]
) -> bool | None:
    outcomes = _outcomes(history)
    if outcomes is not None:
        return record.message.index in outcomes
    if not visits:
        return None
    last = visits[-1]
    if not last.isolated or last.verdict.outcome != FAILED:
        return False
    # If most records of a chunk fail, the service is the cause: the orchestrator's `isolation.isolate`.
    results = [outcome for one in isolation for outcome in _isolated(one)]
    if not results:
        return None
    failed = sum(outcome[:1] == ["failed"] for outcome in results)
    suspects: set[str] = set().union(*(_tried(history, one) for one in isolation))
    return failed <= (len(suspects) + _stored_together(history, chunk)) / 2


def _isolated(context: Operation) -> list[list[Any]]:
    """Read the outcomes of the isolated records; one whose group failed has none yet."""
    try:
        results = [json.loads(text) for text in branch_results(context.result)]
    except ValueError:
        return []
    outcomes = [one for result in results for one in result] if context.name == ISOLATE_GROUPS else results
    return [outcome for outcome in outcomes if isinstance(outcome, list)]


def _outcomes(history: History) -> set[int] | None:
    """Return the indexes of the messages at fault, from the results of a map's branches; None if there was no map."""
    maps = [one for one in history.operations if one.kind == CONTEXT and one.name == CHUNKS and one.result]
    texts = [text for one in maps for text in branch_results(one.result)]
    try:
        return {index for text in texts for index in json.loads(text).get("own_fault", ())} if texts else None
    except (ValueError, AttributeError, TypeError):
        return None


def _stored_together(history: History, chunk: set[str]) -> int:
    stored: set[str] = set()
    for operation in history.operations:
        if operation.kind == INVOKE and not any(True for one in history.ancestors(operation) if one.name != CHUNKS):
            verdicts = {one: verdict_of(entry) for one, entry in operation.answered.items() if one in chunk}
            stored |= {one for one, verdict in verdicts.items() if verdict.stored_at}
    return len(stored)
