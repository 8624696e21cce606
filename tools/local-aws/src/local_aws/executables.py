"""The programs with environments of their own, found by environment variables or on PATH.

MiniStack and the SAM CLI have conflicting dependencies, and MiniStack's workers import from its environment, so
each is installed separately: MINISTACK_PYTHON and SAM_EXECUTABLE name the locations.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from functools import cache
from pathlib import Path

from local_aws.errors import EmulatorError

_ASK_PYTHON = """
import importlib.util, sys
print("python{}.{}".format(*sys.version_info), importlib.util.find_spec("ministack") is not None)
"""
_WANTED = {
    "MINISTACK_PYTHON": "it has to name the python of an environment in which ministack is installed",
    "SAM_EXECUTABLE": "it has to name the SAM CLI, unless sam is on PATH",
}

ARCHITECTURE = {"aarch64": "arm64"}.get(platform.machine(), platform.machine())
"""The architecture of this machine, as Lambda names it."""


def ministack_python() -> Path:
    """Find MiniStack's interpreter; raises EmulatorError if it is missing, or has no MiniStack."""
    python = _executable("MINISTACK_PYTHON", None)
    _runtime_of(python)
    return python


def sam_executable() -> Path:
    """Find the SAM CLI; raises EmulatorError if it is missing."""
    return _executable("SAM_EXECUTABLE", shutil.which("sam"))


def python_runtime() -> str:
    """Return the runtime of the functions: MiniStack's workers use its own interpreter, whatever is configured."""
    return _runtime_of(_executable("MINISTACK_PYTHON", None))


def _executable(variable: str, default: str | None) -> Path:
    value = os.environ.get(variable) or default
    if value and os.access(value, os.X_OK):
        # Not resolved, because the link in a virtual environment makes its packages importable.
        return Path(value).absolute()
    problem = f"names {value!r}, which is not a program" if value else "is not set"
    raise EmulatorError(f"{variable} {problem}; {_WANTED[variable]}")


@cache
def _runtime_of(python: Path) -> str:
    command = [str(python), "-I", "-c", _ASK_PYTHON]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - the caller's own
    runtime, _, has_ministack = answer.stdout.strip().partition(" ")
    if not has_ministack:
        raise EmulatorError(f"MINISTACK_PYTHON={python} is not a Python interpreter: {answer.stderr.strip()}")
    if has_ministack != "True":
        raise EmulatorError(f"MINISTACK_PYTHON={python} has no MiniStack; {_WANTED['MINISTACK_PYTHON']}")
    return runtime
