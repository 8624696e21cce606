"""The durable part: a chunk's way through the stages, and what is left behind record by record.

All here is replayed from its checkpoints, so all that is not in an operation is deterministic.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from aws_durable_execution_sdk_python.exceptions import InvokeError
from aws_durable_execution_sdk_python.retries import with_retry

from orchestrator import operations
from orchestrator.errors import BrokenContractError, FailureCode, StageError, UnfinishedError
from orchestrator.limits import MAX_PAYLOAD_BYTES
from orchestrator.messages import Failure, Record, Rejection
from orchestrator.stages import Unfinished

if TYPE_CHECKING:
    from collections.abc import Sequence

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
    stranded: list[tuple[Failure, int]] = field(default_factory=list)
    """Records whose invoke keeps failing, perhaps through the fault of a neighbour, and the stage where."""


def run_chunk(context: DurableContext, chunk: Chunk, stages: Sequence[Stage]) -> Progress:
    """Take a chunk through all stages; then those that were left behind, record by record."""
    progress = run_together(context, chunk.records, stages)
    if progress.stranded and len(chunk.records) > 1 and chunk.may_go_one_by_one:
        run_one_by_one(context, progress, stages)
    progress.failed += (failure for failure, _ in progress.stranded)
    return progress


def run_together(context: DurableContext, records: Sequence[Record], stages: Sequence[Stage]) -> Progress:
    """Invoke each stage once for all records that the stage before let pass, with retries."""
    progress = Progress()
    for index, stage in enumerate(stages):
        if not records:
            break
        asking = Asking(stage, records)
        try:
            # with_retry is typed with a protocol that lacks invoke; it passes the context that it was given.
            with_retry(context, asking.ask, operations.RETRY, name=stage.name)  # type: ignore[arg-type]
        except UnfinishedError as error:
            progress.failed += asking.failures(error)
        except (InvokeError, BrokenContractError) as error:
            progress.stranded += ((failure, index) for failure in asking.failures(error))
        progress.rejected += asking.rejected
        records = asking.passed
    else:
        progress.stored += records
    return progress


def run_one_by_one(context: DurableContext, progress: Progress, stages: Sequence[Stage]) -> None:
    """Take each stranded record alone through what is left of its chain, all at once, one attempt a stage."""
    stranded, progress.stranded = progress.stranded, []
    first, _ = stranded[0]
    context.logger.warning(
        "records go one by one",
        extra={"records": len(stranded), "stage": first.stage, "code": first.code, "reason": first.reason},
    )

    def run_alone(context: DurableContext, item: tuple[Failure, int], *_position: object) -> dict[str, Any]:
        record, first = item[0].record, item[1]
        for stage in stages[first:]:
            asking = Asking(stage, [record])
            try:
                asking.ask(context)
            except (UnfinishedError, InvokeError, BrokenContractError) as error:
                (failed,) = asking.failures(error)
                return {"outcome": "failed", "why": [failed.stage, failed.code, failed.reason]}
            for _, rejection in asking.rejected:
                return {"outcome": "rejected", "why": [rejection.stage, rejection.code, rejection.reason]}
            (record,) = asking.passed
        return {"outcome": "stored", "stored_at": record.stored_at}

    batch: BatchResult[dict[str, Any]] = context.map(
        stranded, run_alone, name=operations.ONE_BY_ONE, config=operations.MAP
    )
    for item in batch.all:
        unfinished, _ = stranded[item.index]
        record = unfinished.record
        match item.result:
            case {"outcome": "stored", "stored_at": stored_at}:
                progress.stored.append(replace(record, stored_at=stored_at))
            case {"outcome": "rejected", "why": why}:
                progress.rejected.append((record, Rejection(record.message, record.execution_id, *why)))
            case {"outcome": "failed", "why": why}:
                progress.failed.append(Failure(record, *why))
            case _:
                progress.failed.append(replace(unfinished, reason=str(item.error)[:MAX_REASON]))


class Asking:
    """One stage asked about some records, again about those that it has not finished."""

    def __init__(self, stage: Stage, records: Sequence[Record]) -> None:
        self._stage = stage
        self.waiting = list(records)
        self.passed: list[Record] = []
        self.rejected: list[tuple[Record, Rejection]] = []

    def ask(self, context: DurableContext, _attempt: int = 1) -> None:
        """Invoke the service once.

        Raises:
            InvokeError: The service failed, timed out or was throttled.
            BrokenContractError: Its answer, or one before it, is not what the contract promises.
            UnfinishedError: Its answer leaves records that it could not do now.
        """
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
        """Say of each record that is not finished why, after the error that `ask` has ended with."""
        whys: list[tuple[str, str]]
        if isinstance(error, UnfinishedError):
            whys = [(reason.code, reason.message) for reason in error.reasons]
        else:
            broken = isinstance(error, BrokenContractError)
            code = FailureCode.BROKEN_CONTRACT if broken else FailureCode.INVOKE_FAILED
            whys = [(code, str(error))] * len(self.waiting)
        return [
            Failure(record, self._stage.name, code, reason[:MAX_REASON])
            for record, (code, reason) in zip(self.waiting, whys, strict=True)
        ]


def rejections_of(progress: Progress) -> list[Rejection]:
    """Spread each rejection over all messages that carried the record."""
    return [
        replace(rejection, message=message)
        for record, rejection in progress.rejected
        for message in (record.message, *record.copies)
    ]
