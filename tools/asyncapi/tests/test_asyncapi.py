"""The AsyncAPI document and its page: up to date, and true to the models."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pipeline_asyncapi.document import EXCHANGES, document
from pipeline_asyncapi.files import written

FILES = written(Path(__file__).parents[3])
DOCUMENT = document("1.0.0")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_committed_file_is_what_the_models_give(path: Path) -> None:
    assert path.read_text("utf-8") == FILES[path], "write it with ./nox -s asyncapi -- --write, and commit it"


def schema(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}", "components": DOCUMENT["components"]}


def test_what_a_service_is_sent_and_answers_has_the_schemas_of_the_models() -> None:
    for _, request, response, _ in EXCHANGES.values():
        for model in (request, response):
            described = DOCUMENT["components"]["schemas"][model.__name__]
            assert described["properties"].keys() == model.model_fields.keys()


def test_every_example_of_a_schema_satisfies_it() -> None:
    examples = [
        (name, example)
        for name, described in DOCUMENT["components"]["schemas"].items()
        for example in described.get("examples", [])
    ]

    assert examples
    for name, example in examples:
        Draft202012Validator(schema(name)).validate(example)


def test_every_example_of_a_message_satisfies_its_schemas() -> None:
    messages = [message for channel in DOCUMENT["channels"].values() for message in channel["messages"].values()]
    examples = [(message, example) for message in messages for example in message.get("examples", [])]

    assert examples
    for message, example in examples:
        Draft202012Validator(message["headers"]).validate(example["headers"])
        Draft202012Validator(message["payload"]).validate(example["payload"])
