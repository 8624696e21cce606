"""The differences between two schemas, field by field, and whether a reader of one accepts a sender of the other.

The latter is decided by jsoncompat. It compares two whole schemas and does not report which field differs, so both are
walked in parallel here, and it is asked about one field at a time.
"""

from __future__ import annotations

import json
import textwrap
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import jsoncompat

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Schema = dict[str, Any]

ANNOTATIONS = {"title", "description", "examples", "default", "deprecated", "$schema", "$comment"}

COMPARED = {
    *("type", "enum", "const", "anyOf", "oneOf"),
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength"),
    *("items", "prefixItems", "minItems", "maxItems", "uniqueItems"),
    *("properties", "required", "additionalProperties", "patternProperties", "propertyNames"),
    *("minProperties", "maxProperties"),
}
"""Keywords that jsoncompat understands, as a test shows. It treats any two values of other keywords, such as `pattern`,
as compatible: adding such a keyword narrows the field, removing it widens it, and changing it does both."""


@dataclass(frozen=True)
class Difference:
    """One field that differs."""

    path: str
    """Such as `records[].data`; empty for the whole."""
    change: str
    """Such as `narrowed: maxLength 300 -> 200`."""
    old: Schema
    new: Schema
    """The differing part as a schema, before and after; both are equal if only people can judge."""
    means_another_thing: bool = False
    """Whether the same data is accepted before and after, but with another meaning."""
    is_optional_addition: bool = False

    @property
    def narrower(self) -> bool:
        """Whether a reader of the new schema refuses something that a sender of the old one may send."""
        return not _takes_all(self.new, self.old)

    @property
    def wider(self) -> bool:
        """Whether a reader of the old schema refuses something that a sender of the new one may send."""
        return not _takes_all(self.old, self.new)

    @property
    def wider_for_tolerant(self) -> bool:
        """Like `wider`, but with a reader that ignores unknown keys."""
        return not _takes_all(_tolerant(self.old), self.new)


def differences(old: Schema, new: Schema) -> list[Difference]:
    """Find the differences between two versions of a schema, which must not be recursive."""
    return list(_walk(_inlined(old), _inlined(new), ""))


