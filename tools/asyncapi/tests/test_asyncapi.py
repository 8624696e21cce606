"""The AsyncAPI document is up to date, and matches the models."""

from __future__ import annotations

import json
from pathlib import Path

from jsonschema import Draft202012Validator
from pipeline_asyncapi.document import EXPORTED, FILE, document, written
from pipeline_contracts.exchange import Exchange

REPOSITORY = Path(__file__).parents[3]
STAGES = json.loads((REPOSITORY / EXPORTED).read_text("utf-8"))["stages"]
DOCUMENT = document("1.0.0", STAGES)


def test_the_committed_file_is_what_the_models_give() -> None:
    assert (REPOSITORY / FILE).read_text("utf-8") == written(REPOSITORY), (
        "write it with ./nox -s asyncapi -- --write, and commit it"
    )


def test_what_a_service_is_sent_and_answers_has_the_schemas_of_the_models() -> None:
    models = {model.__name__: model for model in Exchange.__subclasses__()}
    for stage in STAGES:
        for name in (stage["request"], stage["response"]):
            assert DOCUMENT["components"]["schemas"][name]["properties"].keys() == models[name].model_fields.keys()


def test_every_example_of_a_schema_satisfies_it() -> None:
    examples = [
        (name, example)
        for name, described in DOCUMENT["components"]["schemas"].items()
        for example in described.get("examples", [])
    ]

    assert examples
    for name, example in examples:
        schema = {"$ref": f"#/components/schemas/{name}", "components": DOCUMENT["components"]}
        Draft202012Validator(schema).validate(example)


def test_every_example_of_a_message_satisfies_its_schemas() -> None:
    messages = [message for channel in DOCUMENT["channels"].values() for message in channel["messages"].values()]
    examples = [(message, example) for message in messages for example in message.get("examples", [])]

    assert examples
    for message, example in examples:
        Draft202012Validator(message["headers"]).validate(example["headers"])
        Draft202012Validator(message["payload"]).validate(example["payload"])
