"""Bodies in envelopes: whatever arrives has one outcome, and the message in an envelope is stored unchanged."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from contract_tests.bodies import ANY_BODIES, VALUES, good_bodies
from hypothesis import strategies as st
from pipeline_contracts import InvalidBodyError, ParsedMessage, own_envelope, parse_body, same_json
from pipeline_contracts.envelopes import Envelope, Unwrapped, read_message
from pipeline_fuzz.properties import BATCH, SMALL, try_many

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pipeline_fuzz.whole import Whole

RAISES = "raises"


def sns(message: Any, unique: str) -> dict[str, Any]:
    return {"Type": "Notification", "MessageId": unique, "TopicArn": "arn", "Message": json.dumps(message)}


def eventbridge(detail: Any, unique: str) -> dict[str, Any]:
    return {"id": unique, "detail-type": "t", "source": "s", "detail": detail}


def cloudevent(data: Any, unique: str) -> dict[str, Any]:
    return {"specversion": "1.0", "id": unique, "source": "/s", "type": "t", "data": data}


def s3(key: Any, unique: str) -> dict[str, Any]:
    found = {"bucket": {"name": "b"}, "object": {"key": key, "sequencer": unique}}
    return {"Records": [{"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "s3": found}]}


def s3_event(key: Any, unique: str) -> dict[str, Any]:
    found = {"bucket": {"name": "b"}, "object": {"key": key, "sequencer": unique}}
    return eventbridge(found, unique) | {"source": "aws.s3"}


NESTED = [
    *((wrap,) for wrap in (sns, eventbridge, cloudevent, s3, s3_event)),
    *((wrap, sns) for wrap in (sns, eventbridge, cloudevent, s3, s3_event)),
    *((wrap, eventbridge) for wrap in (sns, eventbridge, cloudevent, s3)),
    (cloudevent, eventbridge, sns),
    (s3, eventbridge, sns),
]
"""Envelopes, from the inside out."""

FIELDS = [
    *("Type", "MessageId", "TopicArn", "Message", "MessageAttributes", "Subject", "Timestamp"),
    *("id", "detail-type", "source", "detail", "time", "specversion", "type", "data", "data_base64", "subject"),
    *("Records", "Event", "eventSource", "eventName", "s3", "metadata", "idempotency_key"),
]


@st.composite
def enveloped(draw: st.DrawFn) -> str:
    """Generate a message, or anything else, in some envelopes, with any value in some of their fields."""
    inside: Any = draw(good_bodies() | VALUES)
    for wrap in draw(st.sampled_from(NESTED)):
        key = draw(st.text(min_size=1) | VALUES)
        inside = wrap(key if wrap in (s3, s3_event) else inside, str(draw(st.uuids())))
        if draw(st.integers(0, 4)) == 0:
            inside[draw(st.sampled_from(FIELDS))] = draw(VALUES)
    text = json.dumps(inside)
    if draw(st.integers(0, 4)) == 0:
        start = draw(st.integers(0, len(text)))
        text = text[:start] + text[start + draw(st.integers(0, 2)) :]
    return text or " "


def message_in(body: str, envelope: Envelope) -> ParsedMessage | None:
    """Read a body; None if it is refused."""
    try:
        return read_message(body, envelope)
    except InvalidBodyError:
        return None


@pytest.fixture(params=list(Envelope))
def envelope(request: pytest.FixtureRequest, whole: Whole, monkeypatch: pytest.MonkeyPatch) -> Iterator[Envelope]:
    """Make the orchestrator declare it."""
    from orchestrator import handler

    declared: Envelope = request.param
    monkeypatch.setattr(handler, "settings", replace(handler.settings, envelope=declared))
    monkeypatch.setattr(whole, "key_of", lambda body: (found := message_in(body, declared)) and found.key)
    handler.parse_batch.cache_clear()
    yield declared
    handler.parse_batch.cache_clear()


def test_whatever_arrives_in_whatever_envelope_is_read_or_refused(pytestconfig: pytest.Config) -> None:
    def check(body: str) -> None:
        for envelope in Envelope:
            found = message_in(body, envelope)
            if found is not None:
                assert same_json(parse_body(found.text), found.body), body
                assert found.key is None or 1 <= len(found.key) <= 256, body
                assert all(value["dataType"] for value in found.attributes.values()), body

    try_many(pytestconfig, enveloped() | ANY_BODIES, check, bodies=1)


def test_whatever_arrives_in_an_envelope_ends_in_one_outcome(
    whole: Whole, envelope: Envelope, pytestconfig: pytest.Config
) -> None:
    def check(batch: list[str]) -> None:
        # A key in two bodies is a conflict, which a later delivery may resolve.
        first, *ended, last = whole.run(SMALL, *batch, SMALL, deliveries=3)

        assert first.outcome == last.outcome == "stored"
        for body, end in zip(batch, ended, strict=True):
            assert end.outcome != "failed", body
            if end.item is None:
                assert (end.body, bool(end.code), bool(end.reason)) == (body, True, True)
                continue
            message = message_in(body, envelope)
            assert message is not None, body
            same = same_json(without_metadata(end.item["original_data"]), without_metadata(message.body))
            assert same, body

    batches = st.lists(enveloped() | ANY_BODIES, min_size=BATCH, max_size=BATCH)
    try_many(pytestconfig, batches, check, bodies=BATCH * len(Envelope))


def without_metadata(body: Mapping[str, Any]) -> dict[str, Any]:
    """Remove the fields in which two messages of one record may differ."""
    return {name: value for name, value in body.items() if name != "metadata"}


def test_an_envelope_of_ones_own_that_raises_fails_its_message_alone(
    whole: Whole, monkeypatch: pytest.MonkeyPatch
) -> None:
    from orchestrator import handler

    def unwrap(text: str) -> Unwrapped:
        if RAISES in text:
            raise KeyError(text)
        return Unwrapped(json.dumps(json.loads(text)["inside"]))

    monkeypatch.setattr(handler, "settings", replace(handler.settings, envelope=Envelope.OWN))
    monkeypatch.setattr(own_envelope, "unwrap", unwrap)
    bodies = [f'{{"inside": {SMALL}}}', f'"{RAISES}"', '{"inside": {}}']

    assert [end.outcome for end in whole.run(*bodies)] == ["stored", "failed", "rejected"]
