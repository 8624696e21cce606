"""The application that a run has deployed, recorded so that it can be reloaded, also from another process."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from local_aws.aws import AwsEndpoint
from local_aws.errors import EmulatorError
from local_aws.run_folder import published_run

if TYPE_CHECKING:
    from collections.abc import Mapping

_FILE = "application.json"


@dataclass(frozen=True)
class Application:
    """A deployed application: its folder, the endpoint, the root template, the builds' variables."""

    run: Path
    endpoint: AwsEndpoint
    template: Path
    variables: Mapping[str, str]

    @property
    def built_template(self) -> Path:
        """The template that the SAM CLI wrote after the build."""
        return self.run / "build" / "template.yaml"

    @property
    def record(self) -> Path:
        """The file that records it, which is as old as the first build."""
        return self.run / _FILE

    def write(self) -> None:
        """Write it to the folder of the run, before the build."""
        certificates = self.endpoint.certificates
        record = {
            "url": self.endpoint.url,
            "certificates": str(certificates) if certificates else None,
            "template": str(self.template),
            "variables": dict(self.variables),
        }
        self.record.write_text(json.dumps(record), encoding="utf-8")

    @classmethod
    def of_run(cls, run: Path) -> Application:
        """Read the application of a run; raises EmulatorError if the run itself has deployed none."""
        try:
            record = json.loads((run / _FILE).read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise EmulatorError(f"the run {run.name} has not deployed a template that could be reloaded") from None
        certificates = Path(record["certificates"]) if record["certificates"] else None
        return cls(run, AwsEndpoint(record["url"], certificates), Path(record["template"]), record["variables"])


def running_application(folder: Path) -> Application:
    """Find the application that runs in a folder; raises EmulatorError if there is none."""
    run = published_run(folder)
    if run is None:
        raise EmulatorError(f"no emulated AWS is running in {folder}; start one, and keep it running")
    return Application.of_run(run)
