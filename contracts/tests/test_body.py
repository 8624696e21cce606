"""Reading the text of a body."""

from __future__ import annotations

import contextlib
import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pipeline_contracts import ErrorCode, InvalidBodyError, parse_body, same_json

# So many that a quadratic search for the repeated one would not end.
MANY_KEYS = "{" + ",".join(f'"{n}": 0' for n in range(80_000)) + ', "1": 1}'

# As long as a key is quoted, and six times as long when it is escaped.
WIDE_KEY = json.dumps("\u2028" * 60)


def nested(levels: int, innermost: str = "[]") -> str:
    return '{"a":' + "[" * (levels - 2) + innermost + "]" * (levels - 2) + "}"


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("", ErrorCode.NOT_JSON, "empty"),
        ("   ", ErrorCode.NOT_JSON, "empty"),
        ("hello", ErrorCode.NOT_JSON, "line 1 column 1"),
        ('{"a": 1', ErrorCode.NOT_JSON, "line 1"),
        ("[]", ErrorCode.NOT_AN_OBJECT, "an array"),
        ('"text"', ErrorCode.NOT_AN_OBJECT, "a string"),
        ("1.5", ErrorCode.NOT_AN_OBJECT, "a number"),
        ("true", ErrorCode.NOT_AN_OBJECT, "a boolean"),
        ("null", ErrorCode.NOT_AN_OBJECT, "null"),
        ('{"a": NaN}', ErrorCode.NOT_FINITE, "NaN"),
        ('{"a": [-Infinity]}', ErrorCode.NOT_FINITE, "-Infinity"),
        ('{"a": 1, "b": {"c": 1, "c": 2}}', ErrorCode.DUPLICATE_KEY, '"c"'),
        ('{"a": ' + "9" * 39 + "}", ErrorCode.NUMBER_OUT_OF_RANGE, "38 digits"),
        ('{"a": ' + "9" * 10_000 + "}", ErrorCode.NUMBER_OUT_OF_RANGE, "38 digits"),
        ('{"a": 0.' + "1" * 39 + "}", ErrorCode.NUMBER_OUT_OF_RANGE, "38 digits"),
        ('{"a": 1e126}', ErrorCode.NUMBER_OUT_OF_RANGE, "1e126"),
        ('{"a": -1e-131}', ErrorCode.NUMBER_OUT_OF_RANGE, "-1e-131"),
        ('{"a": 1e99999999999999999999}', ErrorCode.NUMBER_OUT_OF_RANGE, "digits"),
        (nested(33), ErrorCode.NESTED_TOO_DEEPLY, "32"),
        (nested(33, "null"), ErrorCode.NESTED_TOO_DEEPLY, "32"),
        (MANY_KEYS, ErrorCode.DUPLICATE_KEY, '"1"'),
        (f"{{{WIDE_KEY}: 0, {WIDE_KEY}: 0}}", ErrorCode.DUPLICATE_KEY, "the key"),
        (nested(100_000), ErrorCode.NESTED_TOO_DEEPLY, "32"),
        ('{"a": "\\ud800"}', ErrorCode.LONE_SURROGATE, "\\ud800"),
        ('{"\\udfff": 1}', ErrorCode.LONE_SURROGATE, "\\udfff"),
        ('{"a": ["\ud801"]}', ErrorCode.LONE_SURROGATE, "\\ud801"),
    ],
)
def test_a_body_that_cannot_be_stored_is_refused_with_the_reason(text: str, code: ErrorCode, words: str) -> None:
    with pytest.raises(InvalidBodyError) as raised:
        parse_body(text)

    (error,) = raised.value.errors
    assert (error.field, error.code) == ("", code)
    assert words in error.message


@pytest.mark.parametrize(
    ("literal", "value"),
    [
        ("1.10", Decimal("1.10")),
        ("12345678901234567890.123456789012345678", Decimal("12345678901234567890.123456789012345678")),
        ("9" * 38, int("9" * 38)),
        ("1" + "0" * 125, Decimal("1E125")),
        ("1." + "0" * 50, Decimal(1)),
        ("-0", 0),
        ("-0.00e99999999999999999999", Decimal(0)),
        ("9.99e125", Decimal("9.99E125")),
        ("1e-130", Decimal("1E-130")),
    ],
)
def test_a_number_keeps_every_digit_and_an_integer_is_an_int(literal: str, value: int | Decimal) -> None:
    number = parse_body(f'{{"n": {literal}}}')["n"]

    assert (type(number), number) == (type(value), value)


def test_legal_nesting_surrogate_pairs_and_empty_values_are_good() -> None:
    assert parse_body(nested(32))
    assert parse_body(nested(32, '"a"'))
    assert parse_body('{"a": "\\ud83d\\ude00", "": "", "l": [], "o": {}, "n": null}') == {
        "a": "😀", "": "", "l": [], "o": {}, "n": None,
    }  # fmt: skip


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**38) + 1, 10**38 - 1) | st.text(),
    lambda children: st.lists(children) | st.dictionaries(st.text(), children),
    max_leaves=20,
)


@given(st.dictionaries(st.text(), JSON_VALUES))
def test_what_json_wrote_is_read_back_equal(body: dict[str, object]) -> None:
    assert parse_body(json.dumps(body, ensure_ascii=False)) == body


@given(st.text() | st.binary().map(lambda raw: raw.decode(errors="surrogateescape")))
def test_no_text_does_anything_but_parse_or_be_refused(text: str) -> None:
    with contextlib.suppress(InvalidBodyError):
        parse_body(text)


@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [
        ('{"a": 1}', '{"a": 1.0}', True),
        ('{"a": 100, "b": [{}]}', '{"b": [{}], "a": 1e2}', True),
        ('{"a": 1}', '{"a": true}', False),
        ('{"a": 0}', '{"a": false}', False),
        ('{"a": null}', "{}", False),
        ('{"a": [1]}', '{"a": [1, 2]}', False),
        ('{"a": [1, 2]}', '{"a": [2, 1]}', False),
        ('{"a": {"b": "1"}}', '{"a": {"b": 1}}', False),
        ('{"a": {}}', '{"a": []}', False),
    ],
)
def test_two_bodies_are_the_same_if_their_values_are(left: str, right: str, equal: bool) -> None:
    assert same_json(parse_body(left), parse_body(right)) is equal
