"""The programs that live in environments of their own, found by environment variables or on PATH."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from local_aws.errors import EmulatorError

_ASK_PYTHON = "import importlib.util, json, sys; print(json.dumps([*sys.version_info[:2], bool({})]))".format(
    "importlib.util.find_spec('ministack')"
)

_WANTED = {
    "MINISTACK_PYTHON": "it has to name the python of an environment in which ministack is installed",
    "SAM_EXECUTABLE": "it has to name the SAM CLI, unless sam is on PATH",
}


@dataclass(frozen=True)
class Executables:
    """The interpreter that MiniStack is installed for, the runner of durable executions, and the SAM CLI.

    MiniStack and the SAM CLI have dependencies that exclude each other's, and MiniStack's workers import from its
    environment, so each is installed alone: MINISTACK_PYTHON and SAM_EXECUTABLE say where. The runner is a dependency
    of this package.
    """

    ministack_python: Path
    durable_runner: Path
    python_runtime: str
    architecture: str

    @classmethod
    def from_environment(cls) -> Executables:
        """Find them; raises EmulatorError that says what is missing when they are not there."""
        ministack_python = _executable("MINISTACK_PYTHON", None)
        return cls(
            ministack_python=ministack_python,
            durable_runner=Path(sys.executable).parent / "dex-local-runner",
            # MiniStack's workers run its own interpreter, whatever the function's Runtime says.
            python_runtime=_runtime_of(ministack_python),
            architecture={"aarch64": "arm64"}.get(platform.machine(), platform.machine()),
        )

    def sam(self) -> Path:
        """Find the SAM CLI, which only a build needs; raises EmulatorError when it is not there."""
        return _executable("SAM_EXECUTABLE", shutil.which("sam"))


def _executable(variable: str, default: str | None) -> Path:
    value = os.environ.get(variable) or default
    if value and os.access(value, os.X_OK):
        # Not resolved: the link in a virtual environment is what makes its packages importable.
        return Path(value).absolute()
    problem = f"names {value!r}, which is no program" if value else "is not set"
    raise EmulatorError(f"{variable} {problem}; {_WANTED[variable]}")


def _runtime_of(python: Path) -> str:
    command = [str(python), "-I", "-c", _ASK_PYTHON]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - the caller's own
    try:
        major, minor, has_ministack = json.loads(answer.stdout)
    except ValueError:
        raise EmulatorError(f"MINISTACK_PYTHON={python} is no Python: {answer.stderr.strip()}") from None
    if not has_ministack:
        raise EmulatorError(f"MINISTACK_PYTHON={python} has no MiniStack; {_WANTED['MINISTACK_PYTHON']}")
    return f"python{major}.{minor}"
