"""The mapping as a part of the emulated AWS."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from local_aws.environment import service_environment
from local_aws.process import ChildProcess

if TYPE_CHECKING:
    from pathlib import Path

    from local_aws.aws import AwsEndpoint
    from local_aws.deploy.functions import DurableSettings
    from local_aws.run_folder import RunFolder


def event_source_process(
    run: RunFolder, endpoint: AwsEndpoint, durable_port: int, function_arn: str, durable: DurableSettings
) -> tuple[ChildProcess, Path]:
    """Describe the process of the mapping of a durable function, and give the file that it makes when it polls."""
    function = function_arn.partition(":function:")[2].partition(":")[0]
    ready_file = run.path / f"event-source-of-{function}-is-ready"
    options = {
        "--endpoint-url": endpoint.url,
        "--durable-port": str(durable_port),
        "--function-arn": function_arn,
        "--execution-timeout": str(durable.execution_timeout_seconds),
        "--retention-days": str(durable.retention_days),
        "--ready-file": str(ready_file),
    }
    if endpoint.certificates:
        options["--certificates"] = str(endpoint.certificates)
    words = [word for option in options.items() for word in option]
    process = ChildProcess(
        "event source mapping",
        [sys.executable, "-m", "local_aws.event_source", *words],
        environment=service_environment(run.id, run.path, endpoint),
        folder=run.path,
        log=run.log("event-source"),
    )
    return process, ready_file
