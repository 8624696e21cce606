"""What is sent to the invalid message queue, and what of it when the queue refuses."""

from __future__ import annotations

import base64
import re
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from hypothesis import given
from hypothesis import strategies as st
from orchestrator.adapters import InvalidMessageQueue, SourceQueue
from orchestrator.messages import Message, Rejection

MEBIBYTE = 1_048_576


class FakeSQS:
    """Keeps what it is sent, within the documented quotas of SendMessageBatch. A test may make it refuse."""

    def __init__(self) -> None:
        self.calls: list[list[dict[str, Any]]] = []
        self.refused: set[str] = set()
        self.error: Exception | None = None

    def send_message_batch(self, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        self.calls.append(Entries)
        if self.error:
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


def size_of(entry: dict[str, Any]) -> int:
    size = len(entry["MessageBody"].encode())
    for name, value in entry["MessageAttributes"].items():
        content = value.get("BinaryValue") or value["StringValue"].encode()
        size += len(name) + len(value["DataType"]) + len(content)
    return size


def rejection_of(index: int = 0, body: str = "not json", reason: str = "because", attributes: Any = None) -> Rejection:
    message = Message(index, f"m{index}", body, attributes or {}, f"handle-{index}", 1, 0)
    return Rejection(message, f"test-esm-m{index}", "intake", "not_json", reason)


@pytest.fixture
def sqs() -> FakeSQS:
    return FakeSQS()


def test_a_message_is_sent_as_it_arrived_with_the_reason(sqs: FakeSQS) -> None:
    attributes = {
        "tenant": {"stringValue": "acme", "dataType": "String"},
        "weight": {"stringValue": "1.5", "dataType": "Number"},
        "seal": {"binaryValue": base64.b64encode(b"\x00\xff").decode(), "dataType": "Binary.seal"},
    }

    sent, problem = InvalidMessageQueue(sqs, "url").send([rejection_of(body=" {\t", attributes=attributes)])

    assert (sent, problem) == ({0}, "")
    (entry,) = sqs.sent()
    assert entry["MessageBody"] == " {\t"
    assert entry["MessageAttributes"] == {
        "code": {"DataType": "String", "StringValue": "not_json"},
        "execution_id": {"DataType": "String", "StringValue": "test-esm-m0"},
        "message_id": {"DataType": "String", "StringValue": "m0"},
        "stage": {"DataType": "String", "StringValue": "intake"},
        "reason": {"DataType": "String", "StringValue": "because"},
        "tenant": {"DataType": "String", "StringValue": "acme"},
        "weight": {"DataType": "Number", "StringValue": "1.5"},
        "seal": {"DataType": "Binary.seal", "BinaryValue": b"\x00\xff"},
    }


@pytest.mark.parametrize(
    "malformed", [{"dataType": "String"}, {"dataType": "Binary", "binaryValue": "%%%"}, {"stringValue": "x"}]
)
def test_an_attribute_that_is_none_stays_behind_rather_than_the_message(sqs: FakeSQS, malformed: Any) -> None:
    sent, problem = InvalidMessageQueue(sqs, "url").send([rejection_of(attributes={"odd": malformed})])

    assert (sent, problem) == ({0}, "")
    assert "odd" not in sqs.sent()[0]["MessageAttributes"]


def test_the_producers_attributes_are_kept_as_far_as_ten_go_and_do_not_hide_ours(sqs: FakeSQS) -> None:
    attributes = {f"a{n}": {"stringValue": "x", "dataType": "String"} for n in range(10)}
    attributes["reason"] = {"stringValue": "mine", "dataType": "String"}

    InvalidMessageQueue(sqs, "url").send([rejection_of(attributes=attributes)])

    (entry,) = sqs.sent()
    names = set(entry["MessageAttributes"])
    assert names == {"code", "execution_id", "message_id", "stage", "reason", "a0", "a1", "a2", "a3", "a4"}
    assert entry["MessageAttributes"]["reason"]["StringValue"] == "because"


@pytest.mark.parametrize(
    ("room", "kept"),
    [
        (0, set()),
        (20, {"code"}),
        (100, {"code", "execution_id", "message_id", "stage"}),
        (200, {"code", "execution_id", "message_id", "stage", "reason"}),
    ],
)
def test_beside_a_body_of_nearly_one_mebibyte_go_the_attributes_that_fit(
    sqs: FakeSQS, room: int, kept: set[str]
) -> None:
    sent, _ = InvalidMessageQueue(sqs, "url").send([rejection_of(body="x" * (MEBIBYTE - room))])

    (entry,) = sqs.sent()
    assert sent == {0}
    assert set(entry["MessageAttributes"]) == kept


def test_a_reason_that_quotes_what_sqs_does_not_take_is_written_readably(sqs: FakeSQS) -> None:
    InvalidMessageQueue(sqs, "url").send([rejection_of(reason="a\x00b\ud800c" + "é" * 2_000)])

    (entry,) = sqs.sent()
    reason = entry["MessageAttributes"]["reason"]["StringValue"]
    assert reason.startswith("a\\u0000b\\ud800cééé")
    assert len(reason) == 1_024


@given(st.lists(st.tuples(st.integers(1, MEBIBYTE), st.text(min_size=1)), max_size=40))
def test_no_call_passes_the_quotas(contents: list[tuple[int, str]]) -> None:
    sqs = FakeSQS()
    rejections = [rejection_of(n, "x" * size, reason) for n, (size, reason) in enumerate(contents)]

    sent, problem = InvalidMessageQueue(sqs, "url").send(rejections)

    assert (sent, problem) == (set(range(len(contents))), "")
    assert [len(entry["MessageBody"]) for entry in sqs.sent()] == [size for size, _ in contents]


def test_what_the_queue_refuses_is_not_sent_and_its_neighbours_are(sqs: FakeSQS) -> None:
    sqs.refused = {"3"}

    sent, problem = InvalidMessageQueue(sqs, "url").send([rejection_of(n) for n in range(25)])

    assert sent == set(range(25)) - {3}
    assert problem == "InternalError: no"


@pytest.mark.parametrize(
    "error",
    [
        EndpointConnectionError(endpoint_url="http://127.0.0.1"),
        ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "SendMessageBatch"),
    ],
)
def test_a_queue_that_is_down_is_called_once_and_nothing_counts_as_sent(sqs: FakeSQS, error: Exception) -> None:
    sqs.error = error

    sent, problem = InvalidMessageQueue(sqs, "url").send([rejection_of(n) for n in range(25)])

    assert sent == set()
    assert problem == str(error)
    assert len(sqs.calls) == 1


