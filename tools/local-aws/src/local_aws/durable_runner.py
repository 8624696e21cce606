"""The durable execution service on this machine: AWS's own dex-local-runner."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Literal

from local_aws.aws import REGION
from local_aws.environment import service_environment
from local_aws.function_configs import function_configs, write_function_configs
from local_aws.ports import LOOPBACK
from local_aws.process import ChildProcess

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from local_aws.aws import AwsEndpoint
    from local_aws.deploy.deployment import DeployedFunction
    from local_aws.run_folder import RunFolder

DurableStore = Literal["memory", "sqlite"]

_WARNING = re.compile(r"\d{4}-\S+ \S+ - \S+ - WARNING - (.*)")


def durable_runner_process(
    run: RunFolder,
    endpoint: AwsEndpoint,
    port: int,
    functions: Sequence[DeployedFunction],
    *,
    store: DurableStore,
) -> ChildProcess:
    """Describe the runner on that port; ``functions`` are those that a durable function may invoke.

    The runner refuses chained invokes of functions in another region or account, and takes the region from its own
    option.
    """
    write_function_configs(run.path, functions)
    options = {
        "--host": LOOPBACK,
        "--port": str(port),
        "--lambda-endpoint": endpoint.url,
        "--local-runner-region": REGION,
        # With its SQLite store, it reads and writes the whole execution, including payloads, at every step: 64 messages
        # of 300 KB take 28 s with this one, and never finish with SQLite. Neither resumes executions after a restart.
        "--store-type": store,
        "--store-path": str(run.path / "executions.sqlite"),
        "--function-configs": f"file://{function_configs(run.path)}",
        # At INFO, it logs a line whenever the event source mapping polls a status.
        "--log-level": "WARNING",
    }
    words = [word for option in options.items() for word in option]
    return ChildProcess(
        "dex-local-runner",
        [sys.executable, "-m", "local_aws.dex_patch", "start-server", *words],
        environment=service_environment(run.id, run.path, endpoint),
        folder=run.path,
        log=run.log("dex-local-runner"),
    )


def runner_warnings(lines: Iterable[str]) -> list[str]:
    """Return the warnings in lines of the runner's log, such as about a failed invocation, which it will retry."""
    return [match[1] for match in map(_WARNING.fullmatch, lines) if match]
