"""A mapping for the tests of the event source mapping."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from local_aws.event_source.mapping import EventSourceMapping

_MAPPING = EventSourceMapping(
    queue_arn="arn:aws:sqs:us-east-1:000000000000:queue",
    queue_url="http://127.0.0.1/queue",
    visibility_timeout=30,
    function_name="function",
    qualifier="live",
    account="000000000000",
    region="us-east-1",
    batch_size=2,
    window=0,
    maximum_concurrency=2,
    reports_batch_item_failures=True,
)


def mapping(**changes: Any) -> EventSourceMapping:
    """Return the mapping of a queue to a function, with the settings that the test changes."""
    return replace(_MAPPING, **changes)
