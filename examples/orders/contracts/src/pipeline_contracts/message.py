"""The body of an SQS message: an order.

Any pydantic model will do. The two functions below it give the pipeline the values that it needs of a message.
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, JsonValue, StringConstraints

from pipeline_contracts.message_base import MessageBase
from pipeline_contracts.model_errors import NOT_BLANK

if TYPE_CHECKING:
    from collections.abc import Mapping

NonBlank = Annotated[str, StringConstraints(pattern=NOT_BLANK)]

EXAMPLES: list[dict[str, JsonValue]] = [
    {
        "order_id": "A-1001",
        "customer": "acme",
        "lines": [{"sku": "WIDGET", "quantity": 2, "price": 19.9}],
        "placed_at": "2026-01-31T12:00:00Z",
    },
    {
        "order_id": "A-1002",
        "customer": "acme",
        "lines": [
            {"sku": "WIDGET", "quantity": 1, "price": 19.9},
            {"sku": "GADGET", "quantity": 3, "price": 4.25},
        ],
        "channel": "web",
        "placed_at": "2026-01-31T12:00:00Z",
        "idempotency_key": "order-A-1002",
        "metadata": {"trace": "c80e8021"},
    },
]
"""For the schema, and for the tests. The first has only the required fields."""


class Channel(StrEnum):
    """Where an order was placed."""

    WEB = "web"
    SHOP = "shop"
    PHONE = "phone"


class Line(BaseModel):
    """One article of an order."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sku: Annotated[NonBlank, Field(description="Of the article.")]
    quantity: Annotated[int, Field(gt=0, description="Pieces.")]
    price: Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=2, description="Of one piece.")]


class PipelineMessage(MessageBase):
    """An order, and any other fields, which are kept as they are."""

    model_config = ConfigDict(json_schema_extra={"examples": list(EXAMPLES)})

    order_id: Annotated[NonBlank, Field(description="The producer's own number.")]
    customer: Annotated[NonBlank, Field(description="The customer who ordered.")]
    lines: Annotated[list[Line], Field(min_length=1, max_length=500, description="The ordered articles.")]
    placed_at: Annotated[AwareDatetime, Field(description="When it was placed.")]
    channel: Annotated[Channel | None, Field(description="Where it was placed.")] = None


def processing_type_of(_message: PipelineMessage) -> str:
    """Select the validator's rules and the transformer's transformation: all orders have the same."""
    return "order"


def item_attributes_of(message: PipelineMessage) -> Mapping[str, str]:
    """Give the attributes that the item has beside the whole message, for indexes and filters."""
    return {"order_id": message.order_id, "customer": message.customer}
