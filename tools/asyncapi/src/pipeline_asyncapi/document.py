"""The content of the AsyncAPI 3.0 document: the queues, the invokes of the services, and every message.

https://www.asyncapi.com/docs/reference/specification/v3.0.0
"""

from __future__ import annotations

import json
import pkgutil
import tomllib
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pipeline_contracts
import yaml
from pipeline_contracts import PipelineMessage
from pipeline_contracts.base import ExecutionId
from pipeline_contracts.encoding import Compressed
from pipeline_contracts.exchange import Exchange
from pipeline_contracts.message import EXAMPLES
from pydantic import TypeAdapter
from pydantic.json_schema import models_json_schema

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic import BaseModel

Json = dict[str, Any]

FILE: Final = "contracts/asyncapi.yaml"
EXPORTED: Final = "services/orchestrator/pipeline.json"
"""The file that the orchestrator exports."""

NOTE: Final = "Generated from the models by `./nox -s asyncapi -- --write`: change those."

COMPRESSED_FIELDS: Final = {
    "encoding": "zlib (RFC 1950), then base64 (RFC 4648, section 4).",
    "body": "The encoded JSON text; at most 1 MiB before encoding.",
}
"""The meaning of the fields of the compressed form; its model has no descriptions."""


class _Dumper(yaml.SafeDumper):
    """Indents lists, and writes repeated objects in full."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002
        super().increase_indent(flow, indentless=False)

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True


def written(repository: Path) -> str:
    """Write the document of a repository as YAML."""
    project = tomllib.loads((repository / "contracts/pyproject.toml").read_text("utf-8"))["project"]
    stages = json.loads((repository / EXPORTED).read_text("utf-8"))["stages"]
    described = document(project["version"], stages)
    text = yaml.dump(described, Dumper=_Dumper, sort_keys=False, width=110, allow_unicode=True)
    return f"# {NOTE}\n{text}"


def document(version: str, stages: Sequence[Json]) -> Json:
    """Describe the pipeline with the contracts of a version, and the stages that the orchestrator exports."""
    described: Json = yaml.safe_load(Path(__file__).with_name("base.yaml").read_text("utf-8"))
    described["info"]["version"] = version
    channels, operations = described["channels"], described["operations"]
    rejected = channels["invalidMessageQueue"]["messages"]["RejectedMessage"]
    reason = rejected["headers"]["properties"]["durable_pipeline"]["contentSchema"]["properties"]
    reason["execution_id"] = TypeAdapter(ExecutionId).json_schema()
    rejected["examples"][0]["payload"] = json.dumps(EXAMPLES[-1])

    parameters = channels["dataProcessingQueue"]["parameters"]
    models: list[type[BaseModel]] = [PipelineMessage, Compressed]
    for stage in stages:
        request, response = _exchanges(stage)
        channels[stage["service"]] = _function(stage["service"], parameters, (request, response))
        operations[stage["name"]] = _invoke(stage["service"], request, response)
        models += [request, response]
    described["components"] = {"schemas": _schemas(models)}
    return described


def _exchanges(stage: Json) -> tuple[type[Exchange], type[Exchange]]:
    """Find the request and the response models that a stage names."""
    for module in pkgutil.iter_modules(pipeline_contracts.__path__):
        import_module(f"pipeline_contracts.{module.name}")
    models = {model.__name__: model for model in Exchange.__subclasses__()}
    return models[stage["request"]], models[stage["response"]]


def _schemas(models: Sequence[type[BaseModel]]) -> Json:
    _, schemas = models_json_schema(
        [(model, "validation") for model in models], ref_template="#/components/schemas/{model}"
    )
    described: Json = schemas["$defs"]
    for name, description in COMPRESSED_FIELDS.items():
        described["Compressed"]["properties"][name]["description"] = description
    return described


def _function(service: str, parameters: Json, models: Sequence[type[BaseModel]]) -> Json:
    return {
        "address": f"{{environment}}-durable-pipeline-{service}",
        "title": service.capitalize(),
        "description": (
            "A Lambda function, invoked through its alias `live`. A request may be compressed, and its answer is "
            "compressed then, if that makes it shorter."
        ),
        "servers": [{"$ref": "#/servers/lambda"}],
        "parameters": parameters,
        "messages": {
            model.__name__: {
                "title": model.__name__,
                "summary": (model.__doc__ or "").partition("\n")[0],
                "payload": {
                    "oneOf": [{"$ref": f"#/components/schemas/{form.__name__}"} for form in (model, Compressed)]
                },
            }
            for model in models
        },
    }


def _invoke(service: str, request: type[BaseModel], response: type[BaseModel]) -> Json:
    channel = f"#/channels/{service}"
    return {
        "action": "send",
        "title": f"Ask the {service}",
        "summary": "A chunk of records; the reply has one entry for each, in any order.",
        "channel": {"$ref": channel},
        "messages": [{"$ref": f"{channel}/messages/{request.__name__}"}],
        "reply": {"channel": {"$ref": channel}, "messages": [{"$ref": f"{channel}/messages/{response.__name__}"}]},
    }
