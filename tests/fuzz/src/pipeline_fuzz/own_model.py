"""A team's own message, with a field of every kind in pydantic, and difficult values for them."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum, IntEnum
from ipaddress import IPv4Address
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from contract_tests.bodies import VALUES
from hypothesis import strategies as st
from pipeline_contracts import PipelineMessage
from pipeline_testing.bodies import EXAMPLE
from pydantic import (
    AwareDatetime,
    Base64Bytes,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    JsonValue,
    StringConstraints,
    Tag,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

BREAKS_THE_MODEL = "breaks the model"
"""The only value for which a validator raises an exception that pydantic does not treat as a validation error."""


class Colour(Enum):
    RED = "red"
    NOTHING = None
    TWO = 2


class Size(IntEnum):
    SMALL = 1


class Line(BaseModel):
    model_config = ConfigDict(extra="forbid")

    sku: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}\d+$")]
    quantity: Annotated[int, Field(gt=0)] = 1
    parts: list["Line"] = []


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int = 9


class Dog(BaseModel):
    model_config = ConfigDict(extra="allow")

    kind: Literal["dog"]


def _shape(value: Any) -> str | None:
    if isinstance(value, list):
        return "list"
    return "text" if isinstance(value, str) else None


class OwnMessage(PipelineMessage):
    """A message with a field of every kind."""

    whole: int | None = None
    price: float | None = None
    exact: Decimal | None = None
    money: Annotated[Decimal, Field(max_digits=6, decimal_places=2)] | None = None
    step: Annotated[Decimal, Field(multiple_of=Decimal("0.05"))] | None = None
    third: Annotated[float, Field(multiple_of=0.1, allow_inf_nan=False)] | None = None
    even: Annotated[int, Field(multiple_of=2)] | None = None
    few: Annotated[int, Field(ge=1, le=9)] | None = None
    flag: bool | None = None
    day: date | None = None
    moment: datetime | None = None
    aware: AwareDatetime | None = None
    hour: time | None = None
    lasting: timedelta | None = None
    number: UUID | None = None
    address: IPv4Address | None = None
    blob: Base64Bytes | None = None
    colour: Colour = Colour.RED
    size: Size | None = None
    choice: Literal["a", 1, True] | None = None
    code: Annotated[str, StringConstraints(pattern=r"^[a-z]+$", min_length=2, max_length=5)] | None = None
    tidy: Annotated[str, StringConstraints(strip_whitespace=True, to_upper=True, min_length=1)] | None = None
    items: list[int] | None = None
    tags: Annotated[set[str], Field(max_length=3)] | None = None
    frozen: frozenset[JsonValue] | None = None
    pair: tuple[int, str] | None = None
    many: tuple[float, ...] | None = None
    prices: dict[str, Decimal] | None = None
    by_number: dict[int, date] | None = None
    line: Line | None = None
    articles: list[Line] | None = None
    pet: Annotated[Cat | Dog, Field(discriminator="kind")] | None = None
    shaped: Annotated[Annotated[list[int], Tag("list")] | Annotated[str, Tag("text")], Discriminator(_shape)] | None = (
        None
    )
    either: int | list[str] | Line | bool | None = None
    anything: JsonValue = None
    renamed: Annotated[int | None, Field(alias="class")] = None
    checked: str | None = None
    asserted: Any = None
    custom: Any = None
    breaking: Any = None

    @field_validator("checked")
    @classmethod
    def _is_no_palindrome(cls, text: str | None) -> str | None:
        if text is not None and text == text[::-1]:
            raise ValueError(f"{text} is a palindrome")
        return text

    @field_validator("asserted")
    @classmethod
    def _is_true(cls, value: Any) -> Any:
        assert value, value
        return value

    @field_validator("custom")
    @classmethod
    def _is_a_list(cls, value: Any) -> Any:
        if not isinstance(value, list):
            raise PydanticCustomError("Not A List!", "{value} {is not} a list", {"value": str(value)})
        return value

    @field_validator("breaking")
    @classmethod
    def _has_a_bug(cls, value: Any) -> Any:
        if value == BREAKS_THE_MODEL:
            raise KeyError(value)
        return value


class AddingMessage(PipelineMessage):
    """A message whose model adds a key to the sent data."""

    @model_validator(mode="after")
    def _add(self) -> Self:
        (self.model_extra or {})["added"] = 1
        return self


NAMES = sorted(field.alias or name for name, field in OwnMessage.model_fields.items())

GOOD: dict[str, Any] = {
    "whole": 10**38 - 1,
    "price": 1.5,
    "exact": 0.1,
    "money": "1234.50",
    "step": 1.15,
    "third": 0.5,
    "even": 4,
    "few": 9,
    "flag": True,
    "day": "2026-01-31",
    "moment": "2026-01-31T12:00:00.123456+01:00",
    "aware": "2026-01-31T12:00:00Z",
    "hour": "12:30",
    "lasting": "P1DT2H",
    "number": "c80e8021-a70a-42c7-a470-796e1186f753",
    "address": "127.0.0.1",
    "blob": "aGVsbG8=",
    "colour": None,
    "size": 1,
    "choice": "a",
    "code": "abc",
    "tidy": " a ",
    "items": [1, 2],
    "tags": ["a", "a", "b"],
    "frozen": [1, "1"],
    "pair": [1, "a"],
    "many": [1, 2.5],
    "prices": {"a": 1.10, "b": "2.20"},
    "by_number": {"1": "2026-01-31"},
    "line": {"sku": "AB1", "parts": [{"sku": "AB2", "quantity": 2}]},
    "articles": [{"sku": "AB1"}, {"sku": "AB2"}],
    "pet": {"kind": "dog", "name": "Rex"},
    "shaped": [1, 2],
    "either": {"sku": "AB1"},
    "anything": {"a": [None, 1.10]},
    "class": 5,
    "checked": "abc",
    "asserted": [0],
    "custom": [],
    "breaking": [BREAKS_THE_MODEL],
    **EXAMPLE,
    "idempotency_key": None,
    "metadata": {"a": "b"},
    "renamed": "an unknown key with the name of a field",
}

HARD: list[Any] = [
    *("NaN", "Infinity", "-0", "1e999999999", "1e-999999999", "0" * 5000, "9" * 5000, "0x10", "1_000", "٣", " 1 "),
    *("0000-00-00", "9999-12-31T23:59:60Z", "2026-02-30", "24:00", "P999999999D", "P1Y", "-00:00", "0001-01-01"),
    *(10**37, -(10**37), 2**63, -(2**63) - 1, 1e125, 1e-130, -0.0, 253402300800, -62135596801, 1e308, 0.1 + 0.2),
    *("", " ", "\u0085", "\u2028", "\x1b[31m", "\x00", "ß" * 300, "😀" * 5, "a" * 3000, "\ufeff", "%s{value}{", "\\"),
    *([], [[]], [{}], [[1], [1]], [None] * 1100, [{"a": 1}, {"a": 1}], {}, {"": 0}, {"a" * 300: "x"}, {"1.0": "x"}),
    *({"kind": "cow"}, {"kind": []}, {"kind": "cat", "lives": "x"}, {"kind": None}, {"sku": "AB1", "secret": 1}),
    *({"sku": "AB1", "parts": [{"sku": "AB1", "parts": [{"sku": "ab1"}]}]}, {"k\u2028\x1b": {"\x85": []}}),
    *("1" * 38, "00000000-0000-0000-0000-000000000000", "{c80e8021}", "256.1.1.1", "=", "a===", "ü=", "red", "RED"),
]


@st.composite
def own_messages(draw: st.DrawFn) -> dict[str, Any]:
    """Generate a valid message with any value in some of its fields."""
    good = draw(st.sets(st.sampled_from(sorted(GOOD)), max_size=8))
    message = {**EXAMPLE} | {name: GOOD[name] for name in good}
    for name in draw(st.lists(st.sampled_from(NAMES), max_size=2)):
        message[name] = draw(_any_values())
    return message


def _any_values() -> st.SearchStrategy[Any]:
    hard = st.sampled_from([*HARD, *GOOD.values()])
    return hard | VALUES | st.lists(hard, max_size=3) | st.dictionaries(st.text(max_size=5), hard, max_size=3)
