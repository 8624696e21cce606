"""./nox -s deploy and ./nox -s delete against the emulated AWS, also for a changed copy of the code."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from pipeline_testing.repository_copy import REPOSITORY
from pipeline_testing.stages import SERVICES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from local_aws.aws import AwsEndpoint

# Services need each other, and the shared resources, in this order only where one takes a value of another.
PARTS = ("shared", *reversed(SERVICES), "orchestrator")

_SECONDS = 300


class Deployer:
    """Deploys to one environment of the emulated AWS."""

    def __init__(self, endpoint: AwsEndpoint, environment: str) -> None:
        self._endpoint = endpoint
        self._environment = environment

    def deploy(self, *words: str, source: Path = REPOSITORY, parameters: Mapping[str, str] | None = None) -> str:
        """Deploy and return the output."""
        given = [word for name, value in (parameters or {}).items() for word in ("--parameter", f"{name}={value}")]
        return self._succeed("deploy", *words, *given, source=source)

    def delete(self, *words: str) -> str:
        """Delete and return the output."""
        return self._succeed("delete", *words, "--yes")

    def run(self, command: str, *words: str, source: Path = REPOSITORY) -> subprocess.CompletedProcess[str]:
        """Run a command, which may fail."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SAM_CLI"))}
        nobody = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "NO_PROXY": "127.0.0.1"}
        line = [sys.executable, "-m", "pipeline_cli", command, "--env", self._environment, *words]
        return subprocess.run(
            line,
            env=kept | nobody | self._endpoint.variables(),
            cwd=source,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_SECONDS,
            check=False,
        )

    def _succeed(self, command: str, *words: str, source: Path = REPOSITORY) -> str:
        ended = self.run(command, *words, source=source)
        assert ended.returncode == 0, ended.stdout
        return ended.stdout
