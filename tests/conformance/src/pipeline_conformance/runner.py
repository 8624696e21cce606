"""The official runner, started against the one endpoint of an emulated AWS."""

from __future__ import annotations

import os
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

from local_aws.aws import REGION
from local_aws.environment import build_environment
from local_aws.errors import PartFailedError
from local_aws.executables import ministack_python, sam_executable
from local_aws.process import ChildProcess

if TYPE_CHECKING:
    from local_aws.aws import AwsEndpoint
    from local_aws.emulator import Emulator

APPLICATION = Path(__file__).parents[2] / "application"
SUITES = ("step", "wait", "child", "invoke", "map")

_REPOSITORY = Path(__file__).parents[4]
_WORKERS = "8"
_SECONDS = 600


def run_suites(aws: Emulator, endpoint: AwsEndpoint, *, sdk_patch: bool) -> Path:
    """Build and deploy the functions, run the suites, and return the JSON report; raises PartFailedError.

    The functions take the durable SDK from the packages of this process, which has MiniStack's version of Python.
    """
    name = "patched" if sdk_patch else "unpatched"
    folder = aws.run_folder.path / name
    folder.mkdir()
    packages = [sysconfig.get_path("purelib"), str(_REPOSITORY / "services" / "orchestrator" / "src")]
    overrides = {"Packages": os.pathsep.join(packages), "SdkPatch": str(sdk_patch).lower()}
    options = {
        "--template": [str(APPLICATION / "template.yaml")],
        "--region": [REGION],
        "--name": [name],
        "--suite": SUITES,
        "--language": ["python"],
        "--max-workers": [_WORKERS],
        "--parameter-overrides": [f"{key}={value}" for key, value in overrides.items()],
        "--report": ["console", "json"],
        "--report-file": [str(folder / "report")],
        "--history-dir": [str(aws.logs / f"histories-{name}")],
        "--no-cleanup": [],
    }
    words = [word for option, values in options.items() for word in (option, *values)]
    process = ChildProcess(
        "the conformance runner",
        [os.environ["CONFORMANCE_EXECUTABLE"], *words],
        environment=_environment(aws, endpoint, folder),
        folder=folder,
        log=aws.run_folder.log(f"conformance-{name}"),
    )
    report = folder / "report.json"
    try:
        process.start()
        process.wait_for_success(seconds=_SECONDS)
    except PartFailedError:
        if not report.exists():  # a failed requirement also leads to a nonzero exit status
            raise
    return report


def _environment(aws: Emulator, endpoint: AwsEndpoint, folder: Path) -> dict[str, str]:
    """Return the environment of a build, in which ``sam`` is the SAM CLI."""
    (folder / "bin").mkdir()
    (folder / "bin" / "sam").symlink_to(sam_executable())
    environment = build_environment(aws.run_folder.id, aws.run_folder.path, endpoint, ministack_python())
    return environment | {"PATH": os.pathsep.join([str(folder / "bin"), environment["PATH"]])}
