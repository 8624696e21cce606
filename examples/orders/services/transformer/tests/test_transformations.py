"""The transformation of orders."""

from __future__ import annotations

import pytest
from bodies import body
from pipeline_contracts import parse_message
from transformer.transformations import MAX_TOTAL, NotTransformableError, standard


def test_the_lines_of_an_order_are_added_up() -> None:
    lines = [{"sku": "WIDGET", "quantity": 3, "price": 0.1}, {"sku": "GADGET", "quantity": 1, "price": 19.9}]

    order = parse_message(body(order_id="A-7", lines=lines)).content

    assert standard(order) == {"order_id": "A-7", "articles": 2, "total": "20.20"}


def test_a_total_that_cannot_be_right_is_refused() -> None:
    lines = [{"sku": "WIDGET", "quantity": MAX_TOTAL, "price": 2}]

    with pytest.raises(NotTransformableError, match="the total is above 1,000,000"):
        standard(parse_message(body(lines=lines)).content)
