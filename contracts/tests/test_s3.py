"""Notifications about objects in S3: the message made from one, and its identity."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import pytest
from events import body, event, object_event
from pipeline_contracts import message, parse_message
from pipeline_contracts.envelopes import Envelope, read_message
from pipeline_contracts.message import EXAMPLES
from pipeline_contracts.s3_object import S3Object

KEY = "incoming/red flower, ü.csv"


@pytest.fixture(autouse=True)
def _objects_are_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    def fields(found: S3Object) -> dict[str, Any]:
        return {**EXAMPLES[0], "bucket": found.bucket, "key": found.key, "size": found.size}

    monkeypatch.setattr(message, "fields_of_object", fields, raising=False)


@pytest.mark.parametrize(
    "text",
    [
        event("s3"),
        event("s3-eventbridge"),
        event("sns", event("s3")),
        event("sns", event("s3-eventbridge")),
    ],
)
def test_a_notification_of_an_object_is_one_record_however_it_arrives(text: str) -> None:
    read = read_message(text, Envelope.S3)

    assert (read.body["bucket"], read.body["key"], read.body["size"]) == ("arrivals", KEY, 1024)
    assert read.key == read_message(event("s3"), Envelope.S3).key
    assert read.data_digest() == read_message(event("s3"), Envelope.S3).data_digest()


@pytest.mark.parametrize(
    "changed",
    [
        {"name": "others"},
        {"key": "incoming/other.csv"},
        {"versionId": "other"},
        {"versionId": None},
        {"sequencer": "0055AED6DCD90281E6"},
        {"sequencer": None},
        {"sequencer": None, "eventTime": "2026-01-31T12:00:01.000Z"},
        {"sequencer": None, "eventName": "ObjectTagging:Put"},
        {"key": "k" * 1_024},
    ],
)
def test_another_object_version_or_event_is_another_record(changed: dict[str, Any]) -> None:
    key = read_message(object_event(**changed), Envelope.S3).key

    assert key != read_message(event("s3"), Envelope.S3).key
    assert key == read_message(object_event(**changed), Envelope.S3).key
    assert len(key or "") == len("s3-") + 64


def test_an_empty_version_is_none() -> None:
    assert read_message(object_event(versionId=""), Envelope.S3).key == (
        read_message(object_event(versionId=None), Envelope.S3).key
    )


def test_events_without_a_sequencer_are_told_apart_by_their_name_and_time() -> None:
    changes = ({}, {"eventTime": "2026-01-31T12:00:01.000Z"}, {"eventName": "ObjectTagging:Put"})

    keys = [read_message(object_event(sequencer=None, **changed), Envelope.S3).key for changed in changes]

    assert len(set(keys)) == len(changes)


def test_without_a_function_the_message_has_the_fields_of_the_object(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(message, "fields_of_object")
    read: list[str] = []
    parse = parse_message
    monkeypatch.setattr(
        "pipeline_contracts.envelopes.reading.parse_message", lambda text: (read.append(text), parse(body()))[1]
    )

    read_message(event("s3"), Envelope.S3)

    sent = json.loads(read[0])
    assert {"bucket", "key", "version_id", "sequencer", "size", "etag", "event", "time"} < sent.keys()
    assert asdict(S3Object(**{name: sent[name] for name in S3Object.__dataclass_fields__}))["key"] == KEY
