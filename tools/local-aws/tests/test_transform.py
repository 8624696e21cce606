"""Changes to a template before it is deployed to the emulated AWS."""

from __future__ import annotations

import io
import json
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


class Uploads:
    """Records the uploads to S3."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def put_object(self, *, Bucket: str, Key: str, Body: bytes) -> None:  # noqa: N803 - as S3 has them
        self.objects[Key] = Body

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803 - as S3 has them
        return {"Body": io.BytesIO(self.objects[Key])}


NESTED = """
Resources:
  Table: {Type: AWS::DynamoDB::Table}
  Own: {Type: AWS::DynamoDB::Table, Properties: {TableName: own}}
  Ordered: {Type: AWS::SQS::Queue, Properties: {FifoQueue: true}}
  AFunctionWithALongNameOfFiftyCharactersOrEvenMoreThanThat: {Type: AWS::Lambda::Function, Properties: {}}
  Topic: {Type: AWS::SNS::Topic}
"""
ROOT = """
Resources:
  Table: {Type: AWS::DynamoDB::Table}
  One: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: "http://s3/bucket/nested"}}
  Two: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: "http://s3/bucket/nested"}}
"""


def deployed(stack: str | None) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Return the resources of the root and of its two nested stacks."""
    s3 = Uploads()
    s3.objects["nested"] = NESTED.encode()
    root = Transformer(cast("Any", s3), "bucket", "http://s3", stack=stack).transform(ROOT, {}, name="template")
    urls = [root["Resources"][name]["Properties"]["TemplateURL"] for name in ("One", "Two")]
    one, two = (json.loads(s3.objects[url.rpartition("/")[2]])["Resources"] for url in urls)
    return root["Resources"], one, two


def test_names_in_nested_stacks_are_the_same_at_each_start() -> None:
    root, one, two = deployed("local")

    assert deployed("local") == (root, one, two)
    names = [resource["Properties"]["TableName"] for resource in (one["Table"], one["Own"], two["Table"])]
    assert names[0].startswith("local-One-Table-")
    assert names[1] == "own"
    assert names[2].startswith("local-Two-Table-")
    assert one["Ordered"]["Properties"]["QueueName"].endswith(".fifo")
    (function,) = [resource for name, resource in one.items() if name.startswith("AFunction")]
    assert len(function["Properties"]["FunctionName"]) == 64
    assert "Properties" not in one["Topic"]
    # MiniStack's names for those of the root are always the same.
    assert "Properties" not in root["Table"]


def test_names_are_left_open_where_the_stack_is_not_known() -> None:
    _, one, _ = deployed(None)

    assert "Properties" not in one["Table"]
