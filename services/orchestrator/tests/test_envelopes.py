"""Messages in envelopes: the services receive the message, and messages that are not stored stay as they arrived."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from faults import requests_to
from orchestrator.intake import parse_batch
from orchestrator.messages import messages_of
from pipeline import CORE, body, event_of
from pipeline_contracts import own_envelope
from pipeline_contracts.envelopes import Envelope, Unwrapped

if TYPE_CHECKING:
    from pipeline import Pipeline


def event(detail: str, id_: str = "event-1") -> str:
    """Write an event of EventBridge."""
    members = {"version": "0", "id": id_, "detail-type": "Placed", "source": "shop", "time": "2026-01-31T12:00:00Z"}
    return f'{json.dumps(members)[:-1]}, "detail": {detail}}}'


def notification(text: str) -> str:
    """Write a notification of SNS."""
    attributes = {"tenant": {"Type": "String", "Value": "acme"}}
    sent = {"Type": "Notification", "MessageId": "sns-1", "TopicArn": "arn", "Message": text}
    return json.dumps({**sent, "MessageAttributes": attributes})


def test_all_services_get_the_message_and_the_envelope_gives_the_identity(pipeline: Pipeline) -> None:
    pipeline.configure(envelope=Envelope.EVENTBRIDGE)
    requests = [requests_to(pipeline, stage.service) for stage in CORE]

    run = pipeline.run(event('{"price": 1.10, ' + body()[1:]), event(body(n=2), "event-2"))

    assert run.failed == []
    assert pipeline.services.table.keys() == {"test-key-event-1", "test-key-event-2"}
    for (request,) in requests:
        data = request["records"][0]["data"]
        assert '"price":1.10' in data
        assert "detail" not in json.loads(data)
        assert json.loads(data)["metadata"]["envelope_id"] == "event-1"


def test_an_event_that_is_delivered_twice_is_one_record(pipeline: Pipeline) -> None:
    pipeline.configure(envelope=Envelope.EVENTBRIDGE)

    pipeline.run(event(body()), event(body()))

    assert pipeline.services.calls[-1] == ("storer", ["test-key-event-1"])


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (event('{"x": 1}'), "missing_field"),
        ("{}", "not_in_envelope"),
        (notification("{}"), "undeclared_sns"),
        ('{"specversion": "1.0", "id": "1", "source": "/", "type": "t", "data": {}}', "undeclared_cloudevents"),
        (event(body(), ""), "invalid_envelope"),
    ],
)
def test_a_rejected_message_is_sent_as_it_arrived(pipeline: Pipeline, sent: str, code: str) -> None:
    pipeline.configure(envelope=Envelope.EVENTBRIDGE)

    run = pipeline.run(event(body()), sent)

    assert run.failed == []
    assert pipeline.services.table.keys() == {"test-key-event-1"}
    (rejection,) = pipeline.queue.messages
    assert (rejection.message.body, rejection.stage, rejection.code) == (sent, "intake", code)


def test_an_exception_of_an_envelope_of_ones_own_fails_its_message_alone(pipeline: Pipeline) -> None:
    pipeline.configure(envelope=Envelope.OWN)
    pipeline.monkeypatch.setattr(own_envelope, "unwrap", lambda text: Unwrapped(json.dumps(json.loads(text)["inside"])))

    run = pipeline.run(json.dumps({"inside": json.loads(body())}), '{"outside": 1}', "[]", "no json")

    assert run.failed == ["m1", "m2", "m3"]
    assert pipeline.services.table.keys() == {"test-esm-m0"}
    assert pipeline.queue.messages == []


def test_the_size_of_a_record_is_that_of_its_message() -> None:
    plain, wrapped = body(), f'{{"padding": "{"x" * 900_000}", {event(body())[1:]}'

    (record,) = parse_batch(messages_of(event_of(wrapped)), "test", envelope=Envelope.EVENTBRIDGE).records

    (alone,) = parse_batch(messages_of(event_of(plain)), "test").records
    assert record.entry_bytes < alone.entry_bytes + 1_000
    assert record.item_json_bytes < 2_000


@pytest.mark.parametrize("envelope", list(Envelope))
def test_a_body_in_no_envelope_is_passed_on_as_it_is(envelope: Envelope) -> None:
    (record,) = parse_batch(messages_of(event_of(body())), "test", envelope=envelope).records

    assert record.data is record.message.body


def test_a_byte_order_mark_does_not_reach_the_services() -> None:
    (record,) = parse_batch(messages_of(event_of(f"\ufeff{body()}")), "test").records

    assert record.data == body()
