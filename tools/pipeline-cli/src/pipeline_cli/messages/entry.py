"""A message to the source queue, as an entry of SendMessageBatch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline_cli.messages.attributes import MAX_ATTRIBUTES, MAX_BYTES, Attribute, bytes_of, identity
from pipeline_cli.rejected_message import OWN_ATTRIBUTE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline_cli.messages.queued_message import Draft, QueuedMessage


class NoRoomError(Exception):
    """SQS would refuse the message; the text says why."""


@dataclass(frozen=True)
class Entry:
    """A message with the attribute that preserves its identity, if it needs one."""

    message: QueuedMessage
    body: str
    attributes: Mapping[str, Attribute]

    @classmethod
    def of(cls, message: QueuedMessage, draft: Draft, *, keyed: bool) -> Entry:
        """Build the entry; a message with an idempotency key goes without the attribute if there is no room for it.

        Raises:
            NoRoomError: The body and its attributes leave no room for it.
        """
        own = {OWN_ATTRIBUTE: identity(message.first_message_id)}
        problem = _problem(draft, own)
        if problem and keyed:
            own = {}
            problem = _problem(draft, own)
        if problem:
            raise NoRoomError(problem)
        return cls(message, draft.body, {**draft.attributes, **own})

    @property
    def bytes(self) -> int:
        """Its size."""
        return bytes_of(self.body, self.attributes)

    def to_send(self, entry_id: str) -> dict[str, Any]:
        """Format it for SQS, with the producer's trace header and group id."""
        entry: dict[str, Any] = {
            "Id": entry_id,
            "MessageBody": self.body,
            "MessageAttributes": {name: value.to_send() for name, value in self.attributes.items()},
        }
        if self.message.trace_header:
            header = {"DataType": "String", "StringValue": self.message.trace_header}
            entry["MessageSystemAttributes"] = {"AWSTraceHeader": header}
        if self.message.group_id:
            entry["MessageGroupId"] = self.message.group_id
        return entry


def _problem(draft: Draft, own: Mapping[str, Attribute]) -> str:
    attributes = {**draft.attributes, **own}
    needed = f", {OWN_ATTRIBUTE} included, which keeps its identity" if own else ""
    if len(attributes) > MAX_ATTRIBUTES:
        return f"it would have {len(attributes)} attributes{needed}; the maximum is {MAX_ATTRIBUTES}"
    size = bytes_of(draft.body, attributes)
    if size > MAX_BYTES:
        return f"it would have {size:,} bytes with its attributes{needed}; the maximum is {MAX_BYTES:,}"
    return ""
