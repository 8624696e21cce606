"""MiniStack: CloudFormation, SQS, DynamoDB, Lambda and S3 on this machine."""

from __future__ import annotations

import http.client
from typing import TYPE_CHECKING

from pipeline_emulator.aws import REGION
from pipeline_emulator.environment import service_environment
from pipeline_emulator.ports import LOOPBACK
from pipeline_emulator.process import ChildProcess

if TYPE_CHECKING:
    from pipeline_emulator.aws import AwsEndpoint
    from pipeline_emulator.executables import Executables
    from pipeline_emulator.run_folder import RunFolder

# AWS's own default; MiniStack's is taken from the memory that is free, and a throttled invoke of a durable function
# costs the runner 5 s. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
_CONCURRENT_INVOKES = 1000


def ministack_process(
    run: RunFolder,
    executables: Executables,
    endpoint: AwsEndpoint,
    port: int,
    durable_url: str,
    inner_endpoint: AwsEndpoint,
) -> ChildProcess:
    """Describe MiniStack on that port, with functions that checkpoint at ``durable_url``.

    They call SQS and DynamoDB at ``inner_endpoint``.
    """
    variables = service_environment(run.id, run.path, endpoint)
    # MiniStack gives its workers its own environment, and sets this one for them unless it is there.
    del variables["AWS_ENDPOINT_URL"]
    settings = {
        "AWS_ENDPOINT_URL_LAMBDA": durable_url,
        "AWS_ENDPOINT_URL_DYNAMODB": inner_endpoint.url,
        "AWS_ENDPOINT_URL_SQS": inner_endpoint.url,
        "BIND_HOST": LOOPBACK,
        "GATEWAY_PORT": str(port),
        # The host in queue URLs, which functions and the user's tools get.
        "MINISTACK_HOST": LOOPBACK,
        "MINISTACK_REGION": REGION,
        "STATE_DIR": str(run.path / "ministack"),
        "S3_DATA_DIR": str(run.path / "ministack" / "s3"),
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "LAMBDA_EXECUTOR": "local",
        "LAMBDA_ACCOUNT_CONCURRENCY": str(_CONCURRENT_INVOKES),
    }
    return ChildProcess(
        "MiniStack",
        [str(executables.ministack_python), "-m", "ministack"],
        environment=variables | settings,
        folder=run.path,
        log=run.log("ministack"),
    )


def ministack_is_ready(port: int) -> bool:
    """Say whether MiniStack answers on that port and has finished starting."""
    return http_status(port, "/_ministack/ready") == http.HTTPStatus.OK


def http_status(port: int, path: str) -> int | None:
    """Get a page from this machine and give the HTTP status, or None when nothing answers."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
