"""Reading the body of an SQS message as its model."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from pipeline_contracts import message
from pipeline_contracts.body import parse_body, without_bom
from pipeline_contracts.digest import digest
from pipeline_contracts.errors import InvalidBodyError
from pipeline_contracts.model_errors import field_errors

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline_contracts.message import PipelineMessage


@dataclass(frozen=True)
class ParsedMessage:
    """A body that has been read and validated."""

    content: PipelineMessage
    """The model. Keys that the model does not name are in `content.model_extra`, with all digits of their numbers."""
    body: Mapping[str, Any]
    """The whole body, as `parse_body` reads it."""
    text: str = ""
    """The JSON text that was read. The services get this text."""
    default_key: str | None = None
    """Key from the envelope: identifies the record of a message without an `idempotency_key`."""
    attributes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """The message attributes in its envelope, in the form in which Lambda gives those of SQS."""

    @property
    def key(self) -> str | None:
        """Identify the record; None if only the message id does."""
        own: str | None = self.content.idempotency_key
        return self.default_key if own is None else own

    @property
    def processing_type(self) -> str:
        """Select the rules and the transformation."""
        return message.processing_type_of(self.content)

    @property
    def item_attributes(self) -> Mapping[str, str]:
        """Give the attributes that the item has beside the whole message."""
        return message.item_attributes_of(self.content)

    def data_digest(self) -> str:
        """Digest the body without its metadata: two messages have the same data if, and only if, this is equal."""
        return data_digest(self.body)


def parse_message(text: str, model: type[Any] | None = None) -> ParsedMessage:
    """Read the body of an SQS message as a model, `PipelineMessage` by default.

    The model is validated as JSON, so that dates, enums and sets are read from their JSON form. Keys that it does not
    name are kept as `parse_body` reads them, with all digits.

    Raises:
        InvalidBodyError: It names each invalid field, with pydantic's message.
    """
    text = without_bom(text)
    body = parse_body(text)
    model = model or message.PipelineMessage
    try:
        content = model.model_validate_json(text)
    except ValidationError as error:
        raise InvalidBodyError(field_errors(model, error)) from None
    if content.model_extra:
        content.model_extra.update((name, body[name]) for name in content.model_extra.keys() & body.keys())
    return ParsedMessage(content, body, text)


def data_digest(body: Mapping[str, Any]) -> str:
    """Digest a body that `parse_body` read, or that a table returned, without its metadata."""
    return digest({name: value for name, value in body.items() if name != "metadata"})