class FakeSource:
    """Records what visibility the messages of a queue are given."""

    def __init__(self) -> None:
        self.given: dict[str, int] = {}
        self.calls = 0

    def get_queue_url(self, QueueName: str, QueueOwnerAWSAccountId: str) -> dict[str, str]:  # noqa: N803
        return {"QueueUrl": f"https://sqs/{QueueOwnerAWSAccountId}/{QueueName}"}

    def change_message_visibility_batch(self, QueueUrl: str, Entries: list[dict[str, Any]]) -> None:  # noqa: N803
        assert QueueUrl == "https://sqs/123456789012/orders"
        assert 1 <= len(Entries) <= 10
        self.calls += 1
        self.given |= {entry["ReceiptHandle"]: entry["VisibilityTimeout"] for entry in Entries}


def test_a_failed_message_comes_again_after_a_time_that_grows_with_its_deliveries() -> None:
    source = FakeSource()
    messages = [Message(n, f"m{n}", "", {}, f"handle-{n}", receive_count=n, sent_ms=0) for n in range(1, 13)]

    SourceQueue(source).redeliver(messages, "arn:aws:sqs:us-west-2:123456789012:orders")

    assert list(source.given.values()) == [10, 20, 40, 80, 160, 300, 300, 300, 300, 300, 300, 300]
    assert source.calls == 2
