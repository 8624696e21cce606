"""Lambda entry point of the orchestrator: one batch from the queue is one durable execution."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_durable_execution_sdk_python import BatchResult, DurableContext, durable_execution
from aws_durable_execution_sdk_python.exceptions import UnrecoverableError
from aws_lambda_powertools import Logger, Metrics, single_metric
from aws_lambda_powertools.metrics import MetricUnit

from orchestrator import operations, sdk_mend, stages
from orchestrator.adapters import InvalidMessageQueue, SourceQueue, sqs_client
from orchestrator.chain import rejections_of, run_chunk
from orchestrator.chunks import plan
from orchestrator.intake import take_in
from orchestrator.messages import messages_of
from orchestrator.settings import Settings
from orchestrator.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from orchestrator.chunks import Chunk
    from orchestrator.messages import Failure, Message, Rejection

sdk_mend.mend()
settings = Settings.from_environment()
logger = Logger()
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
    for numbers in run_all(context, plan(intake.records, settings.chunk_size)):
        tally.add(numbers)
    # What nobody accounts for has failed, whatever the reason.
    failed = [message for message in messages if message.index not in tally.stored | tally.rejected]
    redeliver(context, failed, event)
    tally.account_for(len(failed), operations.CHUNKS)
    report(context, len(messages), tally, len(failed))
    return {"batchItemFailures": [{"itemIdentifier": message.message_id} for message in failed]}


def run_all(context: DurableContext, chunks: Sequence[Chunk]) -> list[str]:
    """Run the chunks, all at once, and give the numbers of each that did not fail as a whole."""
    if len(chunks) < 2:
        # A map would be an operation more, beside the four that a batch of one chunk costs.
        return [numbers for chunk in chunks if (numbers := run_alone(context, chunk)) is not None]
    batch: BatchResult[str] = context.map(chunks, run, name=operations.CHUNKS, config=operations.MAP)
    for item in batch.all:
        if item.result is None:
            context.logger.error("chunk failed", extra={"reason": str(item.error)})
    return [item.result for item in batch.all if item.result is not None]


def run_alone(context: DurableContext, chunk: Chunk) -> str | None:
    """Run the only chunk as the map runs one: an error of ours fails it, and nothing that was rejected before."""
    try:
        return run(context, chunk)
    except UnrecoverableError:
        raise  # the SDK's own: the invocation or the execution ends with it
    except Exception:  # whatever it is, the other messages of the batch keep their outcomes
        context.logger.exception("chunk failed")
        return None


def run(context: DurableContext, chunk: Chunk, *_: object) -> str:
    """Run one chunk and reject what has to be; the numbers that it returns are all that is checkpointed."""
    progress = run_chunk(context, chunk, chain)
    rejections = rejections_of(progress)
    tally = Tally()
    tally.progress(progress)
    tally.reject(rejections, reject(context, rejections, operations.REJECT))
    log_failed(context, progress.failed)
    return tally.as_text()


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
                log_outcome(context.logger.info, "message is rejected", rejection.message, rejection)
        return sorted(sent)

    return context.step(send, name, operations.STEP)


def log_failed(context: DurableContext, failures: Sequence[Failure]) -> None:
    """Say which messages failed and why: in a step, since the end of a FLAT branch is passed again at each replay."""
    if not failures:
        return

    def log(_: object) -> None:
        for failure in failures:
            for message in (failure.record.message, *failure.record.copies):
                log_outcome(context.logger.warning, "message failed", message, failure)

    context.step(log, operations.LOG_FAILED, operations.STEP)


def log_outcome(log: Callable[..., None], what: str, message: Message, why: Rejection | Failure) -> None:
    """Write the one line of a message that was not stored; it never holds its data."""
    log(
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
    metrics.flush_metrics()
    for reason, count in tally.reasons.items():
        name = f"Messages{reason.outcome.capitalize()}"
        with single_metric(name, MetricUnit.Count, count, default_dimensions=DIMENSIONS) as metric:
            metric.add_dimension("stage", reason.stage)
            metric.add_dimension("code", reason.code)
