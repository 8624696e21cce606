"""Each kind of change to a contract, in every direction: which version it takes, and who would break."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from typing import Any

import pytest

jsoncompat = pytest.importorskip("jsoncompat", reason="it has no wheel for Python 3.14 yet")

from contracts_check.differences import COMPARED  # noqa: E402
from contracts_check.policy import Finding, Level, judge  # noqa: E402
from contracts_check.releases import Version  # noqa: E402

LAST = Version(1, 4, 2)
Schema = dict[str, Any]


def model(*, extra: bool = False, **fields: Any) -> Schema:
    """A model with one field of each kind, as pydantic describes it, and others given; None drops one."""
    given = {
        "name": {"type": "string", "maxLength": 10, "title": "Name"},
        "status": {"type": "string", "enum": ["open", "closed"]},
        "note": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None},
        "count": {"type": "integer", "default": 1},
        "code": {"type": "string", "pattern": "^[a-z]+$"},
        **fields,
    }
    optional = {"note", "count", *(name for name, field in fields.items() if field and field.pop("optional", False))}
    properties = {name: field for name, field in given.items() if field is not None}
    return {
        "title": "Entry",
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name not in optional],
        "additionalProperties": extra,
    }


def exchange(entry: Schema, title: str) -> Schema:
    """An exchange with a list of entries."""
    records = {"type": "array", "items": {"$ref": "#/$defs/Entry"}, "maxItems": 1000}
    return {
        "title": title,
        "type": "object",
        "properties": {"records": records},
        "required": ["records"],
        "additionalProperties": False,
        "$defs": {"Entry": entry},
    }


STRING, OPTIONAL = {"type": "string"}, {"type": "string", "optional": True}


@dataclass(frozen=True)
class Change:
    """From one model to another."""

    name: str
    field: str
    after: dict[str, Any]
    says: str
    exchanged: tuple[Level, str]
    """As a part of a request: the level, and which versions of sender and reader do not go together."""
    body: tuple[Level, str]
    before: dict[str, Any]


def change(
    name: str,
    field: str,
    after: dict[str, Any],
    says: str,
    exchanged: tuple[Level, str],
    body: tuple[Level, str],
    before: dict[str, Any] | None = None,
) -> Change:
    return Change(name, field, after, says, exchanged, body, before or {})


OLD_SENDS = (Level.MAJOR, "{reader} on 1.5.0 would refuse what {sender} on 1.4.2 sends")
NEW_SENDS = (Level.MAJOR, "{reader} on 1.4.2 would refuse what {sender} on 1.5.0 sends")
IGNORED = (Level.MINOR, "{reader} on 1.4.2 ignores")
NOT_THE_SAME = (Level.MAJOR, "{sender} on 1.4.2 and {reader} on 1.5.0 would not mean the same by it")
SAME = (Level.PATCH, "can tell")
REJECTED = (Level.MAJOR, "Producers would be rejected with what they send today")
ELSEWISE = (Level.MAJOR, "Producers would not get what they get today")
LATER = (Level.MINOR, "Producers can use it when every service is beyond 1.4.2")
ASK = (Level.MINOR, "Producers that send other values under this key already would be rejected")

CHANGES = [
    change("field added, optional", ".tag", {"tag": OPTIONAL}, "optional field added", IGNORED, ASK),
    change("field added, required", ".tag", {"tag": STRING}, "required field added", OLD_SENDS, REJECTED),
    change("field removed, required", ".name", {"name": None}, "removed", OLD_SENDS, ELSEWISE),
    change("field removed, optional", ".note", {"note": None}, "removed", OLD_SENDS, ELSEWISE),
    change(
        "field renamed",
        ".name",
        {"name": None, "label": {"type": "string", "maxLength": 10, "title": "Label"}},
        "renamed to label",
        OLD_SENDS,
        REJECTED,
    ),
    change(
        "field renamed, optional",
        ".note",
        {"note": None, "remark": {"anyOf": [{"type": "string"}, {"type": "null"}], "optional": True}},
        "renamed to remark",
        OLD_SENDS,
        REJECTED,
    ),
    change(
        "type widened",
        ".count",
        {"count": {"type": "number", "default": 1}},
        "type widened: integer -> number",
        NEW_SENDS,
        LATER,
    ),
    change(
        "type widened to null",
        ".code",
        {"code": {"anyOf": [{"type": "string", "pattern": "^[a-z]+$"}, {"type": "null"}]}},
        "type widened: string -> string or null",
        NEW_SENDS,
        LATER,
    ),
    change(
        "type narrowed",
        ".note",
        {"note": {"type": "string", "default": None}},
        "type narrowed: string or null -> string",
        OLD_SENDS,
        REJECTED,
    ),
    change("type changed", ".count", {"count": {"type": "string", "default": 1}}, "type changed", OLD_SENDS, REJECTED),
    change(
        "enum value added",
        ".status",
        {"status": {"type": "string", "enum": ["open", "closed", "sealed"]}},
        'enum value added: "sealed"',
        NEW_SENDS,
        LATER,
    ),
    change(
        "enum value removed",
        ".status",
        {"status": {"type": "string", "enum": ["open"]}},
        'enum value removed: "closed"',
        OLD_SENDS,
        REJECTED,
    ),
    change(
        "enum value exchanged",
        ".status",
        {"status": {"type": "string", "enum": ["open", "sealed"]}},
        'enum value removed: "closed"; enum value added: "sealed"',
        OLD_SENDS,
        REJECTED,
    ),
    change(
        "bound tightened",
        ".name",
        {"name": {"type": "string", "maxLength": 5, "title": "Name"}},
        "bound tightened: maxLength 10 -> 5",
        OLD_SENDS,
        REJECTED,
    ),
    change(
        "bound loosened",
        ".name",
        {"name": {"type": "string", "maxLength": 20, "title": "Name"}},
        "bound loosened: maxLength 10 -> 20",
        NEW_SENDS,
        LATER,
    ),
    change(
        "bound dropped",
        ".name",
        {"name": {"type": "string", "title": "Name"}},
        "bound loosened: maxLength 10 -> none",
        NEW_SENDS,
        LATER,
    ),
    change(
        "default changed",
        ".count",
        {"count": {"type": "integer", "default": 2}},
        "default changed: 1 -> 2",
        NOT_THE_SAME,
        ELSEWISE,
    ),
    change(
        "field becomes optional",
        ".name",
        {"name": {"type": "string", "maxLength": 10, "title": "Name", "optional": True}},
        "required field became optional",
        NEW_SENDS,
        LATER,
    ),
    change(
        "field becomes required",
        ".tag",
        {"tag": STRING},
        "optional field became required",
        OLD_SENDS,
        REJECTED,
        before={"tag": OPTIONAL},
    ),
    change(
        "extra policy opened",
        "",
        {"extra": True},
        "keys that it does not name: refused -> taken",
        IGNORED,
        LATER,
        before={"extra": False},
    ),
    change(
        "extra policy closed",
        "",
        {"extra": False},
        "keys that it does not name: taken -> refused",
        OLD_SENDS,
        REJECTED,
        before={"extra": True},
    ),
    change(
        "pattern changed",
        ".code",
        {"code": {"type": "string", "pattern": "^[a-z0-9]+$"}},
        "changed: pattern",
        OLD_SENDS,
        REJECTED,
    ),
    change("pattern dropped", ".code", {"code": STRING}, "widened: pattern", NEW_SENDS, LATER),
    change(
        "description changed",
        ".name",
        {"name": {"type": "string", "maxLength": 10, "title": "Name", "description": "Of the entry."}},
        "description added",
        SAME,
        SAME,
    ),
]
"""In an exchange, models are closed as ours are; in the body, open."""


def found(file: str, old: Schema, new: Schema) -> Finding:
    (finding,) = judge({file: old}, {file: new}, LAST)
    return finding


def models(change: Change, *, extra: bool) -> tuple[Schema, Schema]:
    before = model(**copy.deepcopy({"extra": extra, **change.before}))
    after = model(**copy.deepcopy({"extra": extra, **change.before, **change.after}))
    return before, after


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.name)
@pytest.mark.parametrize(
    ("file", "sender", "reader"),
    [
        ("validation-request.json", "an orchestrator", "a validator"),
        ("validation-response.json", "a validator", "an orchestrator"),
        ("storage-request.json", "an orchestrator", "a storer"),
        ("transformation-response.json", "a transformer", "an orchestrator"),
    ],
)
def test_a_change_in_an_exchange(change: Change, file: str, sender: str, reader: str) -> None:
    level, why = change.exchanged
    old, new = (exchange(entry, "Exchange") for entry in models(change, extra=False))

    finding = found(file, old, new)

    assert finding.level is level, finding.sentence
    assert finding.model == "Exchange"
    assert finding.sentence.startswith(f"Exchange.records[]{change.field}: {change.says}")
    assert why.format(sender=sender, reader=reader).lower() in finding.sentence.lower()
    assert finding.sentence.endswith(f": take {level.after(LAST)}.")


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.name)
def test_a_change_in_the_body(change: Change) -> None:
    level, why = change.body
    old, new = models(change, extra=True)

    finding = found("pipeline-message.json", old, new)

    assert finding.level is level, finding.sentence
    assert finding.sentence.startswith(f"Entry{change.field}: {change.says}")
    assert why in finding.sentence
    assert finding.sentence.endswith(f": take {level.after(LAST)}.")


def test_a_bound_of_the_list_itself_is_found() -> None:
    old = exchange(model(), "Exchange")
    new = copy.deepcopy(old)
    new["properties"]["records"]["maxItems"] = 500

    finding = found("validation-request.json", old, new)

    assert finding.sentence.startswith("Exchange.records: bound tightened: maxItems 1000 -> 500")


def test_what_follows_from_the_version_is_no_change() -> None:
    old, new = exchange(model(), "Exchange"), exchange(model(), "Exchange")
    for schema, major in ((old, 1), (new, 2)):
        schema["properties"]["contract_version"] = {"type": "string", "pattern": f"^{major}\\."}
        schema["$id"] = f"urn:{major}"
        schema["examples"] = [{"contract_version": f"{major}.0"}]

    assert judge({"storage-request.json": old}, {"storage-request.json": new}, LAST) == []


def test_what_only_moves_to_another_definition_is_no_change() -> None:
    old = exchange(model(), "Exchange")
    new = copy.deepcopy(old)
    new["properties"]["records"]["items"] = new.pop("$defs")["Entry"]

    assert judge({"storage-request.json": old}, {"storage-request.json": new}, LAST) == []


@pytest.mark.parametrize("within", ["anyOf", "additionalProperties"])
def test_a_change_below_a_union_or_a_map_is_found(within: str) -> None:
    reference = {"$ref": "#/$defs/Entry"}
    field = {"anyOf": [reference, {"type": "integer"}]} if within == "anyOf" else {"additionalProperties": reference}
    old = exchange(model(), "Exchange")
    old["properties"]["records"] = field
    new = {**old, "$defs": {"Entry": model(tag=dict(STRING))}}

    finding = found("validation-request.json", old, new)

    assert finding.level is Level.MAJOR
    assert finding.sentence.startswith("Exchange.records: ")


def test_a_model_that_is_added_or_removed() -> None:
    schemas = {"storage-request.json": exchange(model(), "Exchange")}

    (added,) = judge({}, schemas, LAST)
    (removed,) = judge(schemas, {}, LAST)

    assert (added.level, removed.level) == (Level.MINOR, Level.MAJOR)
    assert removed.sentence == "Exchange: removed. It would break whoever uses it: take 2.0.0."


TIGHT_AND_LOOSE: dict[str, tuple[Any, Any]] = {
    "minLength": ({"type": "string", "minLength": 2}, {"type": "string", "minLength": 1}),
    "maxLength": ({"type": "string", "maxLength": 2}, {"type": "string", "maxLength": 3}),
    "minimum": ({"type": "number", "minimum": 2}, {"type": "number", "minimum": 1}),
    "maximum": ({"type": "number", "maximum": 2}, {"type": "number", "maximum": 3}),
    "exclusiveMinimum": ({"type": "number", "exclusiveMinimum": 2}, {"type": "number", "exclusiveMinimum": 1}),
    "exclusiveMaximum": ({"type": "number", "exclusiveMaximum": 2}, {"type": "number", "exclusiveMaximum": 3}),
    "multipleOf": ({"type": "integer", "multipleOf": 4}, {"type": "integer", "multipleOf": 2}),
    "minItems": ({"type": "array", "minItems": 2}, {"type": "array", "minItems": 1}),
    "maxItems": ({"type": "array", "maxItems": 2}, {"type": "array", "maxItems": 3}),
    "uniqueItems": ({"type": "array", "uniqueItems": True}, {"type": "array"}),
    "items": ({"type": "array", "items": {"type": "integer"}}, {"type": "array", "items": {"type": "number"}}),
    "prefixItems": (
        {"type": "array", "prefixItems": [{"type": "integer"}]},
        {"type": "array", "prefixItems": [{"type": "number"}]},
    ),
    "minProperties": ({"type": "object", "minProperties": 2}, {"type": "object", "minProperties": 1}),
    "maxProperties": ({"type": "object", "maxProperties": 2}, {"type": "object", "maxProperties": 3}),
    "properties": (
        {"type": "object", "properties": {"a": {"type": "integer"}}},
        {"type": "object", "properties": {"a": {"type": "number"}}},
    ),
    "required": ({"type": "object", "required": ["a"]}, {"type": "object"}),
    "additionalProperties": ({"type": "object", "additionalProperties": False}, {"type": "object"}),
    "patternProperties": (
        {"type": "object", "patternProperties": {"^a": {"type": "integer"}}},
        {"type": "object", "patternProperties": {"^a": {"type": "number"}}},
    ),
    "propertyNames": (
        {"type": "object", "propertyNames": {"maxLength": 3}},
        {"type": "object", "propertyNames": {"maxLength": 4}},
    ),
    "enum": ({"enum": ["a"]}, {"enum": ["a", "b"]}),
    "const": ({"const": "a"}, {"enum": ["a", "b"]}),
    "type": ({"type": "integer"}, {"type": "number"}),
    "anyOf": ({"type": "string"}, {"anyOf": [{"type": "string"}, {"type": "null"}]}),
    "oneOf": ({"type": "string"}, {"oneOf": [{"type": "string"}, {"type": "null"}]}),
}


@pytest.mark.parametrize("keyword", sorted(COMPARED))
def test_the_library_understands_the_keywords_that_are_left_to_it(keyword: str) -> None:
    tight, loose = TIGHT_AND_LOOSE[keyword]

    assert reads(loose, tight)
    assert not reads(tight, loose)


def test_the_library_does_not_understand_patterns() -> None:
    """When it does, `pattern` belongs to COMPARED."""
    assert reads({"type": "string", "pattern": "^a"}, {"type": "string", "pattern": "^b"})


def reads(reader: Schema, sent: Schema) -> bool:
    return bool(jsoncompat.check_compat(json.dumps(sent), json.dumps(reader), "deserializer"))
