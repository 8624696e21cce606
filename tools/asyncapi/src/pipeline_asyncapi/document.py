"""What an AsyncAPI 3.0 document says of the pipeline: its queues, the invokes of its services, and every message.

https://www.asyncapi.com/docs/reference/specification/v3.0.0
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pipeline_contracts as contracts
from pipeline_contracts.encoding import Compressed
from pydantic.json_schema import models_json_schema

from pipeline_asyncapi import queues

if TYPE_CHECKING:
    from pydantic import BaseModel

Json = dict[str, Any]

EXCHANGES: Final[dict[str, tuple[str, type[BaseModel], type[BaseModel], str]]] = {
    "validator": (
        "validate",
        contracts.ValidationRequest,
        contracts.ValidationResponse,
        "judges each record by the rules of its processing type",
    ),
    "transformer": (
        "transform",
        contracts.TransformationRequest,
        contracts.TransformationResponse,
        "applies to each record the transformation of its processing type",
    ),
    "storer": (
        "store",
        contracts.StorageRequest,
        contracts.StorageResponse,
        "writes each record to the table, once",
    ),
}
"""Of each service: the stage in which it is asked, request, response, and what it does."""

COMPRESSED_FIELDS: Final = {
    "encoding": "zlib (RFC 1950), then base64 (RFC 4648, section 4).",
    "body": "The JSON text, so encoded: at most 1 MiB before it was.",
}
"""What the fields of the compressed form mean; its model has no descriptions."""

DESCRIPTION: Final = (
    "The queues of the pipeline, and the invokes of its services. Every message of the data processing queue ends in "
    "exactly one outcome: stored in the table, rejected (in the invalid message queue, with the reason), or failed "
    "(delivered again, and at last in the dead letter queue). The operations are the orchestrator's."
)


def document(version: str) -> Json:
    """Describe the pipeline with the contracts of a version."""
    channels = queues.channels()
    operations = queues.operations()
    for service, (stage, request, response, what) in EXCHANGES.items():
        channels[service] = _function(service, request, response, what)
        operations[stage] = _exchange(service, request, response)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Durable pipeline",
            "version": version,
            "description": DESCRIPTION,
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {
            "sqs": _server("sqs", "sqs", "Amazon SQS, standard queues: delivery is at least once, in any order."),
            "lambda": _server("lambda", "https", "AWS Lambda. An invoke carries at most 1 MiB each way."),
        },
        "channels": channels,
        "operations": operations,
        "components": {"schemas": _schemas()},
    }


def _schemas() -> Json:
    models: list[type[BaseModel]] = [contracts.PipelineMessage, Compressed]
    models += [model for _, request, response, _ in EXCHANGES.values() for model in (request, response)]
    _, schemas = models_json_schema(
        [(model, "validation") for model in models], ref_template="#/components/schemas/{model}"
    )
    described: Json = schemas["$defs"]
    for name, description in COMPRESSED_FIELDS.items():
        described["Compressed"]["properties"][name]["description"] = description
    return described


def _server(service: str, protocol: str, description: str) -> Json:
    return {
        "host": f"{service}.{{region}}.amazonaws.com",
        "protocol": protocol,
        "description": description,
        "variables": {"region": {"description": "The region that the pipeline is deployed to."}},
    }


def _function(service: str, request: type[BaseModel], response: type[BaseModel], what: str) -> Json:
    return {
        "address": f"{queues.PREFIX}{service}",
        "title": service.capitalize(),
        "description": (
            f"A Lambda function that {what}. It is invoked through its alias `live`. A request may be compressed, and "
            "its answer is compressed then, if that makes it shorter."
        ),
        "servers": [{"$ref": "#/servers/lambda"}],
        "parameters": queues.PARAMETERS,
        "messages": {
            model.__name__: {
                "title": model.__name__,
                "summary": _summary(model),
                "payload": {
                    "oneOf": [{"$ref": f"#/components/schemas/{form.__name__}"} for form in (model, Compressed)]
                },
            }
            for model in (request, response)
        },
    }


def _exchange(service: str, request: type[BaseModel], response: type[BaseModel]) -> Json:
    return {
        "action": "send",
        "title": f"Ask the {service}",
        "summary": "A chunk of records; the reply has one entry for each, in any order.",
        "channel": {"$ref": f"#/channels/{service}"},
        "messages": [{"$ref": f"#/channels/{service}/messages/{request.__name__}"}],
        "reply": {
            "channel": {"$ref": f"#/channels/{service}"},
            "messages": [{"$ref": f"#/channels/{service}/messages/{response.__name__}"}],
        },
    }


def _summary(model: type[BaseModel]) -> str:
    return (model.__doc__ or "").partition("\n")[0]
