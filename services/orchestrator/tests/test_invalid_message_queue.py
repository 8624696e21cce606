"""Sending to the invalid message queue, and the parts that the queue refuses."""

from __future__ import annotations

import base64
import itertools
import json
import re
from dataclasses import replace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from botocore.stub import Stubber
from hypothesis import given
from hypothesis import strategies as st
from orchestrator.adapters import InvalidMessageQueue, Sent
from orchestrator.messages import Message, Rejection

MEBIBYTE = 1_048_576


class FakeSQS:
    """Keeps sent messages, within the documented quotas of SendMessageBatch. A test may make it refuse."""

    def __init__(self) -> None:
        self.calls: list[list[dict[str, Any]]] = []
        self.refused: set[str] = set()
        self.error: Exception | None = None
        self.good_calls = 0
        """The number of calls before the error."""

    def send_message_batch(self, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        self.calls.append(Entries)
        if self.error and len(self.calls) > self.good_calls:
            raise self.error
        assert QueueUrl == "url"
        assert 1 <= len(Entries) <= 10
        assert len({entry["Id"] for entry in Entries}) == len(Entries)
        assert sum(map(size_of, Entries)) <= MEBIBYTE
        for entry in Entries:
            assert len(entry["MessageAttributes"]) <= 10
            for value in entry["MessageAttributes"].values():
                assert value.get("BinaryValue") or re.fullmatch(
                    "[\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]+", value["StringValue"]
                )
        return {
            "Successful": [{"Id": entry["Id"]} for entry in Entries if entry["Id"] not in self.refused],
            "Failed": [
                {"Id": entry["Id"], "Code": "InternalError", "Message": "no"}
                for entry in Entries
                if entry["Id"] in self.refused
            ],
        }

    def sent(self) -> list[dict[str, Any]]:
        return [entry for call in self.calls for entry in call]


ARN = "arn:aws:lambda:us-west-2:123456789012:function:orchestrator:1/durable-execution/a/b"


def own_of(entry: dict[str, Any]) -> dict[str, str]:
    """Read our attribute."""
    found: dict[str, str] = json.loads(entry["MessageAttributes"]["durable_pipeline"]["StringValue"])
    return found


def size_of(entry: dict[str, Any]) -> int:
    size = len(entry["MessageBody"].encode())
    for name, value in entry["MessageAttributes"].items():
        content = value.get("BinaryValue") or value["StringValue"].encode()
        size += len(name) + len(value["DataType"]) + len(content)
    return size


def message_of(index: int, body: str = "", attributes: Any = None) -> Message:
    return Message(index, f"m{index}", body, attributes or {}, f"handle-{index}", receive_count=1, sent_ms=0)


def rejection_of(index: int = 0, body: str = "not json", reason: str = "because", attributes: Any = None) -> Rejection:
    message = message_of(index, body, attributes)
    return Rejection(message, f"test-esm-m{index}", "intake", "not_json", reason, "lines.0")


@pytest.fixture
def sqs() -> FakeSQS:
    return FakeSQS()


def test_a_message_is_sent_as_it_arrived_with_the_reason(sqs: FakeSQS) -> None:
    attributes = {
        "tenant": {"stringValue": "acme", "dataType": "String"},
        "weight": {"stringValue": "1.5", "dataType": "Number"},
        "seal": {"binaryValue": base64.b64encode(b"\x00\xff").decode(), "dataType": "Binary.seal"},
    }

    sent = InvalidMessageQueue(sqs, "url").send([rejection_of(body=" {\t", attributes=attributes)], ARN)

    assert sent == Sent({0})
    (entry,) = sqs.sent()
    assert entry["MessageBody"] == " {\t"
    assert own_of(entry) == {
        "execution_id": "test-esm-m0",
        "message_id": "m0",
        "execution_arn": ARN,
        "stage": "intake",
        "code": "not_json",
        "field": "lines.0",
        "reason": "because",
    }
    assert {name: value for name, value in entry["MessageAttributes"].items() if name != "durable_pipeline"} == {
        "tenant": {"DataType": "String", "StringValue": "acme"},
        "weight": {"DataType": "Number", "StringValue": "1.5"},
        "seal": {"DataType": "Binary.seal", "BinaryValue": b"\x00\xff"},
    }


def test_a_message_that_was_sent_again_keeps_its_first_id_and_has_the_newest_reason(sqs: FakeSQS) -> None:
    before = {"message_id": "first", "code": "odd", "stage": "validate"}
    attributes = {"durable_pipeline": {"stringValue": json.dumps(before), "dataType": "String"}}

    sent = InvalidMessageQueue(sqs, "url").send([rejection_of(attributes=attributes)], ARN)

    own = own_of(*sqs.sent())
    assert sent == Sent({0})
    assert (own["message_id"], own["stage"], own["code"]) == ("first", "intake", "not_json")


def test_the_trace_and_the_group_of_a_message_go_with_it(sqs: FakeSQS) -> None:
    trace = "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1"
    traced = rejection_of(0)
    traced = replace(traced, message=replace(traced.message, trace_header=trace, group_id="tenant-1"))

    InvalidMessageQueue(sqs, "url").send([traced, rejection_of(1)], ARN)

    with_both, with_none = sqs.sent()
    assert with_both["MessageSystemAttributes"] == {"AWSTraceHeader": {"DataType": "String", "StringValue": trace}}
    assert with_both["MessageGroupId"] == "tenant-1"
    assert not with_none.keys() & {"MessageSystemAttributes", "MessageGroupId"}


def test_what_is_sent_is_what_the_api_takes() -> None:
    """The real client validates a request before sending it."""
    client = boto3.client("sqs", region_name="us-west-2")
    message = replace(rejection_of().message, trace_header="Root=1-5759e988-bd862e3fe1be46a994272793", group_id="g")
    with Stubber(client) as stubber:
        stubber.add_response("send_message_batch", {"Successful": [], "Failed": []})

        sent = InvalidMessageQueue(client, "https://sqs/1/q").send([replace(rejection_of(), message=message)], ARN)

    assert sent == Sent()


@pytest.mark.parametrize(
    "malformed", [{"dataType": "String"}, {"dataType": "Binary", "binaryValue": "%%%"}, {"stringValue": "x"}]
)
def test_an_invalid_attribute_is_left_out_and_the_message_is_sent(sqs: FakeSQS, malformed: Any) -> None:
    sent = InvalidMessageQueue(sqs, "url").send([rejection_of(attributes={"odd": malformed})], ARN)

    assert sent == Sent({0}, left_behind={"m0": 1})
    assert set(sqs.sent()[0]["MessageAttributes"]) == {"durable_pipeline"}


def test_the_producers_attributes_are_kept_whatever_their_names(sqs: FakeSQS) -> None:
    names = ("code", "stage", "reason", "execution_id", "message_id", "a", "b", "c", "d")
    attributes = {name: {"stringValue": f"the producer's {name}", "dataType": "String"} for name in names}

    sent = InvalidMessageQueue(sqs, "url").send([rejection_of(attributes=attributes)], ARN)

    (entry,) = sqs.sent()
    assert sent == Sent({0})
    kept = {name: value["StringValue"] for name, value in entry["MessageAttributes"].items()}
    assert {name: kept[name] for name in names} == {name: f"the producer's {name}" for name in names}
    assert own_of(entry)["code"] == "not_json"


def test_beside_ten_attributes_of_the_producer_ours_takes_the_place_of_one(sqs: FakeSQS) -> None:
    attributes = {f"a{n}": {"stringValue": "x", "dataType": "String"} for n in range(10)}

    sent = InvalidMessageQueue(sqs, "url").send([rejection_of(attributes=attributes)], ARN)

    (entry,) = sqs.sent()
    assert sent == Sent({0}, left_behind={"m0": 1})
    assert set(entry["MessageAttributes"]) == {"durable_pipeline", *(f"a{n}" for n in range(9))}


@pytest.mark.parametrize(
    ("room", "kept", "left_behind"),
    [
        (0, None, {"m0": 2}),
        (100, None, {"m0": 1}),
        (200, {"execution_id", "message_id", "stage", "code"}, {}),
        (400, {"execution_id", "message_id", "stage", "code", "field", "reason", "execution_arn"}, {}),
    ],
)
def test_with_a_body_of_nearly_one_mebibyte_only_attributes_that_fit_are_sent(
    sqs: FakeSQS, room: int, kept: set[str] | None, left_behind: dict[str, int]
) -> None:
    attributes = {"t": {"stringValue": "x", "dataType": "String"}}
    rejection = rejection_of(body="x" * (MEBIBYTE - room), attributes=attributes)

    sent = InvalidMessageQueue(sqs, "url").send([rejection], ARN)

    (entry,) = sqs.sent()
    assert sent == Sent({0}, left_behind=left_behind)
    if kept is None:
        assert "durable_pipeline" not in entry["MessageAttributes"]
    else:
        assert set(own_of(entry)) == kept


def test_an_identity_is_exact_whatever_its_characters_and_its_length(sqs: FakeSQS) -> None:
    identity = "test-key-" + "\u0085\u2028\u009b\x1b\x00😀" * 42

    InvalidMessageQueue(sqs, "url").send([replace(rejection_of(), execution_id=identity)], ARN)

    assert own_of(sqs.sent()[0])["execution_id"] == identity


def test_a_reason_is_bounded_and_may_quote_what_sqs_does_not_take(sqs: FakeSQS) -> None:
    InvalidMessageQueue(sqs, "url").send([rejection_of(reason="a\x00b\ud800c" + "é" * 2_000)], ARN)

    reason = own_of(sqs.sent()[0])["reason"]
    assert reason.startswith("a\x00b\\ud800cééé")
    assert len(reason) == 1_024


@given(st.lists(st.tuples(st.integers(1, MEBIBYTE), st.text(min_size=1)), max_size=40))
def test_no_call_passes_the_quotas(contents: list[tuple[int, str]]) -> None:
    sqs = FakeSQS()
    rejections = [rejection_of(n, "x" * size, reason) for n, (size, reason) in enumerate(contents)]

    sent = InvalidMessageQueue(sqs, "url").send(rejections, ARN)

    assert (sent.indexes, sent.problem) == (set(range(len(contents))), "")
    assert [len(entry["MessageBody"]) for entry in sqs.sent()] == [size for size, _ in contents]


def test_what_the_queue_refuses_is_not_sent_and_its_neighbours_are(sqs: FakeSQS) -> None:
    sqs.refused = {"3"}

    sent = InvalidMessageQueue(sqs, "url").send([rejection_of(n) for n in range(25)], ARN)

    assert sent == Sent(set(range(25)) - {3}, "InternalError: no")


@pytest.mark.parametrize(
    "error",
    [
        EndpointConnectionError(endpoint_url="http://127.0.0.1"),
        ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "SendMessageBatch"),
    ],
)
def test_a_queue_that_is_down_is_called_once_and_nothing_counts_as_sent(sqs: FakeSQS, error: Exception) -> None:
    sqs.error = error

    sent = InvalidMessageQueue(sqs, "url").send([rejection_of(n) for n in range(25)], ARN)

    assert sent == Sent(problem=str(error))
    assert len(sqs.calls) == 1


def test_a_queue_that_is_slow_is_not_called_for_longer_than_the_execution_has_time(sqs: FakeSQS) -> None:
    # Nine seconds pass between any two looks.
    queue = InvalidMessageQueue(sqs, "url", clock=itertools.count(0, 9).__next__)

    sent = queue.send([rejection_of(n) for n in range(100)], ARN)

    assert sent == Sent(set(range(10)), "the queue is too slow")


def test_an_unexpected_error_counts_what_was_sent_before_it(sqs: FakeSQS) -> None:
    sqs.error, sqs.good_calls = ZeroDivisionError("the secret"), 1

    sent = InvalidMessageQueue(sqs, "url").send([rejection_of(n) for n in range(25)], ARN)

    assert sent.indexes == set(range(10))
    assert sent.problem.startswith("ZeroDivisionError in send_message_batch")
