"""The steps of an execution: reject messages, log the failed ones, and have them redelivered.

None of them raises: the result reports failures.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline_contracts import location_of

from orchestrator import operations
from orchestrator.adapters import Sent
from orchestrator.errors import FailureCode
from orchestrator.redelivery import redelivery_seconds

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from aws_durable_execution_sdk_python import DurableContext

    from orchestrator.adapters import InvalidMessageQueue, SourceQueue
    from orchestrator.messages import Failure, Message, Rejection


def reject(
    context: DurableContext, queue: InvalidMessageQueue, rejections: Sequence[Rejection], operation: str
) -> list[int]:
    """Send rejected messages to the invalid message queue.

    Returns:
        The indexes of the messages that it accepted. A message that could not be sent is not lost: it fails.
    """
    if not rejections:
        return []

    def send(_: object) -> list[int]:
        arn = context.execution_context.durable_execution_arn
        try:
            sent = queue.send(rejections, arn)
        except Exception as error:  # noqa: BLE001 -- it must not fail the neighbours
            sent = Sent(problem=location_of(error))
        if sent.problem:
            context.logger.error("rejected messages could not be sent", extra={"reason": sent.problem})
        for message_id, count in sent.left_behind.items():
            extra = {"message_id": message_id, "attributes": count}
            context.logger.warning("attributes of a rejected message were left out", extra=extra)
        for rejection in rejections:
            _log_rejected(context, rejection, sent=rejection.message.index in sent.indexes)
        return sorted(sent.indexes)

    return context.step(send, operation, operations.STEP)


def _log_rejected(context: DurableContext, rejection: Rejection, *, sent: bool) -> None:
    """Log a rejected message in one line: only its identity, and no text of the reason, which may quote it."""
    identity = {"execution_id": rejection.execution_id, "message_id": rejection.message.message_id}
    if sent:
        why = {"stage": rejection.stage, "code": rejection.code, "field": rejection.field}
        context.logger.info("message is rejected", extra=identity | why)
    else:
        why = {"stage": rejection.stage, "code": FailureCode.NOT_SENT, "reason": f"to be rejected: {rejection.code}"}
        context.logger.warning("message failed", extra=identity | why)


def log_failed(context: DurableContext, failures: Sequence[Failure]) -> None:
    """Log the failed messages and reasons, in a step, because the end of a FLAT branch runs again in each replay."""
    if not failures:
        return

    def log(_: object) -> None:
        for failure in failures:
            why = {"stage": failure.stage, "code": failure.code, "reason": failure.reason}
            for message in failure.messages:
                identity = {"execution_id": failure.execution_id, "message_id": message.message_id}
                context.logger.warning("message failed", extra=identity | why)

    context.step(log, operations.LOG_FAILED, operations.STEP)


def redeliver(
    context: DurableContext,
    queue: SourceQueue,
    failed: Sequence[Message],
    own_fault: Collection[int],
    event: dict[str, Any],
) -> None:
    """Have failed messages redelivered when a retry may succeed; if this fails, the visibility timeout applies."""
    if not failed:
        return

    def shorten(_: object) -> None:
        waits = [
            (message, redelivery_seconds(message.receive_count, own_fault=message.index in own_fault))
            for message in failed
        ]
        try:
            problem = queue.redeliver(waits, event["Records"][0]["eventSourceARN"])
        except Exception as error:  # noqa: BLE001 -- the outcomes of the batch stand
            problem = repr(error)
        if problem:
            context.logger.warning("redelivery waits for the visibility timeout", extra={"reason": problem})

    context.step(shorten, operations.REDELIVER, operations.STEP)