def _walk(old: Schema, new: Schema, path: str) -> Iterator[Difference]:
    for name in sorted(ANNOTATIONS):
        if old.get(name) != new.get(name):
            is_other_default = name == "default" and name in old and name in new
            change = f"changed: {_words(old, new, [name])}"
            yield Difference(path, change, {}, {}, means_another_thing=is_other_default)
    handled = set()
    if _both_have("properties", old, new):
        yield from _fields(old, new, path)
        handled = {"properties", "required"}
    elif _both_have("items", old, new):
        yield from _walk(old["items"], new["items"], f"{path}[]")
        handled = {"items"}
    before, after = ({key: value for key, value in _bare(side).items() if key not in handled} for side in (old, new))
    if before != after:
        found = Difference(path, "", before, after)
        how = {(True, False): "narrowed", (False, True): "widened"}.get((found.narrower, found.wider), "changed")
        names = (name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
        yield replace(found, change=f"{how}: {_words(before, after, names)}")


def _fields(old: Schema, new: Schema, path: str) -> Iterator[Difference]:
    before, after = old["properties"], new["properties"]
    for name in sorted(before.keys() | after.keys()):
        below = f"{path}.{name}" if path else name
        required = name in new.get("required", ())
        if name not in after:
            yield Difference(below, "removed", _object(old, name), _object(new), means_another_thing=True)
        elif name not in before:
            change = f"{'required' if required else 'optional'} field added"
            yield Difference(below, change, _object(old), _object(new, name), is_optional_addition=not required)
        else:
            if required != (name in old.get("required", ())):
                change = "optional field became required" if required else "required field became optional"
                as_before = {**new, "properties": before}
                yield Difference(below, change, _object(old, name), _object(as_before, name))
            yield from _walk(before[name], after[name], below)


def _words(old: Schema, new: Schema, names: Iterable[str]) -> str:
    def value(schema: Schema, name: str) -> str:
        return textwrap.shorten(json.dumps(schema[name]), 100, placeholder="…") if name in schema else "none"

    return ", ".join(f"{name} {value(old, name)} -> {value(new, name)}" for name in sorted(names))


def _takes_all(reader: Schema, sender: Schema) -> bool:
    """Return whether a reader accepts everything that a sender can send; undecided counts as no."""
    if _not_compared(reader) - _not_compared(sender):
        return False
    try:
        return bool(jsoncompat.check_compat(json.dumps(sender), json.dumps(reader), jsoncompat.Role.DESERIALIZER))
    except ValueError:
        return False


def _not_compared(schema: Schema) -> set[str]:
    """Return the keywords that the library does not compare, with their places and values."""
    found: set[str] = set()

    def note(node: Schema, place: str) -> Schema:
        keywords = node.keys() - COMPARED - ANNOTATIONS
        found.update(f"{place}/{keyword}: {json.dumps(node[keyword])}" for keyword in keywords)
        return node

    _rewritten(schema, note)
    return found


def _tolerant(schema: Schema) -> Any:
    """Return the schema of a reader that ignores unknown keys."""
    opened = {"additionalProperties": True}
    return _rewritten(schema, lambda node, _: node | opened if node.get("additionalProperties") is False else node)


def _bare(schema: Schema) -> Any:
    """Return a schema without the parts that only people read."""
    return _rewritten(schema, lambda node, _: {key: node[key] for key in node if key not in ANNOTATIONS})


def _inlined(schema: Schema) -> Any:
    """Return a schema without references, with nullable types as a list of types."""

    def inline(node: Schema, _: str) -> Schema:
        if "$ref" in node:
            target = _rewritten(schema["$defs"][node["$ref"].removeprefix("#/$defs/")], inline)
            node = {**target, **{key: value for key, value in node.items() if key != "$ref"}}
        return _with_null_as_type(node)

    return _rewritten({key: value for key, value in schema.items() if key not in ("$defs", "$id")}, inline)


def _with_null_as_type(node: Schema) -> Schema:
    branches = node.get("anyOf", ())
    others = [branch for branch in branches if branch != {"type": "null"}]
    if len(branches) != 2 or len(others) != 1 or not isinstance(others[0].get("type"), str):
        return node
    written = {**others[0], **node, "type": [others[0]["type"], "null"]}
    del written["anyOf"]
    if "const" in written:
        written["enum"] = [written.pop("const")]
    if "enum" in written:
        written["enum"] = [*written["enum"], None]
    return written


def _rewritten(node: Any, rewrite: Callable[[Schema, str], Schema], place: str = "") -> Any:
    """Rewrite each schema within a schema, innermost first; `rewrite` also receives its place."""
    if isinstance(node, list):
        return [_rewritten(member, rewrite, f"{place}/{index}") for index, member in enumerate(node)]
    if not isinstance(node, dict):
        return node
    within = {}
    for key, value in node.items():
        if key in ("properties", "patternProperties"):
            fields = value.items()
            within[key] = {name: _rewritten(field, rewrite, f"{place}/{key}/{name}") for name, field in fields}
        elif key in ("enum", "const", *ANNOTATIONS):
            within[key] = value
        else:
            within[key] = _rewritten(value, rewrite, f"{place}/{key}")
    return rewrite(within, place)


def _object(schema: Schema, *names: str) -> Schema:
    """Return an object schema with only some of the fields."""
    return {
        "type": "object",
        "properties": {name: schema["properties"][name] for name in names},
        "required": [name for name in names if name in schema.get("required", ())],
        "additionalProperties": schema.get("additionalProperties", True),
    }


def _both_have(keyword: str, old: Schema, new: Schema) -> bool:
    return all(isinstance(side.get(keyword), dict) for side in (old, new))
