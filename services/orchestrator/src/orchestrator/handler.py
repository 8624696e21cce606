"""Lambda entry point of the orchestrator: one batch from the queue is one durable execution."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from aws_durable_execution_sdk_python import BatchResult, DurableContext, durable_execution
from aws_durable_execution_sdk_python.exceptions import UnrecoverableError
from aws_lambda_powertools import Logger, Metrics, single_metric
from aws_lambda_powertools.metrics import MetricUnit

from orchestrator import operations, sdk_mend, stages
from orchestrator.adapters import InvalidMessageQueue, Sent, SourceQueue, sqs_client
from orchestrator.chain import conflicting_with_unsent, rejections_of, run_chunk
from orchestrator.chunks import plan
from orchestrator.errors import FailureCode, place_of
from orchestrator.intake import take_in
from orchestrator.limits import MAX_CANDIDATES
from orchestrator.messages import Failure, messages_of
from orchestrator.redelivery import redelivery_seconds
from orchestrator.settings import Settings
from orchestrator.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.chunks import Chunk
    from orchestrator.messages import Message, Record, Rejection

sdk_mend.mend()
settings = Settings.from_environment()
# Powertools' own serializer escapes no U+2028 or U+009B, which end a line or begin a command for whoever reads the log.
logger = Logger(json_serializer=partial(json.dumps, default=str, separators=(",", ":")))
DIMENSIONS = {"environment": settings.environment}
metrics = Metrics()
metrics.set_default_dimensions(**DIMENSIONS)
sqs = sqs_client()
source_queue = SourceQueue(sqs)
invalid_message_queue = InvalidMessageQueue(sqs, settings.invalid_message_queue_url)
chain = (
    stages.validation(settings.validation_function_arn),
    stages.transformation(settings.transformation_function_arn),
    stages.storage(settings.storage_function_arn),
)


@durable_execution
def handler(event: dict[str, Any], context: DurableContext) -> dict[str, Any]:
    """Take the batch of an SQS event source mapping to one outcome a message.

    Returns:
        The partial batch response: the messages that failed, which SQS delivers again.
    """
    context.set_logger(logger)
    messages = messages_of(event)
    intake = take_in(messages, settings.environment)
    tally = Tally()
    tally.reject(intake.rejections, reject(context, intake.rejections, operations.REJECT_UNREADABLE))
    failures = [*intake.failures, *run_all(context, intake.records, tally)]
    log_failed(context, failures)
    tally.fail(failures)
    tally.outages += bool(intake.failures) and not intake.failures[0].own_fault
    # What nobody accounts for has failed, whatever the reason.
    failed = [message for message in messages if message.index not in tally.stored | tally.rejected]
    redeliver(context, failed, tally, event)
    tally.account_for(len(failed), operations.CHUNKS)
    report(context, len(messages), tally, len(failed))
    return {"batchItemFailures": [{"itemIdentifier": message.message_id} for message in failed]}


def run_all(context: DurableContext, records: Sequence[Record], tally: Tally) -> list[Failure]:
    """Run the records, and where one was rejected that others conflict with, the next of these.

    The others are tried once, and only if nothing had to be tried again before, so that the time suffices.

    Returns:
        What is left undecided: it comes again, without those that were rejected now.
    """
    for candidate in range(MAX_CANDIDATES):
        chunks = plan(records, settings.chunk_size)
        results = run_chunks(context, chunks, once=candidate > 0)
        for numbers in results:
            tally.add(numbers)
        tally.smooth &= len(results) == len(chunks)
        rejected = (record for record in records if record.message.index in tally.rejected)
        records = [
            replace(record.conflicting[0], conflicting=record.conflicting[1:])
            for record in rejected
            if record.conflicting
        ]
        if not records or not tally.smooth:
            break
    reason = "a message with the same key and other data was rejected before it"
    own_fault = tally.smooth  # else it may be an outage that kept the next from being tried
    return [Failure(record, operations.CHUNKS, FailureCode.UNDECIDED, reason, own_fault) for record in records]


def run_chunks(context: DurableContext, chunks: Sequence[Chunk], *, once: bool) -> list[str]:
    """Run the chunks, all at once, and give the numbers of each that did not fail as a whole."""
    if len(chunks) < 2:
        # A map would be an operation more, beside the four that a batch of one chunk costs.
        return [numbers for chunk in chunks if (numbers := run_alone(context, chunk, once=once)) is not None]

    def run_branch(context: DurableContext, chunk: Chunk, *_: object) -> str:
        return run(context, chunk, once=once)

    batch: BatchResult[str] = context.map(chunks, run_branch, name=operations.CHUNKS, config=operations.MAP)
    for item in batch.all:
        if item.result is None:
            reason = item.error.type if item.error else None  # its words may quote a message
            context.logger.error("chunk failed", extra={"reason": reason})
    return [item.result for item in batch.all if item.result is not None]


def run_alone(context: DurableContext, chunk: Chunk, *, once: bool) -> str | None:
    """Run the only chunk as the map runs one: an error of ours fails it, and nothing that was rejected before."""
    try:
        return run(context, chunk, once=once)
    except UnrecoverableError:
        raise  # the SDK's own: the invocation or the execution ends with it
    except Exception as error:  # noqa: BLE001 -- whatever it is, the other messages of the batch keep their outcomes
        context.logger.error("chunk failed", extra={"reason": place_of(error)})  # noqa: TRY400 -- a traceback quotes
        return None


def run(context: DurableContext, chunk: Chunk, *, once: bool) -> str:
    """Run one chunk and reject what has to be; the numbers that it returns are all that is checkpointed."""
    progress = run_chunk(context, chunk, chain, once=once)
    rejections = rejections_of(progress)
    sent = reject(context, rejections, operations.REJECT)
    progress.failed += conflicting_with_unsent(progress, sent)
    tally = Tally()
    tally.progress(progress)
    tally.reject(rejections, sent)
    log_failed(context, progress.failed)
    return tally.as_text()


def reject(context: DurableContext, rejections: Sequence[Rejection], name: str) -> list[int]:
    """Send rejected messages to the invalid message queue; one that could not be sent is not lost: it fails."""
    if not rejections:
        return []

    def send(_: object) -> list[int]:
        arn = context.execution_context.durable_execution_arn
        try:
            sent = invalid_message_queue.send(rejections, arn)
        except Exception as error:  # noqa: BLE001 -- whatever it is, it must not fail the neighbours
            sent = Sent(problem=place_of(error))
        if sent.problem:
            context.logger.error("rejected messages could not be sent", extra={"reason": sent.problem})
        for message_id, count in sent.left_behind.items():
            extra = {"message_id": message_id, "attributes": count}
            context.logger.warning("attributes did not fit beside a rejected message", extra=extra)
        for rejection in rejections:
            log_rejected(context, rejection, sent=rejection.message.index in sent.indexes)
        return sorted(sent.indexes)

    return context.step(send, name, operations.STEP)


def log_rejected(context: DurableContext, rejection: Rejection, *, sent: bool) -> None:
    """Write the one line of a rejected message: nothing of it but its identity, so without the reason's words."""
    identity = {"execution_id": rejection.execution_id, "message_id": rejection.message.message_id}
    if sent:
        why = {"stage": rejection.stage, "code": rejection.code, "field": rejection.field}
        context.logger.info("message is rejected", extra=identity | why)
    else:
        why = {"stage": rejection.stage, "code": FailureCode.NOT_SENT, "reason": f"to be rejected: {rejection.code}"}
        context.logger.warning("message failed", extra=identity | why)


