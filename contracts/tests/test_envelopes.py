"""Bodies in envelopes: their message, its identity, and its metadata."""

from __future__ import annotations

import base64
import json
import sys
from typing import TYPE_CHECKING, Any

import pytest
from events import body, event, object_event
from pipeline_contracts import ErrorCode, InvalidBodyError, execution_id, message, own_envelope, parse_message
from pipeline_contracts.envelopes import Envelope, Unwrapped, read_message
from pipeline_contracts.message import EXAMPLES

if TYPE_CHECKING:
    from pipeline_contracts.s3_object import S3Object

EXACT = '"exact": 1.10000000000000000000000000000000001, "big": 12345678901234567890123456789012345678'
ENVELOPES = [Envelope.SNS, Envelope.EVENTBRIDGE, Envelope.S3, Envelope.CLOUDEVENTS]


@pytest.fixture(autouse=True)
def _objects_are_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    def fields(found: S3Object) -> dict[str, Any]:
        return {**EXAMPLES[0], "bucket": found.bucket, "key": found.key, "size": found.size}

    monkeypatch.setattr(message, "fields_of_object", fields, raising=False)


def refused(text: str, envelope: Envelope) -> tuple[str, str]:
    with pytest.raises(InvalidBodyError) as raised:
        read_message(text, envelope)
    first = raised.value.errors[0]
    return first.code, first.message


@pytest.mark.parametrize(
    ("text", "envelope", "key"),
    [
        (event("sns", body(EXACT)), Envelope.SNS, "dc1e94d9-56c5-5e96-808d-cc7f68faa162"),
        (event("eventbridge", body(EXACT)), Envelope.EVENTBRIDGE, "6a7e8feb-b491-4cf7-a9f1-bf3703467718"),
        (event("sns", event("eventbridge", body(EXACT))), Envelope.EVENTBRIDGE, "6a7e8feb-b491-4cf7-a9f1-bf3703467718"),
        (event("cloudevent", body(EXACT)), Envelope.CLOUDEVENTS, "/shop/orders A234-1234-1234"),
        (event("sns", event("cloudevent", body(EXACT))), Envelope.CLOUDEVENTS, "/shop/orders A234-1234-1234"),
        (
            event("sns", event("eventbridge", event("cloudevent", body(EXACT)))),
            Envelope.CLOUDEVENTS,
            "/shop/orders A234-1234-1234",
        ),
        (event("cloudevent", data=body(EXACT)), Envelope.CLOUDEVENTS, "/shop/orders A234-1234-1234"),
        (
            event("cloudevent", data=None, data_base64=base64.b64encode(body(EXACT).encode()).decode()),
            Envelope.CLOUDEVENTS,
            "/shop/orders A234-1234-1234",
        ),
    ],
)
def test_the_message_in_an_envelope_keeps_its_text_and_gets_an_identity(
    text: str, envelope: Envelope, key: str
) -> None:
    read = read_message(f" {text}\n", envelope)

    for member in EXACT.split(", "):
        assert member.replace(": ", ":") in read.text
    assert read.data_digest() == parse_message(body(EXACT)).data_digest()
    assert execution_id("dev", "m-1", read) == f"dev-key-{key}"
    assert parse_message(read.text).body == read.body


