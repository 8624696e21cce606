"""The published JSON Schemas, and the released versions, which never change."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from contracts_check import releases, schemas
from jsonschema import Draft202012Validator
from packaging.version import Version
from pipeline_contracts import VERSION, PipelineMessage
from pipeline_contracts.exchange import Exchange

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pydantic import BaseModel

GENERATED = schemas.generate()
WHEELS = releases.wheels()


def fields(node: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(node, dict):
        yield from node.get("properties", {}).items()
        for member in node.values():
            yield from fields(member)


def test_there_is_one_for_the_body_and_each_request_and_response() -> None:
    services = ("validation", "transformation", "contribution", "storage")
    exchanges = {f"{work}-{way}.json" for work in services for way in ("request", "response")}

    assert GENERATED.keys() == exchanges | {"pipeline-message.json"}


@pytest.mark.parametrize("name", GENERATED)
def test_it_names_itself_and_its_version_and_describes_every_field(name: str) -> None:
    schema = GENERATED[name]

    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"] == f"urn:durable-pipeline:contracts:{VERSION}:{name.removesuffix('.json')}"
    assert schema["title"]
    assert schema["description"]
    assert not [field for field, entry in fields(schema) if not entry.keys() & {"description", "$ref"}]


@pytest.mark.parametrize("name", GENERATED)
def test_its_examples_are_good_for_the_schema_and_for_the_model(name: str) -> None:
    schema = GENERATED[name]
    models: list[type[BaseModel]] = [*Exchange.__subclasses__(), PipelineMessage]
    model = {model.__name__: model for model in models}[schema["title"]]

    assert schema["examples"]
    for example in schema["examples"]:
        Draft202012Validator(schema).validate(example)
        model.model_validate_json(json.dumps(example))


@pytest.mark.parametrize("version", WHEELS, ids=str)
def test_the_schemas_of_a_released_version_are_those_of_its_wheel(version: Version) -> None:
    assert schemas.committed(version) == schemas.of_wheel(WHEELS[version])


def test_every_committed_schema_belongs_to_a_release() -> None:
    assert {path.name for path in schemas.FOLDER.iterdir()} == {str(version) for version in WHEELS}


def test_the_models_give_the_schemas_that_are_committed_for_their_version() -> None:
    if Version(VERSION) in WHEELS:
        assert schemas.generate() == schemas.committed(Version(VERSION))
    else:
        assert Version(VERSION) > max(WHEELS)


@pytest.mark.parametrize("lines", ["", 'VERSION = "1.0.0"\nVERSION = "1.0.0"\n'])
def test_a_version_that_is_not_in_one_line_is_not_written(
    lines: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    constant, pyproject = tmp_path / "exchange.py", tmp_path / "pyproject.toml"
    constant.write_text(lines)
    pyproject.write_text('version = "1.0.0"\n')
    monkeypatch.setattr(releases, "CONSTANT", constant)
    monkeypatch.setattr(releases, "PYPROJECT", pyproject)

    with pytest.raises(ValueError, match=r"exchange\.py has (0|2) lines VERSION = …, expected one"):
        releases.set_version(Version("2.0.0"))
