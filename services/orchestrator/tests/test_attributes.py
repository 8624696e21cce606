"""Storing message attributes with the item, and counting groups: both are off by default."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from faults import requests_to
from orchestrator.intake import parse_batch
from orchestrator.messages import messages_of
from orchestrator.reporting import MAX_GROUPS
from pipeline import body, event_of
from pipeline_contracts.envelopes import Envelope

if TYPE_CHECKING:
    import pytest
    from pipeline import Pipeline

ATTRIBUTES = {
    "tenant": {"dataType": "String", "stringValue": "acme"},
    "weight": {"dataType": "Number", "stringValue": "1.30"},
    "token": {"dataType": "Binary", "binaryValue": "AAEC"},
    "durable_pipeline": {"dataType": "String", "stringValue": '{"message_id": "m0"}'},
}


def stored_attributes(pipeline: Pipeline) -> list[Any]:
    """Run one message, and return the attributes that the storer was asked to store."""
    requests = requests_to(pipeline, "storer")

    pipeline.run(body(), attributes=ATTRIBUTES)

    return [record.get("attributes") for request in requests for record in request["records"]]


def test_no_attributes_are_stored_by_default(pipeline: Pipeline) -> None:
    assert stored_attributes(pipeline) == [None]


def test_attributes_are_stored_as_text_and_without_our_own(pipeline: Pipeline) -> None:
    pipeline.configure(stores_attributes=True)

    assert stored_attributes(pipeline) == [{"tenant": "acme", "weight": "1.30", "token": "AAEC"}]


def test_attributes_in_the_envelope_are_stored_and_those_of_the_message_win() -> None:
    inner = {"tenant": {"Type": "String", "Value": "inner"}, "region": {"Type": "String", "Value": "eu"}}
    sent = {"Type": "Notification", "MessageId": "sns-1", "TopicArn": "arn", "Message": body()}
    text = json.dumps({**sent, "MessageAttributes": inner})
    messages = messages_of(event_of(text, attributes=ATTRIBUTES))

    (record,) = parse_batch(messages, "test", envelope=Envelope.SNS, stores_attributes=True).records

    assert record.attributes == {"tenant": "acme", "region": "eu", "weight": "1.30", "token": "AAEC"}


def test_attributes_that_are_stored_count_for_the_bytes_of_a_chunk() -> None:
    messages = messages_of(event_of(body(text="x" * 4_096), attributes=ATTRIBUTES))
    (without,) = parse_batch(messages, "test").records
    (record,) = parse_batch(messages, "test", stores_attributes=True).records

    assert record.entry_bytes - without.entry_bytes == len(json.dumps(record.attributes))
    assert record.item_json_bytes > without.item_json_bytes


def groups_counted(pipeline: Pipeline, output: str) -> dict[tuple[str, str], float]:
    counted: dict[tuple[str, str], float] = {}
    for line in output.splitlines():
        metrics = json.loads(line)
        if "group" in metrics:
            (directive,) = metrics["_aws"]["CloudWatchMetrics"]
            assert {"environment", "group"} <= {*directive["Dimensions"][0]}
            (name,) = (metric["Name"] for metric in directive["Metrics"])
            counted[metrics["group"], name] = metrics[name][0]
    return counted


def grouped(*groups: str | None) -> dict[str, Any]:
    """Make a batch with one message of each group; those of the group `bad` are no JSON."""
    event = event_of(*("not json" if group == "bad" else body() for group in groups))
    for group, record in zip(groups, event["Records"], strict=True):
        if group:
            record["attributes"]["MessageGroupId"] = group
    return event


def test_messages_are_counted_by_group_with_their_outcomes(
    pipeline: Pipeline, capsys: pytest.CaptureFixture[str]
) -> None:
    pipeline.configure(counts_groups=True)

    pipeline.execute(grouped("acme", "acme", None, "bad"))

    assert groups_counted(pipeline, capsys.readouterr().out) == {
        ("acme", "MessagesReceived"): 2,
        ("acme", "MessagesStored"): 2,
        ("bad", "MessagesReceived"): 1,
        ("bad", "MessagesRejected"): 1,
    }


def test_a_failed_message_counts_for_its_group(pipeline: Pipeline, capsys: pytest.CaptureFixture[str]) -> None:
    pipeline.configure(counts_groups=True)
    pipeline.queue.refuses = lambda rejection: True

    pipeline.execute(grouped("bad"))

    assert groups_counted(pipeline, capsys.readouterr().out)["bad", "MessagesFailed"] == 1


def test_the_smallest_of_many_groups_are_counted_together(
    pipeline: Pipeline, capsys: pytest.CaptureFixture[str]
) -> None:
    pipeline.configure(counts_groups=True)
    large = [f"large-{n}" for n in range(MAX_GROUPS)]

    pipeline.execute(grouped(*large, *large, "small-1", "small-2"))

    counted = groups_counted(pipeline, capsys.readouterr().out)
    assert {group for group, _ in counted} == {*large, "other"}
    assert counted["other", "MessagesReceived"] == 2


def test_no_group_is_counted_by_default(pipeline: Pipeline, capsys: pytest.CaptureFixture[str]) -> None:
    pipeline.execute(grouped("acme"))

    assert groups_counted(pipeline, capsys.readouterr().out) == {}