@pytest.mark.parametrize(
    ("text", "envelope", "metadata"),
    [
        (
            event("sns", body()),
            Envelope.SNS,
            {
                "envelope_id": "dc1e94d9-56c5-5e96-808d-cc7f68faa162",
                "envelope_source": "arn:aws:sns:eu-central-1:111122223333:arrivals",
                "envelope_subject": "An order",
                "envelope_time": "2026-01-31T12:00:00.000Z",
            },
        ),
        (
            event("eventbridge", body('"metadata": {"tenant": "acme", "envelope_id": "x"}')),
            Envelope.EVENTBRIDGE,
            {
                "tenant": "acme",
                "envelope_id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
                "envelope_source": "com.example.shop",
                "envelope_type": "OrderPlaced",
                "envelope_time": "2026-01-31T12:00:00Z",
            },
        ),
        (
            event("cloudevent", body('"metadata": null')),
            Envelope.CLOUDEVENTS,
            {
                "envelope_id": "A234-1234-1234",
                "envelope_source": "/shop/orders",
                "envelope_type": "com.example.order.placed",
                "envelope_subject": "4711",
                "envelope_time": "2026-01-31T12:00:00Z",
            },
        ),
        (
            event("s3"),
            Envelope.S3,
            {
                "envelope_source": "aws:s3",
                "envelope_type": "ObjectCreated:Put",
                "envelope_time": "2026-01-31T12:00:00.000Z",
            },
        ),
        (
            event("s3-eventbridge"),
            Envelope.S3,
            {
                "envelope_id": "17793124-05d4-b198-2fde-7ededc63b103",
                "envelope_source": "aws.s3",
                "envelope_type": "Object Created",
                "envelope_time": "2026-01-31T12:00:00Z",
            },
        ),
    ],
)
def test_the_metadata_has_the_envelope(text: str, envelope: Envelope, metadata: dict[str, str]) -> None:
    assert read_message(text, envelope).content.metadata == metadata


def test_metadata_without_room_for_the_envelope_stays_as_it_is() -> None:
    own = {str(number): "x" for number in range(48)}

    read = read_message(event("eventbridge", body(f'"metadata": {json.dumps(own)}')), Envelope.EVENTBRIDGE)

    assert read.content.metadata == own
    assert read.key == "6a7e8feb-b491-4cf7-a9f1-bf3703467718"


@pytest.mark.parametrize("envelope", [Envelope.SNS, Envelope.EVENTBRIDGE, Envelope.CLOUDEVENTS])
def test_the_messages_own_key_is_its_identity(envelope: Envelope) -> None:
    name = {Envelope.CLOUDEVENTS: "cloudevent"}.get(envelope, envelope.value)

    read = read_message(event(name, body('"idempotency_key": "order-4711"')), envelope)

    assert execution_id("dev", "m-1", read) == "dev-key-order-4711"


def test_a_key_that_is_too_long_is_hashed() -> None:
    keys = {
        read_message(event("cloudevent", id=f"{n}" * 300, data=EXAMPLES[0]), Envelope.CLOUDEVENTS).key for n in "12"
    }

    assert {len(key or "") for key in keys} == {64}
    assert len(keys) == 2


@pytest.mark.parametrize("text", [event("sns", body()), event("sns", event("eventbridge", body()))])
def test_attributes_of_a_notification_are_those_of_the_message(text: str) -> None:
    envelope = Envelope.EVENTBRIDGE if "detail" in text else Envelope.SNS

    assert read_message(text, envelope).attributes == {
        "tenant": {"dataType": "String", "stringValue": "acme"},
        "digest": {"dataType": "Binary", "binaryValue": "AAEC"},
    }


