"""Everything that a published schema admits, as a hypothesis strategy."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any, cast

import schemathesis

from contract_tests.bodies import ANY_BODIES
from contract_tests.published import minor, schema

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

Json = dict[str, Any]


def requests(work: str, version: str) -> SearchStrategy[Json]:
    """Generate requests as written by senders with a version of the contracts; `work` is, for example, validation."""
    return _exchanges(f"{work}-request", version)


def responses(work: str, version: str) -> SearchStrategy[Json]:
    """Generate responses as written by services with a version of the contracts."""
    return _exchanges(f"{work}-response", version)


def _exchanges(name: str, version: str) -> SearchStrategy[Json]:
    sender = {"contract_version": minor(version)}
    return _admitted(schema(version, name), version).map(lambda exchange: exchange | sender)


@cache
def _data(version: str) -> str:
    """Register a format for `data`, and return its name: JSON text or not, a message of this version or not."""
    messages = _admitted(schema(version, "pipeline-message"), version, data=False).map(json.dumps)
    name = f"data-{version}"
    schemathesis.openapi.format(name, messages | ANY_BODIES)
    return name


def _admitted(published: Json, version: str, *, data: bool = True) -> SearchStrategy[Json]:
    """Let Schemathesis generate the body of a request with this schema.

    It is the only maintained generator for JSON Schema; as it tests APIs, it needs the schema in an OpenAPI document.
    """
    described = _adapted(published, _data(version) if data else "")
    definitions = described.pop("$defs", {})
    del described["$schema"], described["$id"]
    operation = {
        "requestBody": {"required": True, "content": {"application/json": {"schema": described}}},
        "responses": {"200": {"description": "any"}},
    }
    api = schemathesis.openapi.from_dict(
        {
            "openapi": "3.1.0",
            "info": {"title": published["title"], "version": version},
            "paths": {"/": {"post": operation}},
            "components": {"schemas": definitions},
        }
    )
    return cast("SearchStrategy[Json]", api["/"]["POST"].as_strategy().map(lambda case: case.body))


def _adapted(node: Any, data: str) -> Any:
    """Move the definitions to OpenAPI's place, and add a format where the schema says that a string is JSON text."""
    if isinstance(node, list):
        return [_adapted(one, data) for one in node]
    if not isinstance(node, dict):
        return node
    adapted = {key: _adapted(value, data) for key, value in node.items()}
    if isinstance(node.get("$ref"), str):
        adapted["$ref"] = node["$ref"].replace("#/$defs/", "#/components/schemas/")
    if adapted.pop("contentMediaType", None) == "application/json":
        adapted["format"] = data
    return adapted
