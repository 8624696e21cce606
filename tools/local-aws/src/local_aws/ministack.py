"""MiniStack: CloudFormation, SQS, DynamoDB, Lambda and S3 on this machine."""

from __future__ import annotations

import http
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import urllib3

from local_aws.aws import REGION, AwsEndpoint
from local_aws.environment import service_environment
from local_aws.executables import ministack_python
from local_aws.ports import LOOPBACK, reserve_port
from local_aws.process import ChildProcess
from local_aws.run_folder import RunFolder
from local_aws.signals import ending_signals_raise

if TYPE_CHECKING:
    from collections.abc import Iterator

# AWS's own default; MiniStack's depends on the free memory, and a throttled invoke of a durable function costs the
# runner 5 s. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
_CONCURRENT_INVOKES = 1000

_PATCHED = Path(__file__).with_name("ministack_patch.py")

START_SECONDS = 60.0
"""The time that a part of the emulated AWS may take to start."""


def ministack_process(
    run: RunFolder,
    endpoint: AwsEndpoint,
    port: int,
    durable_url: str,
    inner_endpoint: AwsEndpoint,
    *,
    enforce_iam: bool,
) -> ChildProcess:
    """Describe MiniStack on that port, with functions that checkpoint at ``durable_url``.

    They call SQS and DynamoDB at ``inner_endpoint``. Enforcing IAM needs TLS, because the policies of the queues deny
    plain HTTP: the certificate is then at ``certificate_of(run)``.
    """
    variables = service_environment(run.id, run.path, endpoint)
    # MiniStack passes its environment to its workers, and sets this variable for them if it is missing.
    del variables["AWS_ENDPOINT_URL"]
    settings = {
        "AWS_ENDPOINT_URL_LAMBDA": durable_url,
        "AWS_ENDPOINT_URL_DYNAMODB": inner_endpoint.url,
        "AWS_ENDPOINT_URL_SQS": inner_endpoint.url,
        "BIND_HOST": LOOPBACK,
        "GATEWAY_PORT": str(port),
        # The host in queue URLs, which functions and the user's tools receive.
        "MINISTACK_HOST": LOOPBACK,
        "MINISTACK_REGION": REGION,
        "STATE_DIR": str(run.path / "ministack"),
        "S3_DATA_DIR": str(run.path / "ministack" / "s3"),
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "LAMBDA_EXECUTOR": "local",
        "LAMBDA_ACCOUNT_CONCURRENCY": str(_CONCURRENT_INVOKES),
    }
    if enforce_iam:
        settings |= {"AUTH": "true", "USE_SSL": "1"}
    return ChildProcess(
        "MiniStack",
        # -P: otherwise, the modules beside the script would shadow its own.
        [str(ministack_python()), "-P", str(_PATCHED)],
        environment=variables | settings,
        folder=run.path,
        log=run.log("ministack"),
    )


@contextmanager
def ministack_alone(folder: Path) -> Iterator[AwsEndpoint]:
    """Run MiniStack alone, without durable functions; all its files are in ``.emulator`` in the folder."""
    with ending_signals_raise():
        run = RunFolder.create(folder, print)
        port = reserve_port()
        endpoint = AwsEndpoint(f"http://{LOOPBACK}:{port}")
        process = ministack_process(run, endpoint, port, endpoint.url, endpoint, enforce_iam=False)
        try:
            process.start()
            process.wait_until(lambda: ministack_is_ready(endpoint), seconds=START_SECONDS)
            yield endpoint
        finally:
            process.kill()
            run.close(keep_logs=False)


def certificate_of(run: RunFolder) -> Path:
    """Return the path of the certificate that MiniStack makes for itself."""
    return run.path / "tmp" / "ministack-tls" / "server.crt"


def key_of(certificate: Path) -> Path:
    """Return the path of the private key of that certificate."""
    return certificate.with_suffix(".key")


def ministack_is_ready(endpoint: AwsEndpoint) -> bool:
    """Return whether MiniStack answers there and has finished starting."""
    return is_there(f"{endpoint.url}/_ministack/ready", endpoint.certificates)


def is_there(url: str, certificates: Path | None = None) -> bool:
    """Return whether a page can be fetched from this machine, whatever proxy the user has set."""
    try:
        with urllib3.PoolManager(ca_certs=str(certificates) if certificates else None) as pool:
            return pool.request("GET", url, timeout=2, retries=False).status == http.HTTPStatus.OK
    except urllib3.exceptions.HTTPError:
        return False
