"""The three queues, as infra/shared/template.yaml declares them: a test in infra holds the two against each other.

Bindings of SQS: https://www.asyncapi.com/docs/reference/bindings/sqs
"""

from __future__ import annotations

import json
from typing import Any, Final

from pipeline_contracts.base import ExecutionId
from pipeline_contracts.message import EXAMPLES
from pydantic import TypeAdapter

Json = dict[str, Any]

PREFIX: Final = "{environment}-durable-pipeline-"
"""What the name of every queue and function of a deployment begins with."""

PARAMETERS: Final[Json] = {"environment": {"description": "Name of the deployment, such as `dev`: `EnvironmentName`."}}

DAY: Final = 24 * 60 * 60

REJECTION_ATTRIBUTES: Final[Json] = {
    "type": "object",
    "description": (
        "One string attribute of ours says why, as JSON. The producer's own attributes are kept beside it, as far as "
        "SQS's limit of ten allows, and so are the trace header and the group id. Beside a body of nearly 1 MiB there "
        "may be no room for any of them; then the orchestrator's log has all but the words."
    ),
    "properties": {
        "durable_pipeline": {
            "type": "string",
            "contentMediaType": "application/json",
            "contentSchema": {
                "type": "object",
                "properties": {
                    "execution_id": TypeAdapter(ExecutionId).json_schema(),
                    "message_id": {"type": "string", "description": "Its `messageId` in the data processing queue."},
                    "execution_arn": {"type": "string", "description": "Of the durable execution that rejected it."},
                    "stage": {
                        "type": "string",
                        "description": "Where it was rejected; the intake is the orchestrator's own.",
                    },
                    "code": {
                        "type": "string",
                        "pattern": "^[a-z][a-z0-9_]{0,63}$",
                        "description": "Why, in one word: an error code, or a code of the rule that failed.",
                    },
                    "field": {"type": "string", "description": "Path of the field; empty for the whole body."},
                    "reason": {"type": "string", "maxLength": 1024, "description": "Why, in words."},
                },
                "required": ["execution_id", "message_id", "stage", "code"],
            },
        },
    },
}


PIPELINE_MESSAGE: Final[Json] = {
    "title": "Pipeline message",
    "summary": "What a producer sends.",
    "payload": {"$ref": "#/components/schemas/PipelineMessage"},
}

_ANY_TEXT: Final[Json] = {"type": "string", "description": "The body as it arrived, whatever it is."}

REJECTED_MESSAGE: Final[Json] = {
    "title": "Rejected message",
    "summary": "A message that can never succeed, with the reason.",
    "contentType": "text/plain",
    "headers": REJECTION_ATTRIBUTES,
    "payload": _ANY_TEXT,
    "examples": [
        {
            "headers": {
                "durable_pipeline": json.dumps(
                    {
                        "execution_id": "dev-esm-908bbbeb-b6b9-46e7-bfb7-f338b3e17e63",
                        "message_id": "908bbbeb-b6b9-46e7-bfb7-f338b3e17e63",
                        "stage": "validate",
                        "code": "blank_field",
                        "field": "columns",
                        "reason": "columns: must not be empty",
                    }
                )
            },
            "payload": json.dumps(EXAMPLES[-1]),
        }
    ],
}

DEAD_LETTER: Final[Json] = {
    "title": "Dead letter",
    "summary": "A message that failed at every delivery, with the producer's own attributes.",
    "contentType": "text/plain",
    "payload": _ANY_TEXT,
}


def channels() -> Json:
    """Describe the queues."""
    dead_letter_queue = _queue("data-processing-dead-letter", 14)
    data_processing_queue = _queue(
        "data-processing",
        4,
        visibilityTimeout=960,
        redrivePolicy={"deadLetterQueue": {"name": dead_letter_queue["name"]}, "maxReceiveCount": 5},
    )
    return {
        "dataProcessingQueue": _channel(
            "Data processing queue",
            "Where producers send messages.",
            {"PipelineMessage": PIPELINE_MESSAGE},
            {"queue": data_processing_queue, "deadLetterQueue": dead_letter_queue},
        ),
        "invalidMessageQueue": _channel(
            "Invalid message queue",
            "For those who look after the data. A message may be here more than once.",
            {"RejectedMessage": REJECTED_MESSAGE},
            {"queue": _queue("invalid-message", 14)},
        ),
        "deadLetterQueue": _channel(
            "Dead letter queue",
            "For those who look after the system. The days that a message is kept count from when it was first sent.",
            {"DeadLetter": DEAD_LETTER},
            {"queue": dead_letter_queue},
        ),
    }


def operations() -> Json:
    """Describe what the orchestrator does with the queues."""
    return {
        "takeMessages": _operation(
            "receive", "dataProcessingQueue", "PipelineMessage", "In batches; each batch is one execution."
        ),
        "rejectMessage": _operation(
            "send", "invalidMessageQueue", "RejectedMessage", "What can never succeed, with the reason."
        ),
        "giveUpMessage": _operation(
            "send", "deadLetterQueue", "DeadLetter", "What failed at every delivery; SQS does it for the orchestrator."
        ),
    }


def _queue(name: str, retention_days: int, **further: object) -> Json:
    return {
        "name": f"{PREFIX}{name}",
        "fifoQueue": False,
        "messageRetentionPeriod": retention_days * DAY,
        **further,
    }


def _channel(title: str, description: str, messages: Json, binding: Json) -> Json:
    return {
        "address": binding["queue"]["name"],
        "title": title,
        "description": description,
        "servers": [{"$ref": "#/servers/sqs"}],
        "parameters": PARAMETERS,
        "messages": messages,
        "bindings": {"sqs": {**binding, "bindingVersion": "0.2.0"}},
    }


def _operation(action: str, channel: str, message: str, summary: str) -> Json:
    return {
        "action": action,
        "summary": summary,
        "channel": {"$ref": f"#/channels/{channel}"},
        "messages": [{"$ref": f"#/channels/{channel}/messages/{message}"}],
    }
