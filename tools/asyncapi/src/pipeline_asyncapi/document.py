"""What an AsyncAPI 3.0 document says of the pipeline: its queues, the invokes of its services, and every message.

https://www.asyncapi.com/docs/reference/specification/v3.0.0
"""

from __future__ import annotations

import pkgutil
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

import pipeline_contracts
from pipeline_contracts import PipelineMessage
from pipeline_contracts.encoding import Compressed
from pipeline_contracts.exchange import Exchange
from pydantic.json_schema import models_json_schema

from pipeline_asyncapi import queues

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic import BaseModel

Json = dict[str, Any]

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


def document(version: str, stages: Sequence[Json]) -> Json:
    """Describe the pipeline with the contracts of a version, and its stages as the orchestrator exports them."""
    channels = queues.channels()
    operations = queues.operations()
    for stage in stages:
        request, response = _models(stage)
        channels[stage["service"]] = _function(stage["service"], request, response)
        operations[stage["name"]] = _exchange(stage["service"], request, response)
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
        "components": {"schemas": _schemas(stages)},
    }


def _models(stage: Json) -> tuple[type[Exchange], type[Exchange]]:
    """Find the request and the response of a stage, which names them."""
    for module in pkgutil.iter_modules(pipeline_contracts.__path__):
        import_module(f"pipeline_contracts.{module.name}")
    models = {model.__name__: model for model in Exchange.__subclasses__()}
    return models[stage["request"]], models[stage["response"]]


def _schemas(stages: Sequence[Json]) -> Json:
    models: list[type[BaseModel]] = [PipelineMessage, Compressed]
    models += [model for stage in stages for model in _models(stage)]
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


def _function(service: str, request: type[BaseModel], response: type[BaseModel]) -> Json:
    return {
        "address": f"{queues.PREFIX}{service}",
        "title": service.capitalize(),
        "description": (
            "A Lambda function, invoked through its alias `live`. A request may be compressed, and its answer is "
            "compressed then, if that makes it shorter."
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
