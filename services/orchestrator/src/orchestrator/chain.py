"""The durable part: runs a chunk through the stages, then isolates the records that failed.

All of this is replayed from checkpoints, so everything outside an operation must be deterministic.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_durable_execution_sdk_python.exceptions import InvokeError
from aws_durable_execution_sdk_python.retries import with_retry
from pipeline_contracts import BrokenContractError

from orchestrator.errors import UnfinishedError, was_not_invoked
from orchestrator.isolation import isolate
from orchestrator.progress import Progress, Suspect
from orchestrator.retry import retry_policy
from orchestrator.stage_call import StageCall

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_durable_execution_sdk_python import DurableContext

    from orchestrator.chunks import Chunk
    from orchestrator.messages import Record
    from orchestrator.stage import Stage


class Chain:
    """The stages, with the ARNs of their functions."""

    def __init__(self, stages: Sequence[Stage], function_arns: Mapping[str, str]) -> None:
        self.stages = stages
        self._arns = function_arns

    def run(self, context: DurableContext, chunk: Chunk, *, once: bool = False) -> Progress:
        """Run a chunk through all stages, then isolate the records that failed.

        With `once`, nothing is retried.
        """
        progress = self.run_together(context, chunk.records, once=once)
        if progress.suspects and not once:
            if len(chunk.records) == 1:
                progress.outage = True  # with one record the cause is unknown, so an outage is assumed
            elif chunk.may_be_isolated:
                isolate(context, self, progress)
        progress.failed += (suspect.failure for suspect in progress.suspects)
        return progress

    def run_together(
        self, context: DurableContext, records: Sequence[Record], *, first: int = 0, once: bool = False
    ) -> Progress:
        """Invoke each stage from the first, with retries unless `once`, for all records that passed the one before."""
        progress = Progress()
        for index, stage in enumerate(self.stages[first:], start=first):
            if not records:
                break
            call = self.call(stage, records)
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

    def call(self, stage: Stage, records: Sequence[Record]) -> StageCall:
        """Prepare the call of one stage for some records."""
        return StageCall(stage, self._arns[stage.name], records)
