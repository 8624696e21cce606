"""Every refusal of a model, whatever its kind, becomes a field error."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from pipeline_contracts import InvalidBodyError, PipelineMessage, parse_message
from pipeline_contracts.message_base import MessageBase
from pipeline_contracts.model_errors import MAX_LISTED, field_errors
from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model, field_validator, model_validator
from pydantic_core import PydanticCustomError
from pydantic_core._pydantic_core import list_all_errors

KINDS = {kind["type"]: kind.get("example_context") or {} for kind in list_all_errors()}
KINDS["value_error"] = KINDS["assertion_error"] = {"error": ValueError("no")}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_pydantic_error_is_a_field_error(kind: str) -> None:
    where = ("metadata", 0, "a key of the producer's")
    detail: Any = {"type": kind, "loc": where, "input": "secret", "ctx": KINDS[kind]}

    (error,) = field_errors(PipelineMessage, ValidationError.from_exception_data("PipelineMessage", [detail]))

    assert error.field == "metadata.0.*"
    assert error.message.startswith('metadata.0."a key of the producer\'s": ')
    assert "secret" not in error.message


class Colour(Enum):
    RED = "red"


class Line(BaseModel):
    model_config = ConfigDict(extra="forbid")

    sku: str
    quantity: Annotated[int, Field(gt=0)]


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int


class Dog(BaseModel):
    kind: Literal["dog"]


class Order(MessageBase):
    """A model with every kind of field."""

    model_config = ConfigDict(extra="forbid")

    priority: int
    price: float
    exact: Decimal
    day: date
    number: UUID
    colour: Colour
    lines: list[Line]
    tags: set[str]
    pet: Annotated[Cat | Dog, Field(discriminator="kind")]
    either: int | list[str]
    checked: str = ""

    @field_validator("checked")
    @classmethod
    def _check(cls, text: str) -> str:
        match text:
            case "custom":
                raise PydanticCustomError("Not A Code", "the words")
            case "long":
                raise ValueError("x" * 10_000)
            case "silent":
                raise PydanticCustomError("silent", "")
        return text


GOOD: dict[str, Any] = {
    "priority": 1,
    "price": 1.5,
    "exact": 2.5,
    "day": "2026-01-31",
    "number": "c80e8021-a70a-42c7-a470-796e1186f753",
    "colour": "red",
    "lines": [{"sku": "a", "quantity": 1}],
    "tags": ["a", "b"],
    "pet": {"kind": "cat", "lives": 9},
    "either": ["x"],
}


def test_a_model_with_fields_of_every_type_is_read() -> None:
    order = parse_message(json.dumps(GOOD), Order)

    assert (order.content.price, order.content.day, order.content.colour) == (1.5, date(2026, 1, 31), Colour.RED)
    assert order.body == GOOD | {"price": Decimal("1.5"), "exact": Decimal("2.5")}


@pytest.mark.parametrize(
    ("change", "field", "code", "words"),
    [
        ({"priority": "1"}, "priority", "wrong_type", "Input should be a valid integer"),
        ({"price": []}, "price", "wrong_type", "Input should be a valid number"),
        ({"exact": {}}, "exact", "wrong_type", "Decimal"),
        ({"day": "yesterday"}, "day", "date_parsing", "valid date"),
        ({"number": "7"}, "number", "uuid_parsing", "UUID"),
        ({"colour": "green"}, "colour", "enum", "'red'"),
        ({"lines": {}}, "lines", "wrong_type", "array"),
        ({"lines": [{"sku": "a", "quantity": 0}]}, "lines.0.quantity", "greater_than", "greater than 0"),
        ({"lines": [{"sku": "a", "quantity": 1, "K": 1}]}, "lines.0.*", "extra_forbidden", 'lines.0."K": Extra'),
        ({"tags": [1]}, "tags.0", "wrong_type", "string"),
        ({"pet": {"kind": "cow"}}, "pet", "union_tag_invalid", "'cow'"),
        ({"checked": "custom"}, "checked", "invalid_field", "the words"),
        ({"checked": "silent"}, "checked", "silent", "is not valid"),
        ({"checked": "long"}, "checked", "value_error", "Value error, xxx"),
        ({"idempotency_key": ""}, "idempotency_key", "blank_field", "blank"),
        ({"metadata": {"k": 1}}, "metadata.*", "wrong_type", 'metadata."k": Input should be a valid string'),
        ({"another": 1}, "*", "extra_forbidden", '"another": Extra inputs are not permitted'),
    ],
)
def test_a_refusal_names_the_field_and_gives_pydantics_words(
    change: dict[str, Any], field: str, code: str, words: str
) -> None:
    with pytest.raises(InvalidBodyError) as raised:
        parse_message(json.dumps(GOOD | change), Order)

    (error,) = raised.value.errors
    assert (error.field, error.code) == (field, code)
    assert words in error.message


def test_a_body_with_very_many_errors_is_refused_in_few_words() -> None:
    with pytest.raises(InvalidBodyError) as raised:
        parse_message(json.dumps(GOOD | {"lines": [0] * (MAX_LISTED + 1)}), Order)

    (error,) = raised.value.errors
    assert (error.field, error.code) == ("", "too_many_errors")


def test_a_path_that_is_longer_than_a_field_error_holds_is_cut() -> None:
    long = create_model("Long", __base__=MessageBase, **{"x" * 200: (int, ...)})  # type: ignore[call-overload]

    with pytest.raises(InvalidBodyError) as raised:
        parse_message("{}", long)

    assert [error.field for error in raised.value.errors] == ["x" * 128]


VALUES = (None, True, 0, -1, 1.5, 1e100, "", " ", "x" * 300, "2026-01-31", [], [0], [None] * 60, {}, {"a": 0})


def misfits(value: Any) -> list[Any]:
    """Return a JSON value with each of its parts, in turn, replaced by each of the values, or removed."""
    found: list[Any] = list(VALUES)
    if isinstance(value, dict):
        for name, part in value.items():
            found += [value | {name: other} for other in misfits(part)]
            found.append({other: value[other] for other in value if other != name})
        found.append(value | {"one more": 0})
    if isinstance(value, list):
        for index, part in enumerate(value):
            found += [[*value[:index], other, *value[index + 1 :]] for other in misfits(part)]
    return found


@pytest.mark.parametrize("model", [PipelineMessage, Order])
def test_no_misfit_of_a_model_raises_anything_but_a_refusal(model: type[MessageBase]) -> None:
    """The examples of the model, with everything that can stand in the place of each value."""
    extra: Any = model.model_config.get("json_schema_extra") or {}
    refusals = []
    for example in extra.get("examples", [GOOD]):
        parse_message(json.dumps(example), model)
        for misfit in misfits(example):
            try:
                parse_message(json.dumps(misfit), model)
            except InvalidBodyError as error:
                refusals += error.errors
    assert len(refusals) > 20
    assert all(refusal.message for refusal in refusals)


class Adding(MessageBase):
    """A model that adds a key of its own to the data."""

    @model_validator(mode="before")
    @classmethod
    def _add(cls, sent: Any) -> Any:
        return {**sent, "added": 1}


def test_a_model_may_add_a_key_and_keeps_the_digits_of_the_others() -> None:
    message = parse_message('{"n": 1.00000000000000000000000000000000001}', Adding)

    assert message.content.model_extra == {"added": 1, "n": Decimal("1.00000000000000000000000000000000001")}
    assert message.body.keys() == {"n"}
