"""What is changed in a template before it is deployed to the emulated AWS."""

from __future__ import annotations

from typing import Any, cast

import pytest
from local_aws.deploy.transform import Transformer
from local_aws.event_source.mapping import UNPOLLED

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Function:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: s3://bucket/key
      Handler: module.handler
      Runtime: python3.11
      AutoPublishAlias: live
      {}
      Events:
        Queue: {{Type: SQS, Properties: {{Queue: "arn:aws:sqs:eu-central-2:000000000000:queue"}}}}
"""


@pytest.mark.parametrize(
    ("function", "polls"), [("DurableConfig: {ExecutionTimeout: 60}", False), ("Description: a plain one", True)]
)
def test_ministack_polls_for_plain_functions_alone(function: str, polls: bool) -> None:
    s3 = cast("Any", None)  # a template without nested ones needs none

    template = Transformer(s3, "bucket", "http://127.0.0.1").transform(TEMPLATE.format(function), {}, name="template")

    kind = "AWS::Lambda::EventSourceMapping"
    (mapping,) = [resource for resource in template["Resources"].values() if resource["Type"] == kind]
    assert (UNPOLLED in str(mapping["Properties"]["EventSourceArn"])) is not polls
