"""The durable part: runs a chunk through the stages, then isolates the records that failed.

All of this is replayed from checkpoints, so everything outside an operation must be deterministic.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from aws_durable_execution_sdk_python.exceptions import InvokeError
from aws_durable_execution_sdk_python.retries import with_retry
from pipeline_contracts import BrokenContractError, ErrorCode, UnexpectedError
from pipeline_contracts.digest import comparable

from orchestrator import operations
from orchestrator.bounds import TRIED_FIRST
from orchestrator.errors import FailureCode, StageError, UnfinishedError, was_not_invoked
from orchestrator.messages import Failure, Record, Rejection
from orchestrator.operations import BranchError
from orchestrator.quotas import MAX_PAYLOAD_BYTES
from orchestrator.retry import retry_policy
from orchestrator.stage import Unfinished
from orchestrator.stages import STORE

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from aws_durable_execution_sdk_python import DurableContext
    from pipeline_contracts import RecordError

    from orchestrator.chunks import Chunk
    from orchestrator.stage import Stage

MAX_REASON = 300
"""Maximum characters of an error's text, which is logged per record and checkpointed per isolated record."""


@dataclass
class Progress:
    """The progress of a chunk's records. A record that is in none of these lists has failed."""

    stored: list[Record] = field(default_factory=list)
    rejected: list[tuple[Record, Rejection]] = field(default_factory=list)
    failed: list[Failure] = field(default_factory=list)
    suspects: list[Suspect] = field(default_factory=list)
    """Records whose invoke keeps failing, because of one of them or of the system."""
    outage: bool = False
    """The system is the cause: none of the records, or less than half, passed a stage."""
    retried: bool = False
    """A stage was retried, or left records unfinished."""


@dataclass(frozen=True)
class Suspect:
    """A record that may be why its chunk's invoke fails, and the index of that stage."""

    failure: Failure
    stage: int

    @property
    def record(self) -> Record:
        return self.failure.record


class Chain:
    """The stages, with the ARNs of their functions."""

    def __init__(self, stages: Sequence[Stage], function_arns: Mapping[str, str]) -> None:
        self._stages = stages
        self._arns = function_arns

    def run(self, context: DurableContext, chunk: Chunk, *, once: bool = False) -> Progress:
        """Run a chunk through all stages, then isolate the records that failed.

        With `once`, nothing is retried.
        """
        progress = self._run_together(context, chunk.records, once=once)
        if progress.suspects and not once:
            if len(chunk.records) == 1:
                progress.outage = True  # with one record the cause is unknown, so an outage is assumed
            elif chunk.may_be_isolated:
                self._isolate(context, progress)
        progress.failed += (suspect.failure for suspect in progress.suspects)
        return progress

    def _run_together(self, context: DurableContext, records: Sequence[Record], *, once: bool) -> Progress:
        """Invoke each stage, with retries, for all records that passed the stage before."""
        progress = Progress()
        for index, stage in enumerate(self._stages):
            if not records:
                break
            call = StageCall(stage, self._arns[stage.name], records)
            try:
                if once:
                    call.invoke(context)
                else:
                    # with_retry is typed with a protocol that lacks invoke; it passes the context that it was given.
                    with_retry(context, call.invoke, retry_policy(stage.attempts), name=stage.name)  # type: ignore[arg-type]
            except (UnfinishedError, InvokeError, BrokenContractError) as error:
                failures = call.failures(error)
                if isinstance(error, UnfinishedError) or was_not_invoked(error):
                    progress.failed += failures
                    progress.outage |= not call.finished
                else:
                    progress.suspects += (Suspect(failure, index) for failure in failures)
            progress.retried |= call.invokes > 1 or bool(call.waiting)
            progress.rejected += call.rejected
            records = call.passed
        else:
            progress.stored += records
        return progress

    def _isolate(self, context: DurableContext, progress: Progress) -> None:
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
        self._run_alone(context, [suspects[place] for place in tried], progress, operations.ISOLATE)
        if not some_got_through and len(progress.failed) - before == len(tried):
            progress.outage = True
            progress.suspects = others
        elif others:
            self._run_alone(context, others, progress, operations.ISOLATE_OTHERS)
        # If most records fail alone, the service is the cause, and not the records.
        progress.outage |= len(progress.failed) - before > half
        if progress.outage:
            progress.failed[before:] = [replace(failure, own_fault=False) for failure in progress.failed[before:]]

    def _run_alone(
        self, context: DurableContext, suspects: Sequence[Suspect], progress: Progress, operation: str
    ) -> None:
        """Run each record alone through the rest of the chain, concurrently, with one attempt per stage."""

        def run(context: DurableContext, suspect: Suspect) -> str:
            return _encoded(self._outcome_of(context, suspect))

        results = operations.run_all(context, suspects, run, operation)
        for suspect, result in zip(suspects, results, strict=True):
            match _decoded(result, suspect):
                case Record() as record:
                    progress.stored.append(record)
                case Rejection() as rejection:
                    progress.rejected.append((suspect.record, rejection))
                case failure:
                    progress.failed.append(failure)

    def _outcome_of(self, context: DurableContext, suspect: Suspect) -> Record | Rejection | Failure:
        record = suspect.record
        for stage in self._stages[suspect.stage :]:
            call = StageCall(stage, self._arns[stage.name], [record])
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