def log_failed(context: DurableContext, failures: Sequence[Failure]) -> None:
    """Say which messages failed and why: in a step, since the end of a FLAT branch is passed again at each replay."""
    if not failures:
        return

    def log(_: object) -> None:
        for failure in failures:
            why = {"stage": failure.stage, "code": failure.code, "reason": failure.reason}
            for message in failure.messages:
                identity = {"execution_id": failure.execution_id, "message_id": message.message_id}
                context.logger.warning("message failed", extra=identity | why)

    context.step(log, operations.LOG_FAILED, operations.STEP)


def redeliver(context: DurableContext, failed: Sequence[Message], tally: Tally, event: dict[str, Any]) -> None:
    """Have failed messages delivered again when it is worth it; if that cannot be done, it only takes longer."""
    if not failed:
        return

    def shorten(_: object) -> None:
        waits = [
            (message, redelivery_seconds(message.receive_count, own_fault=message.index in tally.own_fault))
            for message in failed
        ]
        try:
            source_queue.redeliver(waits, event["Records"][0]["eventSourceARN"])
        except Exception as error:  # noqa: BLE001 -- whatever it is, the outcomes of the batch stand
            context.logger.warning("redelivery takes the visibility timeout", extra={"reason": repr(error)})

    context.step(shorten, operations.REDELIVER, operations.STEP)


def report(context: DurableContext, received: int, tally: Tally, failed: int) -> None:
    """Count the batch, in the log and as metrics: once, since only the invocation that ends the execution comes here.

    If that invocation dies after this and before its answer has arrived, the next one counts again.
    """
    counts = {"received": received, "stored": len(tally.stored), "rejected": len(tally.rejected), "failed": failed}
    context.logger.info("batch is done", extra=counts)
    for milliseconds in tally.sent_to_stored_ms:
        metrics.add_metric("SentToStored", MetricUnit.Milliseconds, milliseconds)
    for name, count in counts.items():
        metrics.add_metric(f"Messages{name.capitalize()}", MetricUnit.Count, count)
    metrics.add_metric("Outages", MetricUnit.Count, tally.outages)
    metrics.flush_metrics()
    for reason, count in tally.reasons.items():
        name = f"Messages{reason.outcome.capitalize()}"
        with single_metric(name, MetricUnit.Count, count, default_dimensions=DIMENSIONS) as metric:
            metric.add_dimension("stage", reason.stage)
            metric.add_dimension("code", reason.code)
