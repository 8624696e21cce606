"""Queues, functions and models, from the AsyncAPI document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from docs_site import REPOSITORY
from docs_site.reference.table import code, table

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCUMENT = REPOSITORY / "contracts/asyncapi.yaml"

Schema = dict[str, Any]


def channels() -> list[str]:
    """Return a table of the queues and functions, with the messages of each."""
    rows = [
        (one["title"], code(one["address"]), ", ".join(map(code, one["messages"])), one["description"])
        for one in _document()["channels"].values()
    ]
    return table(("channel", "name", "messages", "description"), rows)


def models() -> Iterator[str]:
    """Yield a section for each model: its description and its fields."""
    for name, schema in _document()["components"]["schemas"].items():
        yield from (f"### {name}", "", schema.get("description", "Any JSON value."), "")
        if "enum" in schema:
            yield from (f"One of {_type(schema)}.", "")
        if "properties" in schema:
            yield from table(("field", "type", "required", "description"), _fields(schema))
            yield ""


def _document() -> Schema:
    document: Schema = yaml.safe_load(DOCUMENT.read_text("utf-8"))
    return document


def _fields(schema: Schema) -> Iterator[tuple[str, str, str, str]]:
    for name, field in schema["properties"].items():
        required = "yes" if name in schema.get("required", ()) else ""
        yield code(name), _type(field), required, field.get("description", "")


def _type(schema: Schema) -> str:
    """Describe the type of a field in a few words."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    for union in ("anyOf", "oneOf"):
        if union in schema:
            return " or ".join(_type(one) for one in schema[union])
    if "const" in schema:
        return code(str(schema["const"]))
    if "enum" in schema:
        return ", ".join(code(str(value)) for value in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    return str(schema.get("type", "any"))
