"""The model of the body: an order."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from pipeline_contracts import ErrorCode, InvalidBodyError, parse_message

LINE = {"sku": "WIDGET", "quantity": 2, "price": 19.9}


def body(**fields: Any) -> str:
    order = {"order_id": "A-1001", "customer": "acme", "lines": [LINE], "placed_at": "2026-01-31T12:00:00Z"}
    return json.dumps(order | fields)


def test_an_order_is_read_with_its_types() -> None:
    order = parse_message(body(channel="web", note="gift")).content

    assert order.lines[0].price == Decimal("19.9")
    assert order.placed_at == datetime(2026, 1, 31, 12, tzinfo=UTC)
    assert order.model_extra == {"note": "gift"}


@pytest.mark.parametrize(
    ("text", "field", "code"),
    [
        (body(order_id=" "), "order_id", ErrorCode.BLANK_FIELD),
        (body(lines=[]), "lines", "too_short"),
        (body(lines=[{**LINE, "quantity": 0}]), "lines.0.quantity", "greater_than"),
        (body(lines=[{**LINE, "price": 0.001}]), "lines.0.price", "decimal_max_places"),
        (body(lines=[{**LINE, "colour": "red"}]), "lines.0.*", "extra_forbidden"),
        (body(channel="fax"), "channel", "enum"),
        (body(placed_at="2026-01-31T12:00:00"), "placed_at", "timezone_aware"),
    ],
)
def test_an_invalid_order_names_the_field(text: str, field: str, code: str) -> None:
    with pytest.raises(InvalidBodyError) as raised:
        parse_message(text)

    (error,) = raised.value.errors
    assert (error.field, error.code) == (field, code)
