"""The durable part: a chunk's way through the stages, and what is left behind record by record.

All here is replayed from its checkpoints, so all that is not in an operation is deterministic.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from aws_durable_execution_sdk_python.exceptions import InvokeError
from aws_durable_execution_sdk_python.retries import with_retry
from pipeline_contracts import ErrorCode

from orchestrator import operations
from orchestrator.errors import BrokenContractError, FailureCode, StageError, UnfinishedError, was_not_invoked
from orchestrator.limits import MAX_PAYLOAD_BYTES, TRIED_FIRST
from orchestrator.messages import Failure, Record, Rejection
from orchestrator.stages import Unfinished

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from aws_durable_execution_sdk_python import BatchResult, DurableContext
    from pipeline_contracts import RecordError

    from orchestrator.chunks import Chunk
    from orchestrator.stages import Stage

MAX_REASON = 300
"""Characters of an error that are kept: it is logged, and one by one also checkpointed, for each record."""


@dataclass
class Progress:
    """Where the records of a chunk are. A record that is nowhere here has failed."""

    stored: list[Record] = field(default_factory=list)
    rejected: list[tuple[Record, Rejection]] = field(default_factory=list)
    failed: list[Failure] = field(default_factory=list)
    suspected: list[tuple[Failure, int]] = field(default_factory=list)
    """Records whose invoke keeps failing, by the fault of one of them or of the system, and the stage where."""
    outage: bool = False
    """No record got through a stage: the system is the reason."""
    smooth: bool = True
    """Each stage was invoked once, and finished all records."""


def run_chunk(context: DurableContext, chunk: Chunk, stages: Sequence[Stage], *, once: bool = False) -> Progress:
    """Take a chunk through all stages; then those that were left behind, record by record.

    With `once` nothing is tried a second time.
    """
    progress = run_together(context, chunk.records, stages, once=once)
    if progress.suspected and not once:
        if len(chunk.records) == 1:
            progress.outage = True  # a record alone cannot tell, so the worse is assumed
        elif chunk.may_go_one_by_one:
            isolate(context, progress, stages)
    progress.failed += (failure for failure, _ in progress.suspected)
    return progress


def run_together(
    context: DurableContext, records: Sequence[Record], stages: Sequence[Stage], *, once: bool
) -> Progress:
    """Invoke each stage for all records that the stage before let pass, with retries."""
    progress = Progress()
    for index, stage in enumerate(stages):
        if not records:
            break
        call = StageCall(stage, records)
        try:
            if once:
                call.invoke(context)
            else:
                # with_retry is typed with a protocol that lacks invoke; it passes the context that it was given.
                with_retry(context, call.invoke, operations.RETRY, name=stage.name)  # type: ignore[arg-type]
        except UnfinishedError as error:
            progress.failed += call.failures(error)
            progress.outage |= not call.finished
        except (InvokeError, BrokenContractError) as error:
            if was_not_invoked(error):
                progress.failed += call.failures(error)
                progress.outage |= not call.finished
            else:
                progress.suspected += ((failure, index) for failure in call.failures(error))
        progress.smooth &= call.invokes == 1 and not call.waiting
        progress.rejected += call.rejected
        records = call.passed
    else:
        progress.stored += records
    return progress


def isolate(context: DurableContext, progress: Progress, stages: Sequence[Stage]) -> None:
    """Find out whether single records are the reason, by taking each alone through what is left of its chain.

    A few are tried first. If none of them gets through, and none of the chunk did before, it is an outage, and the
    others are not tried: ten chunks of a hundred would be a thousand invokes of a service that is down.
    """
    suspected, progress.suspected = progress.suspected, []
    first, _ = suspected[0]
    context.logger.warning(
        "records go one by one",
        extra={"records": len(suspected), "stage": first.stage, "code": first.code, "reason": first.reason},
    )
    some_got_through = bool(progress.stored)
    most = (len(suspected) + len(progress.stored)) / 2
    tried = list(range(len(suspected))) if some_got_through else _some(suspected)
    before = len(progress.failed)
    run_one_by_one(context, [suspected[place] for place in tried], progress, stages, operations.ONE_BY_ONE)
    others = [item for place, item in enumerate(suspected) if place not in tried]
    if not some_got_through and len(progress.failed) - before == len(tried):
        progress.outage = True
        progress.suspected = others
    elif others:
        run_one_by_one(context, others, progress, stages, operations.OTHERS_ONE_BY_ONE)
    if progress.outage or len(progress.failed) - before > most:
        # It is not the fault of so many: the service is down, or fails for most of what it is asked.
        progress.failed[before:] = [replace(failure, own_fault=False) for failure in progress.failed[before:]]


def _some(suspected: Sequence[tuple[Failure, int]]) -> list[int]:
    """Choose some places: the same at each replay, and others at the next delivery, in case that these are at fault."""
    first, _ = suspected[0]
    delivery = f"{first.record.message.message_id} {first.record.message.receive_count}"
    drawn = sorted(range(len(suspected)), key=lambda place: hashlib.sha256(f"{delivery} {place}".encode()).digest())
    return sorted(drawn[:TRIED_FIRST])


def run_one_by_one(
    context: DurableContext,
    suspected: Sequence[tuple[Failure, int]],
    progress: Progress,
    stages: Sequence[Stage],
    name: str,
) -> None:
    """Take each record alone through what is left of its chain, all at once, one attempt a stage."""

    def run_alone(context: DurableContext, item: tuple[Failure, int], *_position: object) -> dict[str, Any]:
        record, first = item[0].record, item[1]
        for stage in stages[first:]:
            call = StageCall(stage, [record])
            try:
                call.invoke(context)
            except (UnfinishedError, InvokeError, BrokenContractError) as error:
                (failed,) = call.failures(error)
                own_fault = not isinstance(error, UnfinishedError) and not was_not_invoked(error)
                return {"outcome": "failed", "why": [failed.stage, failed.code, failed.reason, own_fault]}
            for _, rejection in call.rejected:
                why = [rejection.stage, rejection.code, rejection.reason, rejection.field]
                return {"outcome": "rejected", "why": why}
            (record,) = call.passed
        return {"outcome": "stored", "stored_at": record.stored_at}

    batch: BatchResult[dict[str, Any]] = context.map(suspected, run_alone, name=name, config=operations.MAP)
    for item in batch.all:
        failure, _ = suspected[item.index]
        record = failure.record
        match item.result:
            case {"outcome": "stored", "stored_at": stored_at}:
                progress.stored.append(replace(record, stored_at=stored_at))
            case {"outcome": "rejected", "why": why}:
                progress.rejected.append((record, Rejection(record.message, record.execution_id, *why)))
            case {"outcome": "failed", "why": why}:
                progress.failed.append(Failure(record, *why))
            case _:
                progress.failed.append(replace(failure, reason=str(item.error and item.error.type)[:MAX_REASON]))


class StageCall:
    """One stage invoked for some records, and again for those that it has not finished."""

    def __init__(self, stage: Stage, records: Sequence[Record]) -> None:
        self._stage = stage
        self.invokes = 0
        self.waiting = list(records)
        self.passed: list[Record] = []
        self.rejected: list[tuple[Record, Rejection]] = []

    @property
    def finished(self) -> bool:
        """Whether the stage has finished any record."""
        return bool(self.passed or self.rejected)

    def invoke(self, context: DurableContext, _attempt: int = 1) -> None:
        """Invoke the service once.

        Raises:
            InvokeError: The service failed, timed out or was throttled.
            BrokenContractError: Its answer, or one before it, is not what the contract promises.
            UnfinishedError: Its answer leaves records that it could not do now.
        """
        self.invokes += 1
        plain = self._stage.ask(self.waiting).model_dump_json()
        size = len(plain.encode())
        if size > MAX_PAYLOAD_BYTES:
            raise BrokenContractError(f"what the stages before answered makes a request of {size:,} bytes")
        text = context.invoke(self._stage.function_arn, plain, self._stage.name, operations.INVOKE)
        verdicts = self._stage.read(text or "null", self.waiting)
        asked, self.waiting = self.waiting, []
        errors: list[RecordError] = []
        for record, verdict in zip(asked, verdicts, strict=True):
            match verdict:
                case Record():
                    self.passed.append(verdict)
                case Rejection():
                    self.rejected.append((record, verdict))
                case Unfinished(error=error):
                    self.waiting.append(record)
                    errors.append(error)
        if errors:
            raise UnfinishedError(errors)

    def failures(self, error: StageError) -> list[Failure]:
        """Say of each record that is not finished why, after the error that `invoke` has ended with."""
        whys: list[tuple[str, str]]
        if isinstance(error, UnfinishedError):
            whys = [(reason.code, reason.message) for reason in error.reasons]
        else:
            whys = [(_code(error), _reason(error))] * len(self.waiting)
        return [
            Failure(record, self._stage.name, code, reason[:MAX_REASON])
            for record, (code, reason) in zip(self.waiting, whys, strict=True)
        ]


def _code(error: InvokeError | BrokenContractError) -> FailureCode:
    if isinstance(error, BrokenContractError):
        return FailureCode.BROKEN_CONTRACT
    return FailureCode.NOT_INVOKED if was_not_invoked(error) else FailureCode.INVOKE_FAILED


def _reason(error: InvokeError | BrokenContractError) -> str:
    """Say what went wrong without the words of a service's exception: they may quote a message, and this is logged."""
    return str(error) if isinstance(error, BrokenContractError) or was_not_invoked(error) else error.error_type


def rejections_of(progress: Progress) -> list[Rejection]:
    """Give a rejection for each message of a rejected record, and for each that conflicts with a stored one."""
    rejected = [
        replace(rejection, message=message) for record, rejection in progress.rejected for message in record.messages
    ]
    reason = "another message with this key and other data was stored"
    conflicts = [
        Rejection(
            message, other.execution_id, operations.STORE, ErrorCode.IDEMPOTENCY_CONFLICT, reason, "idempotency_key"
        )
        for record in progress.stored
        for other in record.conflicting
        for message in other.messages
    ]
    return rejected + conflicts


def conflicting_with_unsent(progress: Progress, sent: Collection[int]) -> list[Failure]:
    """Fail what conflicts with a rejected record that the invalid message queue did not take: it is decided with it."""
    reason = "the message that it conflicts with could not be rejected"
    return [
        Failure(other, rejection.stage, FailureCode.NOT_SENT, reason)
        for record, rejection in progress.rejected
        if record.message.index not in sent
        for other in record.conflicting
    ]
