"""Building and uploading with the SAM CLI, as processes of a run; their output is in the run's folder."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from local_aws.environment import build_environment
from local_aws.executables import sam_executable
from local_aws.process import ChildProcess
from local_aws.sam import Sam

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from local_aws.aws import AwsEndpoint
    from local_aws.run_folder import RunFolder

BUCKET = "artifacts"


@dataclass(frozen=True)
class Build:
    """The processes that build a template and upload the result, and the template that then names the uploads."""

    template: Path
    build: ChildProcess
    package: ChildProcess
    packaged: Path

    @classmethod
    def of(
        cls, run: RunFolder, endpoint: AwsEndpoint, template: Path, python: Path, variables: Mapping[str, str]
    ) -> Build:
        """Describe the processes for a template with functions that run on ``python``; builds get ``variables``."""
        # An empty file instead of the samconfig.toml beside the template, which is for real AWS.
        configuration = run.path / "samconfig.toml"
        configuration.write_text("version = 0.1\n", encoding="utf-8")
        # Instead of ~/.aws-sam. Without the time, it asks PyPI for a newer release after each command.
        own_folder = run.path / "sam"
        own_folder.mkdir()
        (own_folder / "metadata.json").write_text(json.dumps({"lastVersionCheck": time.time()}), encoding="utf-8")
        environment = build_environment(run.id, run.path, endpoint, python) | {"__SAM_CLI_APP_DIR": str(own_folder)}

        def process(name: str, command: list[str]) -> ChildProcess:
            log = run.log(name.replace(" ", "-"))
            return ChildProcess(name, command, environment=environment | dict(variables), folder=run.path, log=log)

        sam = Sam(str(sam_executable()), configuration, bucket=BUCKET)
        built, packaged = run.path / "build", run.path / "packaged.yaml"
        return cls(
            template=template,
            build=process("sam build", sam.build(template, built)),
            package=process("sam package", sam.package(built / "template.yaml", packaged)),
            packaged=packaged,
        )
