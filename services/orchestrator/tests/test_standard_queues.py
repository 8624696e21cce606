"""The pipeline does not keep the order of a FIFO queue, so it takes no messages from one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline import body, event_of

if TYPE_CHECKING:
    from pipeline import Pipeline


def test_an_execution_with_messages_of_a_fifo_queue_fails_and_stores_nothing(pipeline: Pipeline) -> None:
    event = event_of(body())
    event["Records"][0]["eventSourceARN"] += ".fifo"

    result = pipeline.execute(event)

    assert result.status.value == "FAILED"
    assert result.error is not None
    assert result.error.type == "orchestrator.messages.FifoQueueError"
    assert result.error.message == (
        "arn:aws:sqs:us-west-2:123456789012:queue.fifo is a FIFO queue; the pipeline works on standard queues only, "
        "see docs/decisions/0013-standard-queues.md"
    )
    assert pipeline.services.table == {}
