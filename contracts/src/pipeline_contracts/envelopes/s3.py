"""A notification about an object in S3, sent by S3 itself or through EventBridge.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import unquote_plus

from pydantic import AliasChoices, Field

from pipeline_contracts import message
from pipeline_contracts.envelopes import eventbridge
from pipeline_contracts.envelopes.json_text import members_of
from pipeline_contracts.envelopes.unwrapped import EnvelopeModel, Unwrapped, described, fields_of, refused
from pipeline_contracts.errors import ErrorCode
from pipeline_contracts.s3_object import S3Object

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pydantic import JsonValue

NAME = "an S3 notification"
EVENTBRIDGE_SOURCE = '"aws.s3"'
EVENT_SOURCE = "aws:s3"


class _Bucket(EnvelopeModel):
    name: Annotated[str, Field(min_length=1)]


class _Object(EnvelopeModel):
    key: Annotated[str, Field(min_length=1)]
    size: int | None = None
    etag: Annotated[str | None, Field(validation_alias=AliasChoices("eTag", "etag"))] = None
    version_id: Annotated[str | None, Field(validation_alias=AliasChoices("versionId", "version-id"))] = None
    sequencer: str | None = None


class _Detail(EnvelopeModel):
    """Of an event of EventBridge, and of a record of S3's own notification."""

    bucket: _Bucket
    object: _Object


class _Record(EnvelopeModel):
    event: Annotated[str, Field(alias="eventName")]
    time: Annotated[str | None, Field(alias="eventTime")] = None
    s3: _Detail


class _Notification(EnvelopeModel):
    records: Annotated[list[_Record], Field(alias="Records")]


def is_s3(members: Mapping[str, str]) -> bool:
    """Recognize a notification, in both forms, and the test event that S3 sends when it is connected."""
    if eventbridge.is_eventbridge(members):
        return members["source"] == EVENTBRIDGE_SOURCE
    return _is_test_event(members) or any(_event_source(record) == EVENT_SOURCE for record in _records(members)[:1])


def unwrap(members: Mapping[str, str]) -> Unwrapped:
    """Make the message of a notification about one object, by `fields_of_object` in message.py if there is one."""
    if _is_test_event(members):
        raise refused(ErrorCode.S3_TEST_EVENT, "is the test event that S3 sends when notifications are set up")
    if eventbridge.is_eventbridge(members):
        return _of_event(members)
    count = len(_records(members))
    if count != 1:
        raise refused(ErrorCode.SEVERAL_OBJECTS, f"is {NAME} of {count:,} objects, and a message is about one")
    (record,) = fields_of(_Notification, members, NAME).records
    return _unwrapped(
        _object(record.s3, _decoded(record.s3.object.key), record.event, record.time),
        described(source=EVENT_SOURCE, type=record.event, time=record.time),
    )


def _of_event(members: Mapping[str, str]) -> Unwrapped:
    event = fields_of(eventbridge.Event, members, NAME)
    detail = fields_of(_Detail, members_of(members["detail"]) or {}, NAME)
    # EventBridge gives the key as it is, S3 itself encodes it like a form.
    return _unwrapped(_object(detail, detail.object.key, event.type, event.time), event.metadata)


def _object(detail: _Detail, key: str, event: str, time: str | None) -> S3Object:
    found = detail.object
    return S3Object(
        bucket=detail.bucket.name,
        key=key,
        version_id=found.version_id or None,
        sequencer=found.sequencer,
        size=found.size,
        etag=found.etag,
        event=event,
        time=time,
    )


def _unwrapped(found: S3Object, metadata: Mapping[str, str]) -> Unwrapped:
    fields: Callable[[S3Object], Mapping[str, JsonValue]] = getattr(message, "fields_of_object", asdict)
    return Unwrapped(json.dumps(fields(found), allow_nan=False), _key(found), metadata)


def _key(found: S3Object) -> str:
    """Identify the event. Only creations and deletions have a sequencer; others are told apart by their time."""
    which = [found.sequencer] if found.sequencer else [found.event, found.time]
    identity = json.dumps([found.bucket, found.key, found.version_id, *which])
    return f"s3-{hashlib.sha256(identity.encode()).hexdigest()}"


def _decoded(key: str) -> str:
    try:
        return unquote_plus(key, errors="strict")
    except UnicodeDecodeError:
        raise refused(ErrorCode.INVALID_ENVELOPE, f"is {NAME} whose key is not URL-encoded UTF-8") from None


def _is_test_event(members: Mapping[str, str]) -> bool:
    return members.get("Event") == '"s3:TestEvent"'


def _records(members: Mapping[str, str]) -> list[Any]:
    try:
        records = json.loads(members.get("Records", "null"), parse_int=str)
    except RecursionError:
        return []
    return records if isinstance(records, list) else []


def _event_source(record: Any) -> Any:
    return record.get("eventSource") if isinstance(record, dict) else None
