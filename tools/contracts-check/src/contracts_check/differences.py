"""What differs between two schemas, field by field, and whether a reader of one takes what a sender of the other sends.

The last is jsoncompat's to say. It compares two whole schemas and does not tell which field differs, so both are walked
side by side here, and it is asked about one field at a time.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import jsoncompat

from contracts_check import words

if TYPE_CHECKING:
    from collections.abc import Iterator

Schema = dict[str, Any]

ANNOTATIONS = {"title", "description", "examples", "default", "deprecated", "$schema", "$comment"}

COMPARED = {
    *("type", "enum", "const", "anyOf", "oneOf"),
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength"),
    *("items", "prefixItems", "minItems", "maxItems", "uniqueItems"),
    *("properties", "required", "additionalProperties", "patternProperties", "propertyNames"),
    *("minProperties", "maxProperties"),
}
"""Keywords that jsoncompat understands, which a test shows. It takes any two values of another one, such as `pattern`,
for compatible: whoever adds such a keyword narrows the field, whoever removes it widens it, a change does both."""


@dataclass(frozen=True)
class Difference:
    """One field that differs."""

    path: str
    """Such as `records[].data`; empty for the whole."""
    change: str
    """Such as `bound tightened: maxLength 300 -> 200`."""
    narrower: bool = False
    """A reader of the new schema refuses some of what a sender of the old one sends."""
    wider: bool = False
    """A reader of the old schema refuses some of what a sender of the new one sends."""
    wider_for_tolerant: bool = False
    """As `wider`, although the reader ignores keys that it does not know."""
    means_another_thing: bool = False
    """What is sent is taken before and after, but not for the same."""
    is_optional_addition: bool = False


def differences(old: Schema, new: Schema) -> list[Difference]:
    """Find what differs between two versions of a schema."""
    return list(_walk(_inlined(old), _inlined(new), ""))


def _walk(old: Any, new: Any, path: str) -> Iterator[Difference]:
    was, is_now = _without_null(old), _without_null(new)
    if (was is None) != (is_now is None):
        how = "widened" if was is None else "narrowed"
        change = f"type {how}: {words.type_of(old)} -> {words.type_of(new)}"
        wider = was is None
        yield Difference(path, change, narrower=not wider, wider=wider, wider_for_tolerant=wider)
    old, new = old if was is None else was, new if is_now is None else is_now
    yield from _annotations(old, new, path)
    if _both_have("properties", old, new):
        yield from _fields(old, new, path)
        yield from _rest(old, new, path, handled={"properties", "required", "additionalProperties"})
    elif _both_have("items", old, new):
        yield from _walk(old["items"], new["items"], f"{path}[]")
        yield from _rest(old, new, path, handled={"items"})
    else:
        yield from _rest(old, new, path, handled=set())


def _annotations(old: Any, new: Any, path: str) -> Iterator[Difference]:
    if not isinstance(old, dict) or not isinstance(new, dict):
        return
    for name in sorted(ANNOTATIONS):
        if name not in old and name not in new:
            continue
        if name not in old or name not in new:
            yield Difference(path, f"{name} {'added' if name in new else 'removed'}")
        elif old[name] != new[name] and name == "default":
            change = f"default changed: {json.dumps(old[name])} -> {json.dumps(new[name])}"
            yield Difference(path, change, means_another_thing=True)
        elif old[name] != new[name]:
            yield Difference(path, f"{name} changed")


def _fields(old: Schema, new: Schema, path: str) -> Iterator[Difference]:
    before, after = old["properties"], new["properties"]
    removed, added = [n for n in before if n not in after], [n for n in after if n not in before]
    for name, other in [(n, o) for n in removed for o in added if _bare(before[n]) == _bare(after[o])]:
        if name in removed and other in added:
            removed.remove(name)
            added.remove(other)
            renamed = _compared(_object(old, name), _object(new, other), _below(path, name), f"renamed to {other}")
            yield replace(renamed, means_another_thing=True)
    for name in removed:
        dropped = _compared(_object(old, name), _object(new), _below(path, name), "removed")
        yield replace(dropped, means_another_thing=True)
    for name in added:
        change = f"{'required' if _requires(new, name) else 'optional'} field added"
        addition = _compared(_object(old), _object(new, name), _below(path, name), change)
        yield replace(addition, is_optional_addition=not _requires(new, name))
    for name in (name for name in before if name in after):
        if _requires(old, name) != _requires(new, name):
            change = "optional field became required" if _requires(new, name) else "required field became optional"
            as_before = {**new, "properties": before}
            yield _compared(_object(old, name), _object(as_before, name), _below(path, name), change)
        yield from _walk(before[name], after[name], _below(path, name))
    if _extra(old) != _extra(new):
        change = f"keys that it does not name: {words.of_extra(_extra(old))} -> {words.of_extra(_extra(new))}"
        was, is_now = ({"type": "object", "additionalProperties": _extra(side)} for side in (old, new))
        yield _compared(was, is_now, path, change)


def _rest(old: Any, new: Any, path: str, handled: set[str]) -> Iterator[Difference]:
    before, after = _bare(old, handled), _bare(new, handled)
    if before != after:
        compared = _compared(before, after, path, "")
        yield replace(compared, change=words.of_change(before, after, narrower=compared.narrower, wider=compared.wider))


def _compared(old: Any, new: Any, path: str, change: str) -> Difference:
    lost, gained = _not_compared(old), _not_compared(new)
    narrower = any(lost.get(place) != value for place, value in gained.items())
    wider = any(gained.get(place) != value for place, value in lost.items())
    return Difference(
        path,
        change,
        narrower=narrower or not _takes_all(new, old),
        wider=wider or not _takes_all(old, new),
        wider_for_tolerant=wider or not _takes_all(_tolerant(old), new),
    )


def _takes_all(reader: Any, sender: Any) -> bool:
    """Say whether a reader takes all that a sender can send; what the library cannot tell counts as no."""
    try:
        return bool(jsoncompat.check_compat(json.dumps(sender), json.dumps(reader), jsoncompat.Role.DESERIALIZER))
    except ValueError:
        return False


def _tolerant(schema: Any) -> Any:
    """Write the schema of a reader that ignores keys which it does not know."""
    if isinstance(schema, list):
        return [_tolerant(member) for member in schema]
    if isinstance(schema, dict):
        opened = {key: _tolerant(value) for key, value in schema.items()}
        return {**opened, "additionalProperties": True} if schema.get("additionalProperties") is False else opened
    return schema


def _not_compared(node: Any, place: str = "") -> dict[str, Any]:
    """Find the keywords that the library does not compare: their values by their place."""
    found: dict[str, Any] = {}
    if isinstance(node, list):
        for index, member in enumerate(node):
            found |= _not_compared(member, f"{place}/{index}")
    elif isinstance(node, dict):
        for key, value in node.items():
            if key in ("properties", "patternProperties"):
                for name, member in value.items():
                    found |= _not_compared(member, f"{place}/{key}/{name}")
            elif key not in COMPARED | ANNOTATIONS:
                found[f"{place}/{key}"] = value
            elif key not in ("enum", "const", *ANNOTATIONS):
                found |= _not_compared(value, f"{place}/{key}")
    return found


def _inlined(schema: Schema) -> Any:
    """Write a schema without references. Models that contain themselves have no such form, and we have none."""
    definitions = schema.get("$defs", {})

    def inline(node: Any, within: tuple[str, ...]) -> Any:
        if isinstance(node, list):
            return [inline(member, within) for member in node]
        if not isinstance(node, dict):
            return node
        node = {key: value for key, value in node.items() if key not in ("$defs", "$id")}
        if isinstance(reference := node.pop("$ref", None), str):
            if reference in within:
                raise ValueError(f"{reference} contains itself, which cannot be compared")
            target = inline(definitions[reference.removeprefix("#/$defs/")], (*within, reference))
            return {**target, **node}
        return {key: inline(value, within) for key, value in node.items()}

    return inline(schema, ())


def _bare(node: Any, handled: set[str] | None = None) -> Any:
    """A schema without what only people read, at every level, and without the keywords that are handled elsewhere."""
    if isinstance(node, list):
        return [_bare(member) for member in node]
    if not isinstance(node, dict):
        return node
    return {
        key: {name: _bare(member) for name, member in value.items()} if key == "properties" else _bare(value)
        for key, value in node.items()
        if key not in ANNOTATIONS | (handled or set())
    }


def _object(schema: Schema, name: str | None = None) -> Schema:
    """An object with but one of the fields, or none."""
    return {
        "type": "object",
        "properties": {name: schema["properties"][name]} if name else {},
        "required": [name] if name and _requires(schema, name) else [],
        "additionalProperties": _extra(schema),
    }


def _requires(schema: Schema, name: str) -> bool:
    return name in schema.get("required", ())


def _extra(schema: Schema) -> Any:
    return schema.get("additionalProperties", True)


def _both_have(keyword: str, old: Any, new: Any) -> bool:
    return all(isinstance(side, dict) and isinstance(side.get(keyword), dict) for side in (old, new))


def _without_null(node: Any) -> Any:
    """What a field takes besides null; None if it does not take null."""
    branches = node.get("anyOf", ()) if isinstance(node, dict) else ()
    others = [branch for branch in branches if branch != {"type": "null"}]
    if len(branches) != 2 or len(others) != 1:
        return None
    return {**others[0], **{name: value for name, value in node.items() if name != "anyOf"}}


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
