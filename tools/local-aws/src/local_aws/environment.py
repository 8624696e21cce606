"""The environment variables of the child processes."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from local_aws.sam import VARIABLES

if TYPE_CHECKING:
    from pathlib import Path

    from local_aws.aws import AwsEndpoint

RUN_MARK = "LOCAL_AWS_RUN"
"""Carries the run's id in every process of a run and its descendants, so that a later run can find them."""

_SERVICE_KEEPS = ("PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE")
_BUILD_DROPS = ("AWS_", "SAM_", "PYTHON", "VIRTUAL_ENV")

_NO_USER_CONFIGURATION = {
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}


def service_environment(run: str, folder: Path, endpoint: AwsEndpoint) -> dict[str, str]:
    """Return the environment of a long-running part: almost nothing of the user's own.

    The emulators read many variables with common names (AUTH, SERVICES, LOG_LEVEL, DOCKER_HOST), and theirs also reach
    the functions, because MiniStack's workers inherit them.
    """
    kept = {name: os.environ[name] for name in _SERVICE_KEEPS if name in os.environ}
    return {
        **kept,
        **_marked(run, folder),
        **endpoint.variables(),
        **_NO_USER_CONFIGURATION,
        "PYTHONUTF8": "1",
        "PYTHONUNBUFFERED": "1",
        # As in Lambda, https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
        "TZ": ":UTC",
    }


def build_environment(run: str, folder: Path, endpoint: AwsEndpoint, python: Path) -> dict[str, str]:
    """Return the environment of the SAM CLI and of the builds that it starts.

    The user's own settings of uv, pip and proxies are kept, because a build may have to download. ``python3`` is the
    interpreter that the functions will run on.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_BUILD_DROPS)}
    exempt = ",".join(filter(None, [kept.get("NO_PROXY", kept.get("no_proxy")), "127.0.0.1,localhost"]))
    return {
        **kept,
        **_marked(run, folder),
        **endpoint.variables(),
        **_NO_USER_CONFIGURATION,
        "NO_PROXY": exempt,
        "no_proxy": exempt,
        "PATH": os.pathsep.join([str(python.parent), os.environ.get("PATH", os.defpath)]),
        **VARIABLES,
    }


def _marked(run: str, folder: Path) -> dict[str, str]:
    return {RUN_MARK: run, "TMPDIR": str(folder / "tmp")}
