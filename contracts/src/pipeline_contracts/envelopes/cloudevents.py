"""A CloudEvent 1.0 in structured mode.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, TypeAdapter

from pipeline_contracts.envelopes.unwrapped import EnvelopeModel, Unwrapped, described, fields_of, refused
from pipeline_contracts.errors import ErrorCode

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME = "a CloudEvent"

_STRING = TypeAdapter(str)


class _Event(EnvelopeModel):
    specversion: Literal["1.0"]
    id: Annotated[str, Field(min_length=1)]
    source: Annotated[str, Field(pattern=r"^\S+$")]
    type: Annotated[str, Field(min_length=1)]
    subject: str | None = None
    time: str | None = None
    data_base64: str | None = None


def is_cloudevent(members: Mapping[str, str]) -> bool:
    """Recognize a CloudEvent by its required fields."""
    return {"specversion", "id", "source", "type"} <= members.keys()


def unwrap(members: Mapping[str, str]) -> Unwrapped:
    """Take the data out of an event: a JSON value, a string with JSON in it, or base64 of JSON."""
    event = fields_of(_Event, members, NAME)
    return Unwrapped(
        _data(members, event),
        f"{event.source} {event.id}",  # a source has no space
        described(id=event.id, source=event.source, type=event.type, subject=event.subject, time=event.time),
    )


def _data(members: Mapping[str, str], event: _Event) -> str:
    data = members.get("data")
    if data is None and event.data_base64 is None:
        raise refused(ErrorCode.INVALID_ENVELOPE, f"is {NAME} without data")
    if data is not None and event.data_base64 is not None:
        raise refused(ErrorCode.INVALID_ENVELOPE, f"is {NAME} with both data and data_base64")
    try:
        if data is None:
            return base64.b64decode(event.data_base64 or "", validate=True).decode()
        return _STRING.validate_json(data) if data.startswith('"') else data
    except (binascii.Error, UnicodeDecodeError):
        raise refused(ErrorCode.INVALID_ENVELOPE, f"is {NAME} whose data_base64 is not base64 of UTF-8") from None
    except ValueError:
        raise refused(ErrorCode.INVALID_ENVELOPE, f"is {NAME} whose data is no valid Unicode") from None
