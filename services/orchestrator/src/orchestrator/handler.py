"""Lambda entry point of the orchestrator: one batch from the queue is one durable execution.

SQS deletes the messages that the response does not name: those that were stored or rejected.
"""

from __future__ import annotations

import json
from dataclasses import replace
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

from aws_durable_execution_sdk_python import DurableContext, durable_execution
from aws_durable_execution_sdk_python.exceptions import UnrecoverableError
from aws_lambda_powertools import Logger, Metrics
from pipeline_contracts import location_of

from orchestrator import intake, operations, sdk_patch
from orchestrator.adapters import InvalidMessageQueue, SourceQueue, sqs_client
from orchestrator.bounds import MAX_CANDIDATES
from orchestrator.chain import Chain
from orchestrator.chunks import plan
from orchestrator.conflicts import conflicting_with_unsent, decide_conflicts, rejections_of
from orchestrator.errors import FailureCode
from orchestrator.messages import Failure, messages_of
from orchestrator.operations import BranchError
from orchestrator.outcomes import Outcomes
from orchestrator.reporting import count_groups, log_received, report
from orchestrator.settings import Settings
from orchestrator.stages import STAGES
from orchestrator.steps import log_failed, redeliver, reject

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.chunks import Chunk
    from orchestrator.messages import Record

sdk_patch.patch()
settings = Settings.from_environment()
# Powertools' own serializer does not escape U+2028 and U+009B, which end a line or start a terminal command.
logger = Logger(json_serializer=partial(json.dumps, default=str, separators=(",", ":")))
metrics = Metrics()
metrics.set_default_dimensions(environment=settings.environment)
sqs = sqs_client()
source_queue = SourceQueue(sqs)
invalid_message_queue = InvalidMessageQueue(sqs, settings.invalid_message_queue_url)
chain = Chain(STAGES, settings.function_arns)

# A replay parses the same batch again, often in the same process, where executions alternate while they wait for
# services. A batch has at most 6 MB of text, which may take four times as much of the 1,024 MB of memory.
parse_batch = lru_cache(maxsize=8)(intake.parse_batch)


@durable_execution
def handler(event: dict[str, Any], context: DurableContext) -> dict[str, Any]:
    """Bring each message of an SQS batch to one outcome.

    Returns:
        The partial batch response: the messages that failed, which SQS redelivers.
    """
    context.set_logger(logger)
    messages = messages_of(event)
    log_received(context, messages)
    batch = parse_batch(
        messages, settings.environment, envelope=settings.envelope, stores_attributes=settings.stores_attributes
    )
    outcomes = Outcomes()
    sent = reject(context, invalid_message_queue, batch.rejections, operations.REJECT_UNREADABLE)
    outcomes.reject(batch.rejections, sent)
    failures = [*batch.failures, *run_records(context, batch.records, outcomes)]
    log_failed(context, failures)
    outcomes.fail(failures)
    outcomes.outages += bool(batch.failures) and not batch.failures[0].own_fault
    failed = outcomes.fail_the_rest(messages, operations.CHUNKS)
    redeliver(context, source_queue, failed, outcomes.own_fault, event)
    report(context, metrics, len(messages), outcomes, len(failed))
    if settings.counts_groups:
        count_groups(metrics, messages, outcomes)
    return {"batchItemFailures": [{"itemIdentifier": message.message_id} for message in failed]}


def run_records(context: DurableContext, records: Sequence[Record], outcomes: Outcomes) -> list[Failure]:
    """Run the records; if a rejected record has conflicts, run the next of these.

    If the table already has an item with the key, that item decides all of them. The others are run once, without
    retries, and only if nothing was retried before, so that the time suffices.

    Returns:
        The undecided records, which are redelivered.
    """
    for candidate in range(MAX_CANDIDATES):
        chunks = plan(records, settings.chunk_size)
        results = run_chunks(context, chunks, once=candidate > 0)
        for result in results:
            outcomes.add(result)
        outcomes.retried |= len(results) < len(chunks)
        rejected = (record for record in records if record.message.index in outcomes.rejected)
        records = [
            replace(record.conflicting[0], conflicting=record.conflicting[1:])
            for record in rejected
            if record.conflicting and record.message.index not in outcomes.decided
        ]
        if not records or outcomes.retried:
            break
    reason = "a message with the same key and other data was rejected before it"
    own_fault = not outcomes.retried  # otherwise an outage may be why the next one was not run
    return [Failure(record, operations.CHUNKS, FailureCode.UNDECIDED, reason, own_fault) for record in records]


def run_chunks(context: DurableContext, chunks: Sequence[Chunk], *, once: bool) -> list[Outcomes]:
    """Run the chunks concurrently, and return the outcomes of each that did not fail as a whole."""

    def run(context: DurableContext, chunk: Chunk) -> str:
        return run_chunk(context, chunk, once=once).to_json()

    if len(chunks) < 2:
        # A map would add a fifth operation to the four that a batch of one chunk costs.
        results = [run_or_error(context, chunk, once=once) for chunk in chunks]
    else:
        results = [
            result if isinstance(result, BranchError) else Outcomes.from_json(result)
            for result in operations.run_all(context, chunks, run, operations.CHUNKS)
        ]
    for result in results:
        if isinstance(result, BranchError):
            context.logger.error("chunk failed", extra={"reason": str(result)})
    return [result for result in results if not isinstance(result, BranchError)]


def run_or_error(context: DurableContext, chunk: Chunk, *, once: bool) -> Outcomes | BranchError:
    """Run the only chunk as a map would: an unexpected error fails the chunk, but not the messages rejected before."""
    try:
        return run_chunk(context, chunk, once=once)
    except UnrecoverableError:
        raise  # of the SDK: it ends the invocation or the execution
    except Exception as error:  # noqa: BLE001 -- the other messages of the batch keep their outcomes
        return BranchError(location_of(error))


def run_chunk(context: DurableContext, chunk: Chunk, *, once: bool) -> Outcomes:
    """Run one chunk, and reject the messages that can never succeed."""
    progress = chain.run(context, chunk, once=once)
    decided = decide_conflicts(progress)
    rejections = rejections_of(progress)
    sent = reject(context, invalid_message_queue, rejections, operations.REJECT)
    failures = [*progress.failed, *conflicting_with_unsent(progress, sent)]
    log_failed(context, failures)
    outcomes = Outcomes(decided=decided, outages=int(progress.outage), retried=progress.retried)
    outcomes.store(progress.stored)
    outcomes.fail(failures)
    outcomes.reject(rejections, sent)
    return outcomes
