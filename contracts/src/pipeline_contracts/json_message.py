"""What every message can do, whatever its model: be read from a body, and be compared with another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, StringConstraints, ValidationError

from pipeline_contracts.body import parse_body
from pipeline_contracts.digest import digest
from pipeline_contracts.errors import InvalidBodyError
from pipeline_contracts.model_errors import field_errors

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_METADATA = 50
"""Entries of a message's metadata."""


class JsonMessage(BaseModel):
    """The base of `PipelineMessage`: the two optional fields that mean something to the pipeline itself."""

    model_config = ConfigDict(frozen=True, strict=True, extra="allow")

    idempotency_key: Annotated[
        Annotated[str, StringConstraints(min_length=1, max_length=256)] | None,
        Field(description="Two messages with one key are one record. Without it, the message id is the key."),
    ] = None

    metadata: Annotated[
        Annotated[dict[str, str], Field(max_length=MAX_METADATA)] | None,
        Field(description="What the producer notes about the message. Its item has it as an attribute of its own."),
    ] = None

    _body: dict[str, Any] = PrivateAttr(default_factory=dict)

    @classmethod
    def from_body(cls, text: str) -> Self:
        """Read the body of an SQS message.

        The model is validated as JSON, where dates, enums and sets have a form, and floats are floats. What it does not
        name is kept as `parse_body` reads it, with all digits.

        Raises:
            InvalidBodyError: It names each field that is wrong, and why, in pydantic's words.
        """
        body = parse_body(text)
        try:
            message = cls.model_validate_json(text)
        except ValidationError as error:
            raise InvalidBodyError(field_errors(cls, error)) from None
        message._body = body
        for name in message.further_fields.keys() & body.keys():  # a validator may have added others
            message.further_fields[name] = body[name]
        return message

    @property
    def body(self) -> dict[str, Any]:
        """All that was sent, as `parse_body` reads it; empty unless the message was read by `from_body`."""
        return self._body

    @property
    def further_fields(self) -> dict[str, Any]:
        """The keys that the model does not name, as `parse_body` reads them."""
        return self.model_extra or {}

    def data_digest(self) -> str:
        """Digest the body without its metadata: two messages have the same data if, and only if, this is equal."""
        return data_digest(self._body)


def data_digest(body: Mapping[str, Any]) -> str:
    """Do the same for a body that `parse_body` read, or that a table returned."""
    return digest({name: value for name, value in body.items() if name != "metadata"})
