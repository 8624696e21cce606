"""The SAM CLI, unmodified: builds the functions and uploads them."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from pipeline_emulator.environment import build_environment, sam_folder
from pipeline_emulator.process import ChildProcess

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline_emulator.aws import AwsEndpoint
    from pipeline_emulator.executables import Executables
    from pipeline_emulator.run_folder import RunFolder

BUCKET = "artifacts"


class SamCli:
    """The commands of the SAM CLI for one template; what they write is in the run's folder."""

    def __init__(self, run: RunFolder, executables: Executables, endpoint: AwsEndpoint, template: Path) -> None:
        """Prepare the commands for the template."""
        self._run = run
        self._executables = executables
        self._endpoint = endpoint
        self.template = template
        self._built = run.path / "build" / "template.yaml"
        # An empty file in place of the samconfig.toml beside the template, which holds what is for real AWS.
        self._configuration = run.path / "samconfig.toml"
        self._configuration.write_text("version = 0.1\n", encoding="utf-8")
        # Else it asks PyPI after each command whether there is a newer one.
        own_folder = sam_folder(run.path)
        own_folder.mkdir()
        (own_folder / "metadata.json").write_text(json.dumps({"lastVersionCheck": time.time()}), encoding="utf-8")

    def build(self) -> ChildProcess:
        """Describe the build of every function, for the interpreter that will run it."""
        folder = str(self._built.parent)
        return self._command("sam build", "build", "-t", str(self.template), "--build-dir", folder, "--parallel")

    def package(self) -> tuple[ChildProcess, Path]:
        """Describe the upload of what was built, and give the template that then names the uploads."""
        packaged = self._run.path / "packaged.yaml"
        command = ["package", "-t", str(self._built), "--s3-bucket", BUCKET, "--no-progressbar"]
        return self._command("sam package", *command, "--output-template-file", str(packaged)), packaged

    def _command(self, name: str, *arguments: str) -> ChildProcess:
        return ChildProcess(
            name,
            [str(self._executables.sam), *arguments, "--config-file", str(self._configuration)],
            environment=build_environment(
                self._run.id, self._run.path, self._endpoint, self._executables.ministack_python
            ),
            folder=self._run.path,
            log=self._run.log(name.replace(" ", "-")),
        )
