"""The commands of the SAM CLI, unmodified, for one stack."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deploy.errors import DeployError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True)
class Sam:
    """Runs the SAM CLI with the settings of an environment; ``bucket`` is where it uploads, else one of its own."""

    executable: str
    settings: Path
    section: str
    bucket: str | None = None

    def build(self, template: Path, folder: Path, target: str | None) -> Path:
        """Build what a template deploys, for a target of infra/build_service.py, and give the built template."""
        self._run("build", "-t", str(template), "--build-dir", str(folder), target=target)
        return folder / "template.yaml"

    def package(self, built: Path) -> Path:
        """Upload what was built and give the template that names the uploads."""
        packaged = built.parent / "packaged.yaml"
        # The flags are written out: samconfig.toml has nothing for this command.
        where = ["--s3-bucket", self.bucket] if self.bucket else ["--resolve-s3"]
        self._run("package", "-t", str(built), "--output-template-file", str(packaged), *where)
        return packaged

    def deploy(self, template: Path, name: str, parameters: Mapping[str, str], *, dry_run: bool, yes: bool) -> None:
        """Make a change set, show it, and carry it out unless it is a dry run."""
        words = ["-t", str(template), "--stack-name", name, "--no-fail-on-empty-changeset"]
        if self.bucket:
            words += ["--no-resolve-s3", "--s3-bucket", self.bucket]
        if dry_run:
            words.append("--no-execute-changeset")
        if dry_run or yes:
            words.append("--no-confirm-changeset")
        words += ["--parameter-overrides", *(f"{key}={value}" for key, value in sorted(parameters.items()))]
        self._run("deploy", *words)

    def _run(self, command: str, *words: str, target: str | None = None) -> None:
        # SAM asks every five seconds how far a stack is, by default; one second is well within the API's rate.
        environment = {"SAM_CLI_TELEMETRY": "0", "SAM_CLI_POLL_DELAY": "1"} | _without_python_settings(os.environ)
        if target:
            environment.setdefault("BUILD_TARGET", target)
        options = ["--config-file", str(self.settings.absolute()), "--config-env", self.section]
        line = [self.executable, command, *words, *options]
        # What build and package say of success is about commands of their own; deploy may ask, and shows the changes.
        quiet = command != "deploy"
        print(f"sam {command} …", flush=True)
        done = subprocess.run(  # noqa: S603 - words of this file
            line,
            env=environment,
            check=False,
            text=True,
            stdout=subprocess.PIPE if quiet else None,
            stderr=subprocess.STDOUT if quiet else None,
        )
        if done.returncode:
            raise DeployError(f"sam {command} failed:\n{done.stdout}" if quiet else f"sam {command} failed, see above")


def _without_python_settings(environment: Mapping[str, str]) -> dict[str, str]:
    """Leave out PYTHONPATH and the like, which are for this program and not for those that it starts."""
    return {name: value for name, value in environment.items() if not name.startswith("PYTHON")}
