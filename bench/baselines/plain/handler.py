"""The pipeline as one ordinary function: Powertools' batch processor runs all steps for each record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from pipeline_contracts import execution_id, parse_message
from pipeline_contracts.storage import StorageRecord
from plain.steps import ENVIRONMENT, report_stored, store_one, transform_one, validate_one

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
    from aws_lambda_powertools.utilities.typing import LambdaContext

processor = BatchProcessor(event_type=EventType.SQS)


def process(record: SQSRecord) -> str:
    """Validate, transform and store one message; raises if it cannot be stored."""
    identity = execution_id(ENVIRONMENT, record.message_id, parse_message(record.body))
    validate_one(identity, record.body)
    transformed = transform_one(identity, record.body)
    store_one(
        StorageRecord(
            execution_id=identity, message_id=record.message_id, data=record.body, transformed_data=transformed
        )
    )
    return record.message_id


def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    """Process an SQS event and return a partial batch response."""
    response = process_partial_response(event=event, record_handler=process, processor=processor, context=context)
    report_stored(message["messageId"] for message in processor.success_messages)
    return response
