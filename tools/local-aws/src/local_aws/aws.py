"""Access to the emulated AWS, independent of the user's own AWS configuration."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import boto3
import botocore.session
from botocore.config import Config

if TYPE_CHECKING:
    from pathlib import Path

    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

# None of the older regions: for those, version 1 of the AWS CLI sends SQS calls to a different address, despite
# AWS_ENDPOINT_URL.
REGION: Final = "eu-central-2"
ACCOUNT: Final = "000000000000"
ACCESS_KEY_ID = "test"
SECRET_ACCESS_KEY = "test"  # noqa: S105 - the emulator takes any; it is no secret

_CONFIG = Config(proxies={}, retries={"mode": "standard", "total_max_attempts": 3}, max_pool_connections=32)


@dataclass(frozen=True)
class AwsEndpoint:
    """The address of the emulated AWS, and clients for it.

    The clients ignore the environment and ~/.aws: a profile, a proxy or an endpoint that the user has set for real AWS
    must neither be used nor break anything.
    """

    url: str
    certificates: Path | None = None
    """The certificates to trust if the address begins with https."""

    def variables(self) -> dict[str, str]:
        """Return the environment variables with which any AWS tool or SDK talks to this endpoint."""
        trusted = {"AWS_CA_BUNDLE": str(self.certificates)} if self.certificates else {}
        return {
            **trusted,
            "AWS_ENDPOINT_URL": self.url,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
            "AWS_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY,
        }

    def sqs(self, config: Config | None = None) -> SQSClient:
        """Make an SQS client."""
        return self.session().client("sqs", endpoint_url=self.url, config=config)

    def dynamodb(self) -> DynamoDBClient:
        """Make a DynamoDB client."""
        return self.session().client("dynamodb", endpoint_url=self.url)

    def cloudformation(self) -> CloudFormationClient:
        """Make a CloudFormation client."""
        return self.session().client("cloudformation", endpoint_url=self.url)

    def s3(self) -> S3Client:
        """Make an S3 client."""
        return self.session().client("s3", endpoint_url=self.url)

    def lambda_(self) -> LambdaClient:
        """Make a Lambda client."""
        return self.session().client("lambda", endpoint_url=self.url)

    def logs(self) -> CloudWatchLogsClient:
        """Make a CloudWatch Logs client."""
        return self.session().client("logs", endpoint_url=self.url)

    def session(self) -> boto3.Session:
        """Make a session for clients of other services; callers have to pass the address."""
        return private_session(self.certificates)


def private_session(certificates: Path | None = None) -> boto3.Session:
    """Make a boto3 session with the test credentials that ignores the user's configuration."""
    ignored_file = (None, None, os.devnull, None)
    quiet = botocore.session.Session(
        session_vars={
            "profile": (None, None, None, None),
            "config_file": ignored_file,
            "credentials_file": ignored_file,
            "ca_bundle": (None, None, str(certificates) if certificates else None, None),
        }
    )
    quiet.set_default_client_config(_CONFIG)
    return boto3.Session(
        botocore_session=quiet,
        aws_access_key_id=ACCESS_KEY_ID,
        aws_secret_access_key=SECRET_ACCESS_KEY,
        region_name=REGION,
    )
