"""The mapping as a part of the emulated AWS."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from local_aws.environment import service_environment
from local_aws.event_source.switch import state_file
from local_aws.process import ChildProcess

if TYPE_CHECKING:
    from pathlib import Path

    from local_aws.aws import AwsEndpoint
    from local_aws.deploy.deployment import DeployedFunction
    from local_aws.run_folder import RunFolder


def event_source_log(run: RunFolder) -> Path:
    """Return the log of the mappings of a run."""
    return run.log("event-source")


def event_source_process(
    run: RunFolder, endpoint: AwsEndpoint, durable_port: int, mapping: str, function: DeployedFunction
) -> tuple[ChildProcess, Path]:
    """Describe the process of a mapping, by its UUID, and return the file that exists once it has started."""
    file = state_file(run.path, mapping)
    options = {
        "--durable-port": durable_port,
        "--mapping": mapping,
        "--execution-timeout": function.execution_timeout,
        "--state-file": file,
    }
    words = [str(word) for option in options.items() for word in option]
    process = ChildProcess(
        "event source mapping",
        [sys.executable, "-m", "local_aws.event_source", *words],
        environment=service_environment(run.id, run.path, endpoint),
        folder=run.path,
        log=event_source_log(run),
    )
    return process, file
