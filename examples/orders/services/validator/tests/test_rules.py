"""The rules of orders."""

from __future__ import annotations

from bodies import body
from pipeline_contracts.validation import ValidationRecord
from validator.logic import validate
from validator.rules import RULES

LINE = {"sku": "WIDGET", "quantity": 1, "price": 5}


def test_an_article_is_on_one_line() -> None:
    twice = validate(ValidationRecord(execution_id="1", data=body(lines=[LINE, LINE])), RULES)
    once = validate(ValidationRecord(execution_id="1", data=body(lines=[LINE, {**LINE, "sku": "GADGET"}])), RULES)

    assert [error.code for error in twice.errors] == ["repeated_sku"]
    assert once.is_valid
