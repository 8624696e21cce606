"""The loop's records in parallel: a FLAT map over the records, with one chained invoke per stage and record."""

from __future__ import annotations

from typing import Any

from aws_durable_execution_sdk_python import DurableContext, durable_execution
from aws_durable_execution_sdk_python.config import CompletionConfig, MapConfig, NestingType
from orchestrator.loop import process

MAP: MapConfig[Any] = MapConfig(
    completion_config=CompletionConfig.all_completed(),  # type: ignore[no-untyped-call]
    nesting_type=NestingType.FLAT,
)


@durable_execution
def handler(event: dict[str, Any], context: DurableContext) -> dict[str, Any]:
    """Pass all records through the three services at once."""
    messages = event["Records"]

    def run(context: DurableContext, message: dict[str, Any], *_: object) -> bool:
        process(context, message)
        return True

    batch: Any = context.map(messages, run, name="records", config=MAP)
    failed = [messages[item.index]["messageId"] for item in batch.all if item.result is None]
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}
