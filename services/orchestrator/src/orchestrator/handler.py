"""Lambda entry point of the orchestrator: one batch from the queue is one durable execution."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_durable_execution_sdk_python import BatchResult, DurableContext, durable_execution
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from orchestrator import operations, sdk_mend, stages
from orchestrator.adapters import InvalidMessageQueue, SourceQueue, sqs_client
from orchestrator.chain import rejections_of, run_chunk
from orchestrator.chunks import plan
from orchestrator.intake import take_in
from orchestrator.messages import messages_of
from orchestrator.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.chunks import Chunk
    from orchestrator.messages import Failure, Message, Rejection

sdk_mend.mend()
settings = Settings.from_environment()
logger = Logger()
metrics = Metrics()
metrics.set_default_dimensions(environment=settings.environment)
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
    rejected = set(reject(context, intake.rejections, operations.REJECT_UNREADABLE))
    stored: set[int] = set()
    chunks = plan(intake.records, settings.chunk_size)
    if chunks:
        batch: BatchResult[dict[str, list[int]]] = context.map(
            chunks, run, name=operations.CHUNKS, config=operations.MAP
        )
        for item in batch.all:
            if item.result is None:
                context.logger.error("chunk failed", extra={"reason": str(item.error)})
            else:
                stored.update(item.result["stored"])
                rejected.update(item.result["rejected"])
    # What nobody accounts for has failed, whatever the reason.
    failed = [message for message in messages if message.index not in stored | rejected]
    redeliver(context, failed, event)
    report(context, messages, len(stored), len(rejected), len(failed))
    return {"batchItemFailures": [{"itemIdentifier": message.message_id} for message in failed]}


def run(context: DurableContext, chunk: Chunk, *_: object) -> dict[str, list[int]]:
    """Run one chunk and reject what has to be; the indexes that it returns are all that is checkpointed."""
    progress = run_chunk(context, chunk, chain)
    stored = [message.index for record in progress.stored for message in (record.message, *record.copies)]
    rejected = reject(context, rejections_of(progress), operations.REJECT)
    log_failed(context, progress.failed)
    return {"stored": stored, "rejected": rejected}


def reject(context: DurableContext, rejections: Sequence[Rejection], name: str) -> list[int]:
    """Send rejected messages to the invalid message queue; one that could not be sent is not lost: it fails."""
    if not rejections:
        return []

    def send(_: object) -> list[int]:
        try:
            sent, problem = invalid_message_queue.send(rejections)
        except Exception as error:  # noqa: BLE001 -- whatever it is, it must not fail the neighbours
            sent, problem = set(), repr(error)
        if problem:
            context.logger.error("rejected messages could not be sent", extra={"reason": problem})
        for rejection in rejections:
            if rejection.message.index in sent:
                log_outcome(context, "message is rejected", rejection.message, rejection)
        return sorted(sent)

    return context.step(send, name, operations.STEP)


def log_failed(context: DurableContext, failures: Sequence[Failure]) -> None:
    """Say which messages failed and why: in a step, since the end of a FLAT branch is passed again at each replay."""
    if not failures:
        return

    def log(_: object) -> None:
        for failure in failures:
            for message in (failure.record.message, *failure.record.copies):
                log_outcome(context, "message failed", message, failure)

    context.step(log, operations.LOG_FAILED, operations.STEP)


def log_outcome(context: DurableContext, what: str, message: Message, why: Rejection | Failure) -> None:
    """Write the one line of a message that was not stored; it never holds its data."""
    context.logger.info(
        what,
        extra={
            "execution_id": why.execution_id,
            "message_id": message.message_id,
            "stage": why.stage,
            "code": why.code,
            "reason": why.reason,
        },
    )


def redeliver(context: DurableContext, failed: Sequence[Message], event: dict[str, Any]) -> None:
    """Have failed messages delivered again soon; if that cannot be done, it only takes longer."""
    if not failed:
        return

    def shorten(_: object) -> None:
        try:
            source_queue.redeliver(failed, event["Records"][0]["eventSourceARN"])
        except Exception as error:  # noqa: BLE001 -- whatever it is, the outcomes of the batch stand
            context.logger.warning("redelivery takes the visibility timeout", extra={"reason": repr(error)})

    context.step(shorten, operations.REDELIVER, operations.STEP)


def report(context: DurableContext, messages: Sequence[Message], stored: int, rejected: int, failed: int) -> None:
    """Count the outcomes, in the log and as metrics: once, since only the last invocation comes here."""
    counts = {"received": len(messages), "stored": stored, "rejected": rejected, "failed": failed}
    context.logger.info("batch is done", extra=counts)
    for name, count in counts.items():
        metrics.add_metric(f"Messages{name.capitalize()}", MetricUnit.Count, count)
    metrics.flush_metrics()