class StageCall:
    """One stage, invoked for some records, and again for those that it has not finished."""

    def __init__(self, stage: Stage, function_arn: str, records: Sequence[Record]) -> None:
        self._stage = stage
        self._function_arn = function_arn
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
            BrokenContractError: Its response, or an earlier stage's, breaks the contract.
            UnfinishedError: Its response says that some records could not be handled now.
        """
        self.invokes += 1
        request = self._stage.request_for(self.waiting).model_dump_json()
        if (size := len(request.encode())) > MAX_PAYLOAD_BYTES:
            raise BrokenContractError(f"the outputs of the stages before make a request of {size:,} bytes")
        response = context.invoke(self._function_arn, request, self._stage.name, operations.INVOKE)
        verdicts = self._stage.verdicts_in(response or "null", self.waiting)
        requested, self.waiting = self.waiting, []
        errors: list[RecordError] = []
        for record, verdict in zip(requested, verdicts, strict=True):
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
        """Return a failure for each unfinished record, given the error that `invoke` raised."""
        whys: list[tuple[str, str]]
        if isinstance(error, UnfinishedError):
            whys = [(reason.code, reason.message) for reason in error.reasons]
        else:
            whys = [(_code(error), _reason(error))] * len(self.waiting)
        return [
            Failure(record, self._stage.name, code, reason[:MAX_REASON])
            for record, (code, reason) in zip(self.waiting, whys, strict=True)
        ]


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


def _code(error: InvokeError | BrokenContractError) -> FailureCode:
    if isinstance(error, BrokenContractError):
        return FailureCode.BROKEN_CONTRACT
    return FailureCode.NOT_INVOKED if was_not_invoked(error) else FailureCode.INVOKE_FAILED


def _reason(error: InvokeError | BrokenContractError) -> str:
    """Describe an error without the text of its exception, which may quote a message: this is logged."""
    if isinstance(error, BrokenContractError) or was_not_invoked(error):
        return str(error)
    ours = (UnexpectedError.__name__, BrokenContractError.__name__)
    return str(error) if error.error_type.rpartition(".")[2] in ours else error.error_type


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
    """Fail the conflicts of a rejected record that the invalid message queue did not take: they are decided with it."""
    reason = "the message that it conflicts with could not be rejected"
    return [
        Failure(other, rejection.stage, FailureCode.NOT_SENT, reason)
        for record, rejection in progress.rejected
        if record.message.index not in sent
        for other in record.conflicting
    ]