@pytest.mark.parametrize(
    ("text", "envelope", "code", "words"),
    [
        (event("s3-test"), Envelope.S3, ErrorCode.S3_TEST_EVENT, "test event"),
        (event("sns", event("s3-test")), Envelope.S3, ErrorCode.S3_TEST_EVENT, "test event"),
        (event("s3", Records=2 * json.loads(event("s3"))["Records"]), Envelope.S3, ErrorCode.SEVERAL_OBJECTS, "2 obj"),
        (object_event(key="%ff"), Envelope.S3, ErrorCode.INVALID_ENVELOPE, "URL-encoded UTF-8"),
        (object_event(key=7), Envelope.S3, ErrorCode.INVALID_ENVELOPE, "Records.0.s3.object.key"),
        (event("s3-eventbridge", detail=[]), Envelope.S3, ErrorCode.INVALID_ENVELOPE, "bucket: Field required"),
        (event("sns", Type="SubscriptionConfirmation"), Envelope.SNS, ErrorCode.SNS_CONFIRMATION, "SubscribeURL"),
        (event("sns", Type="SubscriptionConfirmation"), Envelope.S3, ErrorCode.SNS_CONFIRMATION, "SubscribeURL"),
        (event("sns", Message={}), Envelope.SNS, ErrorCode.INVALID_ENVELOPE, "Message: Input should be a valid string"),
        (event("sns", Message="\ud800"), Envelope.SNS, ErrorCode.INVALID_ENVELOPE, "not valid: Invalid JSON"),
        (
            event("eventbridge").replace("OrderPlaced", "\ud800"),
            Envelope.EVENTBRIDGE,
            ErrorCode.INVALID_ENVELOPE,
            "unicode",
        ),
        (
            event("sns", MessageAttributes={str(n): n for n in range(2_000)}),
            Envelope.SNS,
            ErrorCode.INVALID_ENVELOPE,
            "2,000 errors",
        ),
        (event("sns", "text"), Envelope.SNS, ErrorCode.NOT_JSON, "line 1"),
        (event("eventbridge", "[]"), Envelope.EVENTBRIDGE, ErrorCode.NOT_AN_OBJECT, "an array"),
        (event("eventbridge", '{"a": 1, "a": 2}'), Envelope.EVENTBRIDGE, ErrorCode.DUPLICATE_KEY, "twice"),
        (
            event("eventbridge", f'{{"n": {"9" * 5_000}}}'),
            Envelope.EVENTBRIDGE,
            ErrorCode.NUMBER_OUT_OF_RANGE,
            "38 digits",
        ),
        (event("eventbridge", body('"metadata": 1')), Envelope.EVENTBRIDGE, ErrorCode.WRONG_TYPE, "an object"),
        (event("eventbridge", id=""), Envelope.EVENTBRIDGE, ErrorCode.INVALID_ENVELOPE, "id: String should have"),
        (event("cloudevent", specversion="0.3"), Envelope.CLOUDEVENTS, ErrorCode.INVALID_ENVELOPE, "'1.0'"),
        (event("cloudevent", source="a b"), Envelope.CLOUDEVENTS, ErrorCode.INVALID_ENVELOPE, "source"),
        (event("cloudevent", data=None), Envelope.CLOUDEVENTS, ErrorCode.INVALID_ENVELOPE, "without data"),
        (event("cloudevent", data_base64="e30="), Envelope.CLOUDEVENTS, ErrorCode.INVALID_ENVELOPE, "both"),
        (event("cloudevent", data=None, data_base64="{}"), Envelope.CLOUDEVENTS, ErrorCode.INVALID_ENVELOPE, "base64"),
        (event("cloudevent", data=None, data_base64="/w=="), Envelope.CLOUDEVENTS, ErrorCode.INVALID_ENVELOPE, "UTF-8"),
        (event("cloudevent", data="\ud800"), Envelope.CLOUDEVENTS, ErrorCode.INVALID_ENVELOPE, "Unicode"),
        (event("cloudevent", data="text"), Envelope.CLOUDEVENTS, ErrorCode.NOT_JSON, "line 1"),
    ],
)
def test_an_envelope_without_a_message_is_refused_with_a_code(
    text: str, envelope: Envelope, code: str, words: str
) -> None:
    found, reason = refused(text, envelope)

    assert (found, words in reason) == (code, True), reason


UNDECLARED = [
    (event("sns", "text"), Envelope.SNS),
    (event("eventbridge", "{}"), Envelope.EVENTBRIDGE),
    (event("cloudevent", "{}"), Envelope.CLOUDEVENTS),
    (event("s3"), Envelope.S3),
    (event("s3-test"), Envelope.S3),
    (event("s3-eventbridge"), Envelope.S3),
    (event("sns", event("s3")), Envelope.S3),
    (event("sns", event("s3-eventbridge")), Envelope.S3),
    (event("sns", event("cloudevent", "{}")), Envelope.CLOUDEVENTS),
]


@pytest.mark.parametrize(
    ("text", "looks_like", "declared"),
    [(*row, declared) for row in UNDECLARED for declared in (Envelope.NONE, *ENVELOPES) if declared is not row[1]],
)
def test_another_envelope_than_the_declared_one_is_named_with_the_parameter(
    text: str, looks_like: Envelope, declared: Envelope
) -> None:
    code, reason = refused(text, declared)

    assert code == f"undeclared_{looks_like}"
    assert reason.endswith(f"but the parameter Envelope is {declared}: set it to {looks_like}")


