"""Building and uploading with the SAM CLI, as processes of a run; what they write is in the run's folder."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from local_aws.environment import build_environment, sam_folder
from local_aws.process import ChildProcess
from local_aws.sam import Sam

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from local_aws.aws import AwsEndpoint
    from local_aws.executables import Executables
    from local_aws.run_folder import RunFolder

BUCKET = "artifacts"


class Build:
    """Builds one template and uploads what was built."""

    def __init__(
        self,
        run: RunFolder,
        executables: Executables,
        endpoint: AwsEndpoint,
        template: Path,
        variables: Mapping[str, str],
    ) -> None:
        """Prepare the commands for the template; the builds that it names get ``variables``."""
        self._run = run
        self.template = template
        self._built = run.path / "build" / "template.yaml"
        # An empty file in place of the samconfig.toml beside the template, which holds what is for real AWS.
        configuration = run.path / "samconfig.toml"
        configuration.write_text("version = 0.1\n", encoding="utf-8")
        self._sam = Sam(str(executables.sam()), configuration, bucket=BUCKET)
        self._environment = build_environment(run.id, run.path, endpoint, executables.ministack_python) | dict(
            variables
        )
        # Else it asks PyPI after each command whether there is a newer one.
        own_folder = sam_folder(run.path)
        own_folder.mkdir()
        (own_folder / "metadata.json").write_text(json.dumps({"lastVersionCheck": time.time()}), encoding="utf-8")

    def build(self) -> ChildProcess:
        """Describe the build of every function, for the interpreter that will run it."""
        return self._process("sam build", self._sam.build(self.template, self._built.parent))

    def package(self) -> tuple[ChildProcess, Path]:
        """Describe the upload of what was built, and give the template that then names the uploads."""
        packaged = self._run.path / "packaged.yaml"
        return self._process("sam package", self._sam.package(self._built, packaged)), packaged

    def _process(self, name: str, command: list[str]) -> ChildProcess:
        log = self._run.log(name.replace(" ", "-"))
        return ChildProcess(name, command, environment=self._environment, folder=self._run.path, log=log)
