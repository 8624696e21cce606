"""An event of EventBridge.

https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from pipeline_contracts.envelopes.unwrapped import EnvelopeModel, Unwrapped, described, fields_of

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME = "an EventBridge event"


class Event(EnvelopeModel):
    """The fields of an event that describe its detail."""

    id: Annotated[str, Field(min_length=1)]
    type: Annotated[str, Field(alias="detail-type")]
    source: str
    time: str | None = None

    @property
    def metadata(self) -> dict[str, str]:
        """Give the fields that become metadata of the message."""
        return described(id=self.id, source=self.source, type=self.type, time=self.time)


def is_eventbridge(members: Mapping[str, str]) -> bool:
    """Recognize it."""
    return {"id", "detail-type", "source", "detail"} <= members.keys()


def unwrap(members: Mapping[str, str]) -> Unwrapped:
    """Take the detail out of an event."""
    event = fields_of(Event, members, NAME)
    return Unwrapped(members["detail"], event.id, event.metadata)
