"""The differences of the emulated AWS as a target. Otherwise, deployments are the same as on AWS.

MiniStack does not run the SAM transform, so it receives templates that are translated here, by the same library that
AWS runs. The SAM CLI cannot create its bucket there either, because it needs the transform for that.
"""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any
from urllib.parse import urlparse

from local_aws.deploy.build import BUCKET
from local_aws.deploy.transform import Transformer
from local_aws.executables import ARCHITECTURE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def endpoint(environ: Mapping[str, str] | None = None) -> str | None:
    """Return the address of the emulated AWS: AWS_ENDPOINT_URL, if it is on this machine."""
    url = (os.environ if environ is None else environ).get("AWS_ENDPOINT_URL", "")
    return url if urlparse(url).hostname in {"127.0.0.1", "::1", "localhost"} else None


def is_emulated(client: Any) -> bool:
    """Whether a client talks to the emulated AWS."""
    return endpoint({"AWS_ENDPOINT_URL": client.meta.endpoint_url}) is not None


def parameters() -> dict[str, str]:
    """Return the parameters that it needs: the functions run on this interpreter."""
    return {
        "PythonRuntime": f"python{sys.version_info.major}.{sys.version_info.minor}",
        "Architecture": ARCHITECTURE,
    }


def make_bucket(s3: Any) -> None:
    """Create the bucket for uploads, unless it exists."""
    if BUCKET not in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]:
        region = s3.meta.region_name
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": region})


def translate(packaged: Path, chosen: Mapping[str, str], s3: Any) -> Path:
    """Write a packaged template as plain CloudFormation, upload the nested ones, and return its path."""
    # The SAM CLI accepts only addresses of S3 for nested templates; MiniStack looks only at the path.
    url = f"https://s3.{s3.meta.region_name}.amazonaws.com"
    template = Transformer(s3, BUCKET, url).transform(
        packaged.read_text(encoding="utf-8"), chosen, name=packaged.parent.name
    )
    translated = packaged.with_name("translated.json")
    translated.write_text(json.dumps(template), encoding="utf-8")
    return translated
