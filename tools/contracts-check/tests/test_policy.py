"""Each kind of change to a contract, in every direction: the version that it requires, and who would break."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from packaging.version import Version

jsoncompat = pytest.importorskip("jsoncompat", reason="it has no wheel for Python 3.14 yet")

from contracts_check.differences import COMPARED, Schema, differences  # noqa: E402
from contracts_check.policy import Finding, Level, judge  # noqa: E402

LAST = Version("1.4.2")

STRING, INTEGER, NUMBER, NULL = ({"type": name} for name in ("string", "integer", "number", "null"))
NAME = {"type": "string", "maxLength": 10, "title": "Name"}
STATUS = {"type": "string", "enum": ["open", "closed"]}
CODE = {"type": "string", "pattern": "^[a-z]+$"}
OPTIONAL = {"type": "string", "optional": True}


def model(*, extra: bool = False, **fields: Any) -> Schema:
    """Return a model with one field of each kind, as pydantic describes it, and given others; None drops one."""
    given = {
        "name": NAME,
        "status": STATUS,
        "note": {"anyOf": [STRING, NULL], "default": None},
        "count": {"type": "integer", "default": 1},
        "code": CODE,
        **copy.deepcopy(fields),
    }
    optional = {"note", "count", *(name for name, field in given.items() if field and field.pop("optional", False))}
    properties = {name: field for name, field in given.items() if field is not None}
    return {
        "title": "Entry",
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name not in optional],
        "additionalProperties": extra,
    }


def exchange(entry: Schema) -> Schema:
    """Return an exchange with a list of entries."""
    records = {"type": "array", "items": {"$ref": "#/$defs/Entry"}, "maxItems": 1000}
    return {
        "title": "Exchange",
        "type": "object",
        "properties": {"records": records},
        "required": ["records"],
        "additionalProperties": False,
        "$defs": {"Entry": entry},
    }


# In an exchange: the level, and which versions of sender and reader do not go together.
OLD_SENDS = (Level.MAJOR, "{reader} on 1.5.0 would refuse what {sender} on 1.4.2 sends")
NEW_SENDS = (Level.MAJOR, "{reader} on 1.4.2 would refuse what {sender} on 1.5.0 sends")
IGNORED = (Level.MINOR, "{reader} on 1.4.2 ignores")
NOT_THE_SAME = (Level.MAJOR, "{sender} on 1.4.2 and {reader} on 1.5.0 would interpret it differently")
# In the body.
REJECTED = (Level.MAJOR, "messages that producers send today would be rejected")
ELSEWISE = (Level.MAJOR, "messages that producers send today would be read differently")
LATER = (Level.MINOR, "producers can use it when every service has a version later than 1.4.2")
ASK = (Level.MINOR, "producers that already send other values under this key would be rejected")
# In both.
SAME = (Level.PATCH, "is affected")

CHANGES = [
    ({"tag": OPTIONAL}, ".tag: optional field added", IGNORED, ASK),
    ({"tag": STRING}, ".tag: required field added", OLD_SENDS, REJECTED),
    ({"name": None}, ".name: removed", OLD_SENDS, ELSEWISE),
    ({"note": None}, ".note: removed", OLD_SENDS, ELSEWISE),
    ({"count": NUMBER | {"default": 1}}, '.count: widened: type "integer" -> "number"', NEW_SENDS, LATER),
    ({"code": {"anyOf": [CODE, NULL]}}, '.code: widened: type "string" -> ["string", "null"]', NEW_SENDS, LATER),
    ({"status": {"anyOf": [STATUS, NULL]}}, '.status: widened: enum ["open", "closed"] -> ["open",', NEW_SENDS, LATER),
    ({"note": STRING | {"default": None}}, '.note: narrowed: type ["string", "null"] -> "string"', OLD_SENDS, REJECTED),
    ({"count": STRING | {"default": 1}}, '.count: changed: type "integer" -> "string"', OLD_SENDS, REJECTED),
    ({"status": STATUS | {"enum": ["open", "closed", "sealed"]}}, ".status: widened: enum", NEW_SENDS, LATER),
    ({"status": STATUS | {"enum": ["open"]}}, ".status: narrowed: enum", OLD_SENDS, REJECTED),
    ({"status": STATUS | {"enum": ["open", "sealed"]}}, ".status: changed: enum", OLD_SENDS, REJECTED),
    ({"name": NAME | {"maxLength": 5}}, ".name: narrowed: maxLength 10 -> 5", OLD_SENDS, REJECTED),
    ({"name": NAME | {"maxLength": 20}}, ".name: widened: maxLength 10 -> 20", NEW_SENDS, LATER),
    ({"name": STRING | {"title": "Name"}}, ".name: widened: maxLength 10 -> none", NEW_SENDS, LATER),
    ({"count": INTEGER | {"default": 2}}, ".count: changed: default 1 -> 2", NOT_THE_SAME, ELSEWISE),
    ({"name": NAME | {"optional": True}}, ".name: required field became optional", NEW_SENDS, LATER),
    ({"code": CODE | {"pattern": "^[a-z0-9]+$"}}, ".code: changed: pattern", OLD_SENDS, REJECTED),
    ({"code": STRING}, ".code: widened: pattern", NEW_SENDS, LATER),
    ({"name": NAME | {"description": "It."}}, '.name: changed: description none -> "It."', SAME, SAME),
]
"""New versions of an entry, with the expected finding for each."""

CHANGES_FROM = [
    ({"tag": OPTIONAL}, {"tag": STRING}, ".tag: optional field became required", OLD_SENDS, REJECTED),
    ({"extra": False}, {"extra": True}, ": widened: additionalProperties false -> true", IGNORED, LATER),
    ({"extra": True}, {"extra": False}, ": narrowed: additionalProperties true -> false", OLD_SENDS, REJECTED),
    *(({}, *change) for change in CHANGES),
]

Judged = tuple[Level, str]


def found(file: str, old: Schema, new: Schema) -> Finding:
    (finding,) = judge({file: old}, {file: new}, LAST)
    return finding


@pytest.mark.parametrize(("before", "after", "says", "exchanged", "body"), CHANGES_FROM)
@pytest.mark.parametrize(
    ("file", "sender", "reader"),
    [
        ("validation-request.json", "the orchestrator", "the validation service"),
        ("storage-response.json", "the storage service", "the orchestrator"),
        ("pipeline-message.json", "", ""),
    ],
)
def test_a_change_takes_a_version_and_says_who_would_break(
    before: Schema, after: Schema, says: str, exchanged: Judged, body: Judged, file: str, sender: str, reader: str
) -> None:
    """In an exchange, models are closed like ours; in the body, they are open."""
    old, new = (model(**{"extra": not sender} | before | fields) for fields in ({}, after))
    if sender:
        old, new = exchange(old), exchange(new)

    finding = found(file, old, new)

    level, why = exchanged if sender else body
    model_and_field = f"Exchange.records[]{says}" if sender else f"Entry{says}"
    assert finding.level is level, finding.sentence
    assert finding.model == ("Exchange" if sender else "Entry")
    assert finding.sentence.startswith(model_and_field)
    assert why.format(sender=sender, reader=reader).lower() in finding.sentence.lower()
    assert finding.sentence.endswith(f": release it as {level.after(LAST)}.")


def test_a_bound_of_the_list_itself_is_found() -> None:
    old = exchange(model())
    new = copy.deepcopy(old)
    new["properties"]["records"]["maxItems"] = 500

    finding = found("validation-request.json", old, new)

    assert finding.sentence.startswith("Exchange.records: narrowed: maxItems 1000 -> 500")


def test_what_follows_from_the_version_is_no_change() -> None:
    old, new = exchange(model()), exchange(model())
    for schema, major in ((old, 1), (new, 2)):
        schema["properties"]["contract_version"] = {"type": "string", "pattern": f"^{major}\\."}
        schema["$id"] = f"urn:{major}"
        schema["examples"] = [{"contract_version": f"{major}.0"}]

    assert judge({"storage-request.json": old}, {"storage-request.json": new}, LAST) == []


def test_another_way_to_write_the_same_is_no_change() -> None:
    old = exchange(model())
    new = copy.deepcopy(old)
    new["properties"]["records"]["items"] = new.pop("$defs")["Entry"]
    new["properties"]["records"]["items"]["properties"]["note"]["anyOf"].reverse()

    assert differences(old, new) == []


@pytest.mark.parametrize("within", ["anyOf", "additionalProperties"])
def test_a_change_below_a_union_or_a_map_is_found(within: str) -> None:
    reference = {"$ref": "#/$defs/Entry"}
    field = {"anyOf": [reference, INTEGER]} if within == "anyOf" else {"additionalProperties": reference}
    old = exchange(model())
    old["properties"]["records"] = field
    for entry in (model(tag=STRING), model(code=STRING, name=NAME | CODE)):
        finding = found("validation-request.json", old, {**old, "$defs": {"Entry": entry}})

        assert finding.level is Level.MAJOR
        assert finding.sentence.startswith("Exchange.records: ")


def test_a_model_that_is_added_or_removed() -> None:
    schemas = {"storage-request.json": exchange(model())}

    (added,) = judge({}, schemas, LAST)
    (removed,) = judge(schemas, {}, LAST)

    assert (added.level, removed.level) == (Level.MINOR, Level.MAJOR)
    assert removed.sentence == "Exchange: removed. It would break its users: release it as 2.0.0."


def reads(reader: Schema, sent: Schema) -> bool:
    return bool(jsoncompat.check_compat(json.dumps(sent), json.dumps(reader), "deserializer"))


TIGHT_AND_LOOSE: list[tuple[Schema, str, Any, Any]] = [
    ({}, "type", "integer", "number"),
    ({}, "enum", ["a"], ["a", "b"]),
    ({}, "const", "a", None),
    ({}, "anyOf", [STRING], [STRING, NULL]),
    ({}, "oneOf", [STRING], [STRING, NULL]),
    (STRING, "minLength", 2, 1),
    (STRING, "maxLength", 2, 3),
    (NUMBER, "minimum", 2, 1),
    (NUMBER, "maximum", 2, 3),
    (NUMBER, "exclusiveMinimum", 2, 1),
    (NUMBER, "exclusiveMaximum", 2, 3),
    (INTEGER, "multipleOf", 4, 2),
    ({"type": "array"}, "items", INTEGER, NUMBER),
    ({"type": "array"}, "prefixItems", [INTEGER], [NUMBER]),
    ({"type": "array"}, "minItems", 2, 1),
    ({"type": "array"}, "maxItems", 2, 3),
    ({"type": "array"}, "uniqueItems", True, None),
    ({"type": "object"}, "properties", {"a": INTEGER}, {"a": NUMBER}),
    ({"type": "object"}, "required", ["a"], []),
    ({"type": "object"}, "additionalProperties", False, True),
    ({"type": "object"}, "patternProperties", {"^a": INTEGER}, {"^a": NUMBER}),
    ({"type": "object"}, "propertyNames", {"maxLength": 3}, {"maxLength": 4}),
    ({"type": "object"}, "minProperties", 2, 1),
    ({"type": "object"}, "maxProperties", 2, 3),
]
"""For each keyword that is left to the library, a value that refuses some of what the other accepts; None is absent."""


@pytest.mark.parametrize(("kind", "keyword", "tight", "loose"), TIGHT_AND_LOOSE)
def test_the_library_understands_the_keywords_that_are_left_to_it(
    kind: Schema, keyword: str, tight: Any, loose: Any
) -> None:
    narrow, wide = kind | {keyword: tight}, kind if loose is None else kind | {keyword: loose}

    assert reads(wide, narrow)
    assert not reads(narrow, wide)


def test_every_keyword_that_is_left_to_the_library_is_tried_and_patterns_are_not() -> None:
    """Once the library understands patterns, `pattern` belongs to COMPARED."""
    assert {keyword for _, keyword, _, _ in TIGHT_AND_LOOSE} == COMPARED
    assert reads(STRING | {"pattern": "^a"}, STRING | {"pattern": "^b"})
