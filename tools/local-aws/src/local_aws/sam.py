"""The commands of the SAM CLI, unmodified; only this module knows how they are called."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

# By default, SAM polls the stack every five seconds; one second is well within the API's rate limit.
VARIABLES = {"SAM_CLI_TELEMETRY": "0", "SAM_CLI_POLL_DELAY": "1"}
"""The environment that the commands need, in addition to the caller's."""


@dataclass(frozen=True)
class Sam:
    """The command lines of the SAM CLI, with a section of a configuration file.

    ``bucket`` is where it uploads; without one, the SAM CLI creates its own.
    """

    executable: str
    configuration: Path
    section: str = "default"
    bucket: str | None = None

    def build(self, template: Path, folder: Path) -> list[str]:
        """Build the content of a template; the built template is ``template.yaml`` in the folder."""
        return self._command("build", "-t", str(template), "--build-dir", str(folder), "--parallel")

    def package(self, built: Path, packaged: Path) -> list[str]:
        """Upload the build, and write a template that names the uploads."""
        # The flags are explicit, because a samconfig.toml need not have any for this command.
        where = ["--s3-bucket", self.bucket] if self.bucket else ["--resolve-s3"]
        return self._command(
            "package", "-t", str(built), "--output-template-file", str(packaged), "--no-progressbar", *where
        )

    def deploy(
        self, template: Path, name: str, parameters: Mapping[str, str], *, dry_run: bool, yes: bool
    ) -> list[str]:
        """Make a change set, show it, and execute it unless it is a dry run."""
        words = ["-t", str(template), "--stack-name", name, "--no-fail-on-empty-changeset"]
        if self.bucket:
            words += ["--no-resolve-s3", "--s3-bucket", self.bucket]
        if dry_run:
            words.append("--no-execute-changeset")
        if dry_run or yes:
            words.append("--no-confirm-changeset")
        words += ["--parameter-overrides", *(f"{key}={value}" for key, value in sorted(parameters.items()))]
        return self._command("deploy", *words)

    def _command(self, *words: str) -> list[str]:
        return [
            self.executable, *words, "--config-file", str(self.configuration.absolute()), "--config-env", self.section
        ]  # fmt: skip
