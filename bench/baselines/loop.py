"""The pipeline as it is commonly written: a loop over the records, with one chained invoke per stage and record.

It replaces the orchestrator's handler in a copy of its service, with the same services behind it.
"""

from __future__ import annotations

import os
from typing import Any

from aws_durable_execution_sdk_python import DurableContext, durable_execution
from pipeline_contracts import execution_id, parse_message
from pipeline_contracts.storage import StorageRecord, StorageRequest
from pipeline_contracts.transformation import TransformationRecord, TransformationRequest
from pipeline_contracts.validation import ValidationRecord, ValidationRequest

ENVIRONMENT = os.environ["ENVIRONMENT"]


@durable_execution
def handler(event: dict[str, Any], context: DurableContext) -> dict[str, Any]:
    """Pass each record through the three services, one after the other."""
    failures = []
    for message in event["Records"]:
        try:
            process(context, message)
        except Exception as error:  # noqa: BLE001 -- the message is delivered again
            context.logger.warning("message failed", extra={"reason": repr(error)})
            failures.append({"itemIdentifier": message["messageId"]})
    return {"batchItemFailures": failures}


def process(context: DurableContext, message: dict[str, Any]) -> None:
    """Validate, transform and store one message; raises if it cannot be stored."""
    body, message_id = message["body"], message["messageId"]
    identity = execution_id(ENVIRONMENT, message_id, parse_message(body))
    asked = ValidationRequest(records=(ValidationRecord(execution_id=identity, data=body),))
    verdict = invoke(context, "VALIDATION", asked.model_dump(mode="json"), f"validate-{message_id}")
    if not verdict["is_valid"]:
        raise ValueError(str(verdict["errors"]))
    record = TransformationRecord(execution_id=identity, data=body)
    wanted = TransformationRequest(records=(record,), max_bytes=4_096)
    answer = invoke(context, "TRANSFORMATION", wanted.model_dump(mode="json"), f"transform-{message_id}")
    item = StorageRecord(
        execution_id=identity,
        message_id=message_id,
        data=body,
        transformed_data=answer["transformed_data"],
    )
    stored = invoke(context, "STORAGE", StorageRequest(records=(item,)).model_dump(mode="json"), f"store-{message_id}")
    if stored["error"]:
        raise ValueError(str(stored["error"]))


def invoke(context: DurableContext, stage: str, request: dict[str, Any], name: str) -> dict[str, Any]:
    """Invoke a service for one record."""
    answer: Any = context.invoke(os.environ[f"{stage}_FUNCTION_ARN"], request, name)
    result: dict[str, Any] = answer["results"][0]
    return result
