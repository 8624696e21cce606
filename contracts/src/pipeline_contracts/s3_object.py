"""An object in S3 that a notification is about."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class S3Object:
    """The object that `fields_of_object` in message.py turns into a message."""

    bucket: str
    key: str
    """URL-decoded."""
    version_id: str | None
    """None if the bucket has no versions."""
    sequencer: str | None
    """Orders the creations and deletions of one key; other events have none."""
    size: int | None
    """In bytes."""
    etag: str | None
    event: str
    """Such as `ObjectCreated:Put`; through EventBridge, such as `Object Created`."""
    time: str | None
