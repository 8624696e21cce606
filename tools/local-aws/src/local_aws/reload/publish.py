"""Making a package the live version of its function, with the same calls as on AWS."""

from __future__ import annotations

import hashlib
import io
import zipfile
from typing import TYPE_CHECKING, Any

from local_aws.deploy.build import BUCKET

if TYPE_CHECKING:
    from pathlib import Path

    from local_aws.aws import AwsEndpoint
    from local_aws.reload.functions import ReloadableFunction

_EPOCH = (1980, 1, 1, 0, 0, 0)
_POLL: Any = {"Delay": 0.1, "MaxAttempts": 300}


class Publisher:
    """Publishes versions, through the APIs of Lambda and S3."""

    def __init__(self, endpoint: AwsEndpoint) -> None:
        """Publish at an endpoint."""
        self._lambda, self._s3 = endpoint.lambda_(), endpoint.s3()

    def update(self, function: ReloadableFunction, package: Path) -> None:
        """Update a function's code; its versions, and therefore its alias, are unchanged."""
        content = _zip_of(package)
        key = f"{hashlib.sha256(content).hexdigest()}.zip"
        self._s3.put_object(Bucket=BUCKET, Key=key, Body=content)
        self._lambda.update_function_code(FunctionName=function.name, S3Bucket=BUCKET, S3Key=key)

    def publish(self, function: ReloadableFunction) -> str:
        """Publish the code as a version, move the alias to it, and return the version.

        Executions in flight continue on the version that they began with:
        https://docs.aws.amazon.com/lambda/latest/dg/durable-invoking.html
        """
        self._lambda.get_waiter("function_updated_v2").wait(FunctionName=function.name, WaiterConfig=_POLL)
        version = self._lambda.publish_version(FunctionName=function.name)["Version"]
        if function.alias:
            self._lambda.update_alias(FunctionName=function.name, Name=function.alias, FunctionVersion=version)
        return version

    def live_version(self, function: ReloadableFunction) -> str:
        """Return the version that the alias points to."""
        if not function.alias:
            return "$LATEST"
        return self._lambda.get_alias(FunctionName=function.name, Name=function.alias)["FunctionVersion"]


def _zip_of(folder: Path) -> bytes:
    """Zip without compression, which would take longer than the rest of a reload."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(str(path.relative_to(folder)), _EPOCH)
            entry.external_attr = path.stat().st_mode << 16
            archive.writestr(entry, path.read_bytes())
    return content.getvalue()
