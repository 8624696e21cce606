"""The JSON Schemas that are published."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from contracts_check import schemas
from jsonschema import Draft202012Validator
from pipeline_contracts import VERSION, PipelineMessage
from pipeline_contracts.exchange import Exchange

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import BaseModel

GENERATED = schemas.generate()


@pytest.fixture(params=GENERATED)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def properties(node: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(node, dict):
        yield from node.get("properties", {}).items()
        for member in node.values():
            yield from properties(member)


def test_there_is_one_for_the_body_and_each_request_and_response() -> None:
    assert set(GENERATED) == {
        "pipeline-message.json",
        *(
            f"{work}-{way}.json"
            for work in ("validation", "transformation", "contribution", "storage")
            for way in ("request", "response")
        ),
    }


def test_it_is_a_schema_that_names_itself_and_its_version(name: str) -> None:
    schema = GENERATED[name]

    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"] == f"urn:durable-pipeline:contracts:{VERSION}:{name.removesuffix('.json')}"
    assert schema["title"]
    assert schema["description"]


def test_every_field_is_described(name: str) -> None:
    bare = [field for field, entry in properties(GENERATED[name]) if not entry.keys() & {"description", "$ref"}]

    assert not bare


def test_its_examples_are_good_for_the_schema_and_for_the_model(name: str) -> None:
    schema = GENERATED[name]
    models: list[type[BaseModel]] = [*Exchange.__subclasses__(), PipelineMessage]
    model = {model.__name__: model for model in models}[schema["title"]]

    assert schema["examples"]
    for example in schema["examples"]:
        Draft202012Validator(schema).validate(example)
        model.model_validate_json(json.dumps(example))
