"""The supported settings of an event source mapping."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.stub import Stubber
from local_aws.aws import AwsEndpoint
from local_aws.errors import EmulatorError
from local_aws.event_source.mapping import EventSourceMapping

UUID = "91eaeb7e-c976-4939-9430-8af26a2f6ddb"
QUEUE = "arn:aws:sqs:us-east-1:000000000000:toy"
FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:toy"


def read(**mapping: Any) -> EventSourceMapping:
    endpoint = AwsEndpoint("http://127.0.0.1")
    lambda_client, sqs = endpoint.lambda_(), endpoint.sqs()
    answer = {"EventSourceArn": QUEUE, "FunctionArn": f"{FUNCTION}:live", **mapping}
    with Stubber(lambda_client) as calls, Stubber(sqs) as queue_calls:
        calls.add_response("get_event_source_mapping", answer, {"UUID": UUID})
        queue_calls.add_response("get_queue_url", {"QueueUrl": "http://localhost/toy"}, {"QueueName": "toy"})
        queue_calls.add_response("get_queue_attributes", {"Attributes": {"VisibilityTimeout": "30"}})
        return EventSourceMapping.read(UUID, lambda_client, sqs)


def test_defaults_are_those_of_lambda() -> None:
    mapping = read()

    assert (mapping.batch_size, mapping.window, mapping.reports_batch_item_failures) == (10, 0, False)


@pytest.mark.parametrize("sizes", [{"BatchSize": 10}, {"BatchSize": 11, "MaximumBatchingWindowInSeconds": 1}])
def test_only_a_batch_of_more_than_ten_takes_a_window(sizes: dict[str, int]) -> None:
    assert read(**sizes).batch_size == sizes["BatchSize"]


@pytest.mark.parametrize(
    ("mapping", "reason"),
    [
        ({"BatchSize": 11}, "batches of 11 needs a window of at least 1 s"),
        ({"BatchSize": 400, "MaximumBatchingWindowInSeconds": 0}, "batches of 400 needs a window"),
        ({"FilterCriteria": {"Filters": [{"Pattern": "{}"}]}}, "FilterCriteria"),
        ({"FunctionArn": FUNCTION}, "is unqualified"),
    ],
)
def test_what_lambda_refuses_or_is_not_emulated_is_refused(mapping: dict[str, Any], reason: str) -> None:
    with pytest.raises(EmulatorError, match=reason):
        read(**mapping)
