"""The reports of an execution: a log line at its start and at its end, and the metrics."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from aws_lambda_powertools import single_metric
from aws_lambda_powertools.metrics import MetricUnit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_durable_execution_sdk_python import DurableContext
    from aws_lambda_powertools import Metrics

    from orchestrator.messages import Message
    from orchestrator.outcomes import Outcomes


MAX_GROUPS = 10
"""Groups of a batch that are counted by name, the largest; the others are counted together."""

OTHER_GROUPS = "other"


def log_received(context: DurableContext, messages: Sequence[Message]) -> None:
    """Log the message ids of the batch in one line with the execution's ARN, which finds the deliveries of a message.

    A message that was sent again is found by its first id as well. A replay does not log it again.
    """
    ids: dict[str, object] = {"message_ids": [message.message_id for message in messages]}
    first_ids = {one.message_id: one.first_message_id for one in messages if one.first_message_id != one.message_id}
    if first_ids:
        ids["first_message_ids"] = first_ids
    context.logger.info("batch is received", extra=ids)


def report(context: DurableContext, metrics: Metrics, received: int, outcomes: Outcomes, failed: int) -> None:
    """Count the batch. Only the invocation that ends the execution calls this, so it happens once.

    If that invocation dies before its response arrives, the next one counts again.
    """
    counts = {
        "received": received,
        "stored": len(outcomes.stored),
        "rejected": len(outcomes.rejected),
        "failed": failed,
    }
    context.logger.info("batch is done", extra=counts)
    for milliseconds in outcomes.sent_to_stored_ms:
        metrics.add_metric("SentToStored", MetricUnit.Milliseconds, milliseconds)
    for name, count in counts.items():
        metrics.add_metric(f"Messages{name.capitalize()}", MetricUnit.Count, count)
    metrics.add_metric("Outages", MetricUnit.Count, outcomes.outages)
    metrics.flush_metrics()
    for reason, count in outcomes.reasons.items():
        name = f"Messages{reason.outcome.capitalize()}"
        with single_metric(name, MetricUnit.Count, count, default_dimensions=metrics.default_dimensions) as metric:
            metric.add_dimension("stage", reason.stage)
            metric.add_dimension("code", reason.code)


def count_groups(metrics: Metrics, messages: Sequence[Message], outcomes: Outcomes) -> None:
    """Count the messages with a `MessageGroupId`, by group. Only the last invocation calls this, as with `report`."""
    sizes = Counter(message.group_id for message in messages if message.group_id)
    named = {group for group, _ in sizes.most_common(MAX_GROUPS)}
    counts = Counter(
        (message.group_id if message.group_id in named else OTHER_GROUPS, name)
        for message in messages
        if message.group_id
        for name in ("received", outcome_of(message, outcomes))
    )
    for (group, name), count in counts.items():
        dimensions = metrics.default_dimensions | {"group": group}
        with single_metric(f"Messages{name.capitalize()}", MetricUnit.Count, count, default_dimensions=dimensions):
            pass


def outcome_of(message: Message, outcomes: Outcomes) -> str:
    """Return the name of a message's outcome. All outcomes of the batch have to be known."""
    if message.index in outcomes.stored:
        return "stored"
    return "rejected" if message.index in outcomes.rejected else "failed"
