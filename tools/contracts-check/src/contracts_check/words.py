"""Words for what differs between two schemas of one field."""

from __future__ import annotations

import json
from typing import Any

_BOUNDS = ("min", "max", "exclusive", "multipleOf", "uniqueItems")


def of_change(old: Any, new: Any, *, narrower: bool, wider: bool) -> str:
    """Say what differs: `enum value added: "sealed"`, `bound tightened: maxLength 300 -> 200`."""
    way = (narrower, wider)
    how = {(True, False): "narrowed", (False, True): "widened"}.get(way, "changed")
    if not isinstance(old, dict) or not isinstance(new, dict) or type_of(old) != type_of(new):
        return f"type {how}: {type_of(old)} -> {type_of(new)}"
    names = sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))
    if names == ["enum"] and "enum" in old and "enum" in new:
        return _of_enum(old["enum"], new["enum"])
    pairs = ", ".join(f"{name} {_brief(name, old)} -> {_brief(name, new)}" for name in names)
    if all(name.startswith(_BOUNDS) for name in names):
        how = {(True, False): "tightened", (False, True): "loosened"}.get(way, "changed")
        return f"bound {how}: {pairs}"
    return f"{how}: {pairs}"


def of_extra(policy: Any) -> str:
    """Say what happens to keys that a model does not name."""
    if isinstance(policy, bool):
        return "taken" if policy else "refused"
    return f"taken if {type_of(policy)}"


def type_of(schema: Any) -> str:
    """Name the types that a schema takes."""
    if not isinstance(schema, dict):
        return "anything" if schema else "nothing"
    if branches := schema.get("anyOf") or schema.get("oneOf"):
        return " or ".join(type_of(branch) for branch in branches)
    kind = schema.get("type", "anything")
    return " or ".join(kind) if isinstance(kind, list) else str(kind)


def _of_enum(old: list[Any], new: list[Any]) -> str:
    parts = {
        "removed": [json.dumps(value) for value in old if value not in new],
        "added": [json.dumps(value) for value in new if value not in old],
    }
    return "; ".join(f"enum value {what}: {', '.join(values)}" for what, values in parts.items() if values)


def _brief(name: str, schema: dict[str, Any]) -> str:
    if name not in schema:
        return "none"
    text = json.dumps(schema[name])
    return text if len(text) <= 60 else f"{text[:59]}…"
