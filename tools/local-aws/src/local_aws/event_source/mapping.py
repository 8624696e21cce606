"""The deployed event source mapping, as Lambda describes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from local_aws.errors import EmulatorError

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_lambda.type_defs import EventSourceMappingConfigurationTypeDef
    from mypy_boto3_sqs import SQSClient

# https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html: without a maximum, it starts with five.
_DEFAULT_CONCURRENCY = 5
_REPORT_FAILURES = "ReportBatchItemFailures"

UNPOLLED = ":of-a-durable-function"
"""Suffix of the queue's ARN in the mapping of a durable function, so that MiniStack never polls the queue for it.

A queue name cannot contain a colon, and MiniStack skips an ARN that does.
"""
ENABLED_AT_FIRST = "BisectBatchOnFunctionError"
"""Keeps the template's value of ``Enabled``, because MiniStack's CloudFormation reports each new mapping as enabled.

On AWS, only mappings of streams have this property.
"""


@dataclass(frozen=True)
class EventSourceMapping:
    """Settings of an event source mapping; times are in seconds."""

    queue_arn: str
    queue_url: str
    visibility_timeout: int
    function_name: str
    qualifier: str
    account: str
    region: str
    batch_size: int
    window: int
    maximum_concurrency: int
    reports_batch_item_failures: bool

    @classmethod
    def read(cls, uuid: str, lambda_client: LambdaClient, sqs: SQSClient) -> EventSourceMapping:
        """Read a mapping; raises EmulatorError if it has settings that are not emulated."""
        mapping = lambda_client.get_event_source_mapping(UUID=uuid)
        if "FilterCriteria" in mapping:
            raise EmulatorError("the event source mapping has FilterCriteria, which is not emulated")
        batch_size, window = mapping.get("BatchSize", 10), mapping.get("MaximumBatchingWindowInSeconds", 0)
        if batch_size > 10 and not window:
            # https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-parameters.html
            raise EmulatorError(f"an event source mapping with batches of {batch_size} needs a window of at least 1 s")
        queue_arn = mapping["EventSourceArn"].removesuffix(UNPOLLED)
        _, _, _, region, account, queue_name = queue_arn.split(":")
        function_name, _, qualifier = mapping["FunctionArn"].partition(":function:")[2].partition(":")
        if not qualifier:
            raise EmulatorError(f"{mapping['FunctionArn']} is unqualified; a durable function needs a version or alias")
        queue_url = sqs.get_queue_url(QueueName=queue_name)["QueueUrl"]
        attributes = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["VisibilityTimeout"])["Attributes"]
        return cls(
            queue_arn=queue_arn,
            queue_url=queue_url,
            visibility_timeout=int(attributes["VisibilityTimeout"]),
            function_name=function_name,
            qualifier=qualifier,
            account=account,
            region=region,
            batch_size=batch_size,
            window=window,
            maximum_concurrency=mapping.get("ScalingConfig", {}).get("MaximumConcurrency", _DEFAULT_CONCURRENCY),
            reports_batch_item_failures=_REPORT_FAILURES in mapping.get("FunctionResponseTypes", []),
        )

    def version(self, lambda_client: LambdaClient) -> str:
        """Return the version that the alias currently points to, or the version that the mapping names."""
        if self.qualifier.isdecimal():
            return self.qualifier
        alias = lambda_client.get_alias(FunctionName=self.function_name, Name=self.qualifier)
        return alias["FunctionVersion"]


def apply_template(mapping: EventSourceMappingConfigurationTypeDef, client: LambdaClient) -> None:
    """Disable a newly deployed mapping if its template says so."""
    # A parameter's value is a string.
    if str(mapping.get(ENABLED_AT_FIRST)).lower() == "false":
        client.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
