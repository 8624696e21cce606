"""Refused events: those of FIFO queues, whose order the pipeline does not preserve, and of anything but SQS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
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


@pytest.mark.parametrize(
    ("event", "what"),
    [
        ({"hello": 1}, "'Records' is missing"),
        ({"Records": [{"messageId": "m", "body": "{}"}]}, "'receiptHandle' is missing"),
        ({"Records": 1}, "TypeError"),
    ],
)
def test_another_event_is_refused_in_a_sentence(pipeline: Pipeline, event: dict[str, Any], what: str) -> None:
    result = pipeline.execute(event)

    assert result.error is not None
    assert result.error.message == f"this is not the event of an SQS event source mapping: {what}"
