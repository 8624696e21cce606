"""Reading the JSON text of a body within the limits of an item.

The limits are DynamoDB's:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
"""

from __future__ import annotations

import json
from collections import Counter
from decimal import Context, Decimal, Inexact, InvalidOperation
from typing import Any, NoReturn

from pipeline_contracts.errors import ErrorCode, FieldError, InvalidBodyError

MAX_NESTING = 32
"""Levels of nested values. The body itself is the first level, and its members are on the second."""
MAX_DIGITS = 38
"""Significant digits of a number."""
MIN_EXPONENT, MAX_EXPONENT = -130, 125
"""A number other than zero lies between 1E-130 and 9.99E+125, or is the negative of such a number."""

BOM = "\ufeff"

EXACT = Context(prec=MAX_DIGITS, traps=[Inexact])
"""Arithmetic that raises `Inexact` if a digit would be lost."""


def parse_body(text: str) -> dict[str, Any]:
    """Read a JSON object: integers as int, all other numbers as Decimal, so that 38 digits stay 38 digits.

    Raises:
        InvalidBodyError: The text is not a JSON object, or no table could store it.
    """
    try:
        value = json.loads(
            without_bom(text),
            object_pairs_hook=_object,
            parse_float=_number,
            parse_int=_integer,
            parse_constant=_not_finite,
        )
    except InvalidBodyError:
        raise
    except RecursionError:
        _refuse(ErrorCode.NESTED_TOO_DEEPLY, f"is nested more than {MAX_NESTING} levels deep")
    except ValueError as error:
        _refuse(ErrorCode.NOT_JSON, f"is not JSON: {error}" if text.strip() else "is not JSON: it is empty")
    if not isinstance(value, dict):
        _refuse(ErrorCode.NOT_AN_OBJECT, f"must be a JSON object, not {json_type(value)}")
    _check_storable(value)
    return value


def without_bom(text: str) -> str:
    """Remove the byte order mark that some producers write in front of JSON."""
    return text.removeprefix(BOM)


def same_json(left: object, right: object) -> bool:
    """Compare values that `parse_body` read: numbers by value, and unlike in Python's `==`, 1 is not true."""
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same_json(left[name], right[name]) for name in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same_json, left, right))
    return isinstance(left, bool) == isinstance(right, bool) and left == right


def json_type(value: object) -> str:
    """Name the JSON type of a value with its article, such as `a string`."""
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case str():
            return "a string"
        case list():
            return "an array"
        case dict():
            return "an object"
        case _:
            return "a number"


def _refuse(code: ErrorCode, message: str) -> NoReturn:
    raise InvalidBodyError([FieldError(field="", code=code, message=f"the body {message}"[:256])]) from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        counts = Counter(name for name, _ in pairs)
        repeated = next(name for name in counts if counts[name] > 1)
        _refuse(ErrorCode.DUPLICATE_KEY, f"has the key {quoted(repeated)} twice")
    return members


def _integer(literal: str) -> int | Decimal:
    # int() refuses more than 4,300 digits and takes quadratic time; an integer this short needs no check.
    return int(literal) if len(literal) <= MAX_DIGITS else _number(literal)


def _number(literal: str) -> Decimal:
    if not literal.lower().partition("e")[0].strip("-.0"):
        return Decimal(0)
    try:
        number = Decimal(literal)
    except InvalidOperation:
        _refuse_number(literal)
    try:
        shortest = number.normalize(EXACT)
    except Inexact:
        _refuse_number(literal)
    if not MIN_EXPONENT <= number.adjusted() <= MAX_EXPONENT:
        _refuse_number(literal)
    return shortest


def _refuse_number(literal: str) -> NoReturn:
    shown = literal if len(literal) <= 60 else f"{literal[:60]}…"
    _refuse(
        ErrorCode.NUMBER_OUT_OF_RANGE,
        f"has the number {shown}; a number has at most {MAX_DIGITS} digits, from 1E-130 to 9.99E+125",
    )


def _not_finite(literal: str) -> NoReturn:
    _refuse(ErrorCode.NOT_FINITE, f"has {literal}, which is not a JSON number")


def _check_storable(body: dict[str, Any]) -> None:
    level: list[Any] = [body]
    depth = 0
    while level:
        depth += 1
        if depth == MAX_NESTING and any(level):
            _refuse(ErrorCode.NESTED_TOO_DEEPLY, f"is nested more than {MAX_NESTING} levels deep")
        deeper: list[Any] = []
        for container in level:
            members = container
            if isinstance(container, dict):
                members = container.values()
                for name in container:
                    _check_encodable(name)
            for member in members:
                if isinstance(member, str):
                    _check_encodable(member)
                elif isinstance(member, (dict, list)):
                    deeper.append(member)
        level = deeper


def _check_encodable(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        surrogate = ord(text[error.start])
        _refuse(ErrorCode.LONE_SURROGATE, f"has the lone surrogate \\u{surrogate:04x}, which UTF-8 cannot encode")


def quoted(name: str) -> str:
    """Quote a key in a message, cut if it is long."""
    return json.dumps(name) if len(name) <= 60 else f'{json.dumps(name[:60])[:-1]}…"'