def test_an_undeclared_confirmation_of_sns_is_named_like_a_notification() -> None:
    assert refused(event("sns", Type="SubscriptionConfirmation"), Envelope.NONE)[0] == ErrorCode.UNDECLARED_SNS


@pytest.mark.parametrize("declared", [Envelope.NONE, *ENVELOPES])
def test_a_body_that_is_a_message_itself_is_read_as_it_is(declared: Envelope) -> None:
    looks_like_an_event = body('"id": "1", "detail-type": "a", "source": "b", "specversion": "1.0", "type": "c"')

    for text in (body(EXACT), looks_like_an_event if declared is not Envelope.CLOUDEVENTS else body()):
        read = read_message(text, declared)

        assert read.text == text
        assert execution_id("dev", "m-1", read) == "dev-esm-m-1"


@pytest.mark.parametrize("declared", ENVELOPES)
def test_a_body_that_is_neither_enveloped_nor_a_message_says_both(declared: Envelope) -> None:
    code, reason = refused("{}", declared)

    assert code == ErrorCode.NOT_IN_ENVELOPE
    assert "the parameter Envelope declares" in reason
    assert "Field required" in reason
    assert refused("{", declared)[0] == ErrorCode.NOT_JSON


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        '{"Records": ' + "[" * 100_000 + "]" * 100_000 + "}",
        '{"a": 1,}',
        '{"a" 1}',
        "{1: 2}",
        '{"a": 1} x',
        '{"a": 1',
        "{",
        "",
        '{"n": ' + "9" * 5_000 + "}",
        '{"Records": [' + "9" * 5_000 + "]}",
    ],
)
@pytest.mark.parametrize("declared", [Envelope.NONE, *ENVELOPES, Envelope.OWN])
def test_text_that_is_hard_to_take_apart_is_refused(text: str, declared: Envelope) -> None:
    assert refused(text, declared)


@pytest.mark.parametrize("declared", [Envelope.NONE, Envelope.SNS, Envelope.S3])
def test_no_depth_of_nesting_is_more_than_can_be_recognized(declared: Envelope) -> None:
    limit = sys.getrecursionlimit()

    for depth in range(limit - 150, limit + 10):
        assert refused(f'{{"Records": {"[" * depth}{"]" * depth}}}', declared)


def test_a_byte_order_mark_is_skipped() -> None:
    assert read_message(f"\ufeff{body()}", Envelope.NONE).text == body()
    assert read_message("\ufeff" + event("eventbridge", body()), Envelope.EVENTBRIDGE).key
    with_mark, without = (read_message(event("sns", mark + body()), Envelope.SNS) for mark in ("\ufeff", ""))
    assert with_mark == without
    assert read_message(event("sns", "\ufeff" + event("s3")), Envelope.S3).key


def test_an_envelope_of_ones_own_that_refuses_a_body_has_to_say_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def unwrap(text: str) -> Unwrapped | None:
        raise InvalidBodyError([])

    monkeypatch.setattr(own_envelope, "unwrap", unwrap)

    with pytest.raises(ValueError, match="names at least one error") as raised:
        read_message(body(), Envelope.OWN)
    assert not isinstance(raised.value, InvalidBodyError)


def test_an_envelope_of_ones_own_is_a_function(monkeypatch: pytest.MonkeyPatch) -> None:
    def unwrap(text: str) -> Unwrapped | None:
        sent = json.loads(text)
        return Unwrapped(json.dumps(sent["payload"]), sent["id"], {"tenant": "acme"}) if "payload" in sent else None

    monkeypatch.setattr(own_envelope, "unwrap", unwrap)

    read = read_message(json.dumps({"payload": EXAMPLES[0], "id": "\ud800"}), Envelope.OWN)

    assert read.content.metadata == {"tenant": "acme"}
    assert len(read.key or "") == 64
    assert read_message(body(), Envelope.OWN).key is None
    with pytest.raises(KeyError):
        read_message('{"payload": {}}', Envelope.OWN)
