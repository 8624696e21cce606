"""The programs that live in environments of their own, found by environment variables."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from pipeline_emulator.errors import EmulatorError

_ASK_PYTHON = "import importlib.util, json, sys; print(json.dumps([*sys.version_info[:2], bool({})]))".format(
    "importlib.util.find_spec('ministack')"
)


@dataclass(frozen=True)
class Executables:
    """The SAM CLI, the interpreter that MiniStack is installed for, and the runner of durable executions.

    The first two have dependencies that exclude each other's, and MiniStack's workers import from its environment,
    so each is installed alone. The third is a dependency of this package.
    """

    sam: Path
    ministack_python: Path
    durable_runner: Path
    python_runtime: str
    architecture: str

    @classmethod
    def from_environment(cls) -> Executables:
        """Find them; raises EmulatorError that says how to run this when they are not there."""
        ministack_python = _executable("MINISTACK_PYTHON")
        return cls(
            sam=_executable("SAM_EXECUTABLE"),
            ministack_python=ministack_python,
            durable_runner=Path(sys.executable).parent / "dex-local-runner",
            # MiniStack's workers run its own interpreter, whatever the function's Runtime says.
            python_runtime=_runtime_of(ministack_python),
            architecture={"aarch64": "arm64"}.get(platform.machine(), platform.machine()),
        )


def _executable(variable: str) -> Path:
    value = os.environ.get(variable)
    if value and os.access(value, os.X_OK):
        # Not resolved: the link in a virtual environment is what makes its packages importable.
        return Path(value).absolute()
    problem = f"names {value!r}, which is no program" if value else "is not set"
    raise EmulatorError(f"{variable} {problem}; start the emulated AWS through ./nox, which sets it: ./nox -s demo")


def _runtime_of(python: Path) -> str:
    command = [str(python), "-I", "-c", _ASK_PYTHON]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - from nox
    try:
        major, minor, has_ministack = json.loads(answer.stdout)
    except ValueError:
        raise EmulatorError(f"MINISTACK_PYTHON={python} is no Python: {answer.stderr.strip()}") from None
    if not has_ministack:
        raise EmulatorError(f"MINISTACK_PYTHON={python} has no MiniStack; run this through ./nox, which installs it")
    return f"python{major}.{minor}"
