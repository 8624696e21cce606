"""Bodies of messages: valid ones of several shapes and sizes, and a factory for each way to be invalid."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline_contracts.message import EXAMPLES
from pipeline_testing.bodies import REQUIRED

from chaos.poison import REFUSALS, REFUSED

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

Fields = dict[str, Any]

WORDS = ("alpha", "Straße", "überall", "naïve", "日本語", "😀", 'quo"te', "back\\slash", "tab\tand\nline", "")
LARGEST_NESTING = 32
_COMPACT = (",", ":")
_EMPTY: Fields = {"text": "", "list": [], "object": {}, "null": None, "no": False, "zero": 0}
_NUMBERS: Fields = {"tiny": 1e-130, "huge": 9.5e125, "whole": 1e60, "third": 1 / 3}


SHAPES: dict[str, Callable[[Random], Fields]] = {
    "small": lambda random: {
        "rows": random.randrange(10**6),
        "ratio": random.random(),
        "note": random.choice(WORDS),
        "done": None,
    },
    # Values that must not vanish.
    "empty_values": lambda random: _EMPTY | {"n": random.randrange(100)},
    # The limits of what a table stores exactly.
    "numbers": lambda random: {"most": (digits := random.randrange(10**37, 10**38)), "least": -digits} | _NUMBERS,
    "words": lambda random: {
        f"{word or 'empty'}-{index}": random.choice(WORDS) * 3 for index, word in enumerate(WORDS)
    },
    # The maximum depth of a table: the body's own object is the first level, and a value in the last is one more.
    "nested": lambda random: {"deep": _nest(LARGEST_NESTING - 2, random.choice([7, "leaf", [], {}]))},
    "medium": lambda random: {
        "text": random.choice("abcäß") * random.randrange(1_000, 20_000),
        "list": list(range(random.randrange(50))),
    },
    # Any example of the model.
    "example": lambda random: {
        name: value for name, value in random.choice(EXAMPLES).items() if name not in ("idempotency_key", "metadata")
    },
    # Close to the maximum size of an item.
    "large": lambda random: {"text": "x" * random.randrange(100_000, 300_000)},
    # 10 to 100 KB of JSON, and several times as much in the format of DynamoDB's API.
    "small_numbers": lambda random: {"numbers": [index % 10 for index in range(random.randrange(5_000, 50_000))]},
    "many_nested": lambda random: {"deep": [_nest(LARGEST_NESTING - 3, 0)] * random.randrange(170, 1_700)},
}
"""The additional fields of valid bodies."""

USUAL = {"small": 40, "empty_values": 10, "numbers": 10, "words": 10, "nested": 5, "medium": 8, "example": 18}
"""The approximate percentage of each shape."""

LARGE = ("large", "small_numbers", "large", "many_nested")


def written(fields: Fields, random: Random, *, compact: bool = False) -> str:
    """Write a body in one of the many equivalent ways to write JSON."""
    members = list(fields.items())
    random.shuffle(members)
    separators = _COMPACT if compact else random.choice([_COMPACT, (", ", ": "), (" ,\n", "\t: ")])
    return json.dumps(dict(members), ensure_ascii=random.random() < 0.5, separators=separators)


@dataclass(frozen=True)
class Invalid:
    """A way to be invalid: where it is detected, with which code, and the body that replaces a valid one."""

    name: str
    stage: str
    code: str
    body: Callable[[Fields], str]


def _with(**changes: Any) -> Callable[[Fields], str]:
    return lambda fields: json.dumps(fields | changes)


def _without(name: str) -> Callable[[Fields], str]:
    return lambda fields: json.dumps({key: value for key, value in fields.items() if key != name})


def _and(member: str) -> Callable[[Fields], str]:
    """Add a member as text that Python would not write."""
    return lambda fields: f"{json.dumps(fields)[:-1]}, {member}}}"


def _nest(levels: int, innermost: Any) -> Any:
    for _ in range(levels):
        innermost = [innermost]
    return innermost


INVALID: tuple[Invalid, ...] = (
    Invalid("cut off", "intake", "not_json", lambda fields: json.dumps(fields)[:-1]),
    Invalid("blank", "intake", "not_json", lambda _: " \n\t "),
    Invalid("not JSON at all", "intake", "not_json", lambda _: "<xml>text</xml>"),
    Invalid("a list", "intake", "not_an_object", lambda fields: json.dumps([fields])),
    Invalid("a string", "intake", "not_an_object", lambda _: json.dumps("text")),
    Invalid("a number", "intake", "not_an_object", lambda _: "42"),
    Invalid("null", "intake", "not_an_object", lambda _: "null"),
    *(Invalid(f"no {name}", "intake", "missing_field", _without(name)) for name in REQUIRED),
    Invalid("list for metadata", "intake", "wrong_type", _with(metadata=[])),
    Invalid("number for idempotency_key", "intake", "wrong_type", _with(idempotency_key=7)),
    Invalid("empty idempotency_key", "intake", "blank_field", _with(idempotency_key="")),
    Invalid("long idempotency_key", "intake", "too_long", _with(idempotency_key="k" * 257)),
    Invalid("NaN", "intake", "not_finite", _with(value=float("nan"))),
    Invalid("Infinity", "intake", "not_finite", _with(value=[float("-inf")])),
    Invalid("39 digits", "intake", "number_out_of_range", _and(f'"value": {10**38 + 1}')),
    Invalid("1E+126", "intake", "number_out_of_range", _and('"value": [1E+126]')),
    Invalid("1E-131", "intake", "number_out_of_range", _and('"value": {"low": 1E-131}')),
    Invalid("33 levels", "intake", "nested_too_deeply", _with(value=_nest(LARGEST_NESTING, 1))),
    Invalid("5000 levels", "intake", "nested_too_deeply", _and('"value": ' + "[" * 5000 + "]" * 5000)),
    Invalid("lone surrogate", "intake", "lone_surrogate", _and(r'"value": "\ud800"')),
    Invalid("a key twice", "intake", "duplicate_key", _and('"value": 1, "value": 1')),
    *(Invalid(f"refused by a rule: {code}", "validate", code, _with(**{REFUSED: code})) for code in REFUSALS),
)

LARGE_INVALID: tuple[Invalid, ...] = (
    Invalid("item past 400 KB", "store", "not_storable", _with(text="x" * 420_000)),
    # By DynamoDB's rules, a byte per number and one for its place: twice the limit, from a body of 850 KB.
    Invalid("item of 425,000 zeros", "store", "not_storable", _and(f'"zeros": [{"0," * 424_999}0]')),
    Invalid("body of 1 MiB", "intake", "message_too_large", _with(text="x" * 1_048_000)),
)
