"""An object's JSON Schema as a table of its fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

Json = dict[str, Any]


def schema_table(schema: Json, schemas: Json) -> Iterator[str]:
    """Write a row for each field; `schemas` has the schemas that are referred to, by name."""
    yield "| field | type | required | meaning |"
    yield "|---|---|---|---|"
    for name, field in schema["properties"].items():
        required = "yes" if name in schema.get("required", []) else ""
        yield f"| `{name}` | {_type(field, schemas)} | {required} | {_cell(_description(field))} |"
    yield ""


def name_of(reference: Json) -> str:
    """The last word of a reference: `#/components/schemas/X` is X."""
    name: str = reference["$ref"].rpartition("/")[2]
    return name


def references(schema: object) -> list[str]:
    """The names of all schemas that a schema refers to, in their order."""
    if isinstance(schema, dict):
        if "$ref" in schema:
            return [name_of(schema)]
        return [name for value in schema.values() for name in references(value)]
    if isinstance(schema, list):
        return [name for value in schema for name in references(value)]
    return []


def _type(schema: Json, schemas: Json) -> str:
    if "$ref" in schema:
        name = name_of(schema)
        return f"[{name}](#{name.lower()})" if schemas.get(name) else "any JSON"
    if "anyOf" in schema:
        return " or ".join(_type(one, schemas) for one in schema["anyOf"])
    if "const" in schema:
        return f"`{schema['const']}`"
    if "enum" in schema:
        return " or ".join(f"`{value}`" for value in schema["enum"])
    match schema.get("type"):
        case "array":
            return f"array of {_type(schema['items'], schemas)}{_bounds(schema, 'Items')}"
        case "object":
            return f"object of {_type(schema['additionalProperties'], schemas)}{_bounds(schema, 'Properties')}"
        case "string":
            text = "JSON text" if schema.get("contentMediaType") == "application/json" else "string"
            pattern = f" `{_cell(schema['pattern'])}`" if "pattern" in schema else ""
            return f"{text}{pattern}{_bounds(schema, 'Length')}"
        case None:
            return "any JSON"
        case other:
            return str(other)


def _description(schema: Json) -> str:
    found = [one["description"] for one in (schema, *schema.get("anyOf", [])) if "description" in one]
    return found[0] if found else ""


def _bounds(schema: Json, of: str) -> str:
    least, most = schema.get(f"min{of}", 0), schema.get(f"max{of}")
    if most is not None:
        return f" ({least:,} to {most:,})"
    return f" (at least {least:,})" if least else ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
