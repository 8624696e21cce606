"""Build one service into a folder that Lambda can run; the README describes its arguments and targets.

Two builds of the same sources are identical, wherever and whenever they run.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from service_build import uv_install
from service_build.kept import Kept

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

VERSIONS = ("3.11", "3.12", "3.13", "3.14")
# An ELF file names its machine by number: https://www.sco.com/developers/gabi/latest/ch4.eheader.html
ELF_MACHINES = {"arm64": 183, "x86_64": 62}
# Lambda's oldest supported runtime has glibc 2.26: wheels for manylinux 2.17 run on all.
PLATFORMS = {"arm64": "aarch64-manylinux2014", "x86_64": "x86_64-manylinux2014"}

# botocore describes 400 services in 25 MB. A service that calls another one must add its name here.
AWS_SERVICES = ("dynamodb", "lambda", "sqs", "sts")
NOT_NEEDED = (
    "bin",
    ".lock",
    "boto3/examples",
    "aws_lambda_powertools/event_handler/openapi/swagger_ui",  # a page for browsers
    "dateutil/zoneinfo/dateutil-zoneinfo.tar.gz",  # a copy of the system's time zones
)
# They contain paths and times of the build, and are not read at run time.
BUILD_RECORDS = ("INSTALLER", "RECORD", "REQUESTED", "direct_url.json", "uv_build.json", "uv_cache.json")


CONTRACTS = "pipeline_contracts"

# A service reads its settings at import. These are dummy values: nothing is called with them. Those of the
# orchestrator with the ARN of a stage's function are in its template.
SETTINGS = {
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
    "AWS_DEFAULT_REGION": "us-east-1",
    "ENVIRONMENT": "build",
    "INVALID_MESSAGE_QUEUE_URL": "none",
    "POWERTOOLS_METRICS_NAMESPACE": "build",
    "POWERTOOLS_SERVICE_NAME": "build",
    "PROCESSED_DATA_TABLE": "none",
}
FUNCTION_ARN = re.compile(r"\b[A-Z][A-Z0-9_]*_FUNCTION_ARN\b")

LIST_MODULES = """
import importlib, os, sys
folder, handler = sys.argv[1:]
sys.path.insert(0, folder)
sys.dont_write_bytecode = True
importlib.import_module(handler)
files = (getattr(module, "__file__", None) or "" for module in list(sys.modules.values()))
for file in sorted({os.path.relpath(file, folder) for file in files if file.startswith(folder + os.sep)}):
    if file.endswith((".py", ".pyc")):
        print(file.removesuffix("c"))
"""


class BuildError(Exception):
    """The build cannot continue; the message says what to do."""


@dataclass(frozen=True)
class Target:
    """The target of a package; without an architecture, it is the building machine."""

    version: str
    architecture: str | None

    @classmethod
    def parse(cls, text: str) -> Target:
        """Parse BUILD_TARGET; raises BuildError if it is invalid."""
        if text == "host":
            return cls(f"{sys.version_info.major}.{sys.version_info.minor}", None)
        runtime, _, architecture = text.partition("-")
        version = runtime.removeprefix("python")
        if version == runtime or version not in VERSIONS or architecture not in PLATFORMS:
            raise BuildError(
                f"BUILD_TARGET is {text!r}, expected host, or a runtime and an architecture such as "
                f"python3.14-arm64, of python{', python'.join(VERSIONS)} and {', '.join(PLATFORMS)}"
            )
        return cls(version, architecture)


def run(command: Iterable[str | Path], *, env: dict[str, str] | None = None) -> None:
    """Run a command; raises BuildError if it fails."""
    words = [str(word) for word in command]
    if status := subprocess.run(words, env=env, check=False).returncode:  # noqa: S603 - words of this file
        raise BuildError(f"exit status {status} from: {' '.join(words)}")


def find_uv(service: Path) -> str:
    """Return the uv of the caller, or else that of ./nox, installing it if necessary."""
    if found := shutil.which("uv"):
        return found
    for folder in service.parents:
        if (folder / "nox").is_file():
            run([folder / "nox", "--version"])
            return str(folder / ".nox" / "launcher" / "bin" / "uv")
    raise BuildError("uv is not on PATH; install it, see https://docs.astral.sh/uv/getting-started/installation")


def contracts_under_work(service: Path, folder: Path) -> Path | None:
    """Return the contracts of a folder, or None if the service's lock pins another major version, which it keeps."""
    try:
        project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    except OSError as error:
        raise BuildError(f"BUILD_CONTRACTS is {folder}, which has no pyproject.toml") from error
    lock = service / "requirements.lock"
    pinned = re.search(rf"^{project['name']}==(\d+)", lock.read_text(encoding="utf-8") if lock.is_file() else "", re.M)
    return folder if pinned and pinned[1] == project["version"].partition(".")[0] else None


def install(
    uv: str, service: Path, folder: Path, target: Target, contracts: Path | None, python: str = sys.executable
) -> None:
    """Install the packages of the service's lock, including the contracts, then the service itself.

    ``contracts`` is a folder whose contracts replace those of the lock. uv runs in the service's folder and finds its
    settings there or above.
    """
    lock = service / "requirements.lock"
    if not lock.is_file():
        raise BuildError(f"{lock} is missing; write it with: ./nox -s lock")
    options = ["--quiet", "--link-mode", "copy", "--python", python, "--target", str(folder)]
    pinned = ["--only-binary", ":all:", "--require-hashes", "-r", str(lock)]
    if target.architecture:
        pinned += ["--python-version", target.version, "--python-platform", PLATFORMS[target.architecture]]
    ours = [str(service), *([str(contracts)] if contracts else [])]
    for words in ([*options, *pinned], [*options, "--no-deps", *ours]):
        if status := uv_install.install(uv, words, folder=service):
            raise BuildError(f"exit status {status} from: uv pip install {' '.join(words)}")


def prune(folder: Path) -> None:
    """Remove files that are not needed at run time, and files that would differ in the next build."""
    unneeded = [folder / name for name in NOT_NEEDED] + [*folder.rglob("__pycache__")]
    unneeded += folder.glob("botocore/data/*/*/examples-1.json")
    for name in BUILD_RECORDS:
        unneeded += folder.glob(f"*.dist-info/{name}")
    for data in (folder / "botocore" / "data", folder / "boto3" / "data"):
        unneeded += (path for path in data.glob("*/") if path.name not in AWS_SERVICES)
    for path in unneeded:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def foreign_binaries(folder: Path, target: Target) -> Iterator[Path]:
    """Yield the compiled libraries that the target cannot load."""
    for path in sorted(folder.rglob("*.so*")):
        version = re.search(r"\.cpython-3(\d+)", path.name)
        if version and f"3.{version[1]}" != target.version:
            yield path
        elif target.architecture:
            with path.open("rb") as file:
                header = file.read(20)
            machine = int.from_bytes(header[18:20], "little")
            if header[:4] != b"\x7fELF" or machine != ELF_MACHINES[target.architecture]:
                yield path


def find_interpreter(uv: str, target: Target) -> str | None:
    """Return an interpreter of the target's version: bytecode depends on the version, not on the machine."""
    if target.version == f"{sys.version_info.major}.{sys.version_info.minor}":
        return sys.executable
    command = [uv, "python", "find", "--no-project", "--no-python-downloads", f"cpython@{target.version}"]
    found = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603
    return found.stdout.strip() if found.returncode == 0 else None


def own_package(service: Path) -> str:
    """Return the import name of the service's own code."""
    return next(path.parent.name for path in service.glob("src/*/handler.py"))


def settings_of(service: Path) -> dict[str, str]:
    """Return the variables without which the handler cannot be imported."""
    template = service / "template.yaml"
    arns = FUNCTION_ARN.findall(template.read_text(encoding="utf-8")) if template.is_file() else ()
    return SETTINGS | dict.fromkeys(arns, "none")


def modules_of(service: Path, python: str, folder: Path) -> set[str]:
    """Return the modules that the handler imports at a cold start, as paths in the package."""
    handler = f"{own_package(service)}.handler"
    command = [python, "-I", "-S", "-c", LIST_MODULES, str(folder), handler]
    own = uv_install.without_python_settings(os.environ)
    env = {name: value for name, value in own.items() if not name.startswith("AWS_")} | settings_of(service)
    found = subprocess.run(command, env=env, check=False, capture_output=True, text=True)  # noqa: S603
    if found.returncode:
        raise BuildError(f"{handler} cannot be imported: {found.stderr.strip()}")
    return set(found.stdout.split())


def cold_start(uv: str, python: str, service: Path, folder: Path, target: Target, contracts: Path | None) -> set[str]:
    """Return the modules imported at a cold start; a package for another machine is also installed for this one."""
    if target.architecture is None:
        return modules_of(service, python, folder)
    with tempfile.TemporaryDirectory() as name:
        here = Path(name)
        install(uv, service, here, Target(target.version, None), contracts, python)
        return {module for module in modules_of(service, python, here) if (folder / module).is_file()}


def compile_bytecode(python: str, folder: Path, modules: set[str], *options: str) -> None:
    """Compile the modules that a cold start imports, so that it need not compile them.

    Other modules are left as they are: unused bytecode makes a package larger, and a cold start longer.

    Unchecked, because `sam package` sets every file's time to 1980, so checked bytecode would be discarded. The hash
    seed determines the order of constant sets. Not in parallel, because the strings shared in bytecode may depend on
    what the same process compiled before.
    """
    env = uv_install.without_python_settings(os.environ)
    options = ("--invalidation-mode", "unchecked-hash", *options)
    files = [folder / module for module in sorted(modules)]
    command: list[str | Path] = [python, "-m", "compileall", "-q", *options, "-s", folder, "-p", "/var/task", *files]
    run(command, env={**env, "PYTHONHASHSEED": "0"})


def compile_dependencies(python: str, folder: Path, modules: set[str]) -> None:
    """Replace the source of dependencies by bytecode; a traceback still has its names and lines."""
    compile_bytecode(python, folder, modules, "-b")
    for module in modules:
        (folder / module).unlink()


def normalize_modes(folder: Path) -> None:
    """Make all files readable, as Lambda requires, whatever the umask: the modes are part of the package."""
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)


def build(
    service: Path, folder: Path, target: Target, *, contracts: Path | None = None, cache: Path | None = None
) -> None:
    """Build a service into a new or empty folder; raises BuildError on failure.

    ``contracts`` is a folder with unreleased contracts. In ``cache``, a build for the host keeps work for later builds;
    they give the same bytes as without it.
    """
    if not (service / "pyproject.toml").is_file():
        raise BuildError(f"{service} has no pyproject.toml; give a service's folder, such as services/validator")
    if folder.exists() and any(folder.iterdir()):
        raise BuildError(f"{folder} is not empty; remove it, or build into another folder")
    folder.mkdir(parents=True, exist_ok=True)
    contracts = contracts_under_work(service, contracts) if contracts else None
    uv = find_uv(service)
    kept = Kept.of(cache, service, contracts, target.version) if cache and target.architecture is None else None
    compiled = kept.restore(folder) if kept else None
    if compiled is None:
        install_pruned(uv, service, folder, target, contracts)
    if python := find_interpreter(uv, target):
        modules = cold_start(uv, python, service, folder, target, contracts)
        ours = {module for module in modules if module.partition("/")[0] in (own_package(service), CONTRACTS)}
        if compiled not in (None, modules - ours):
            shutil.rmtree(folder)
            install_pruned(uv, service, folder, target, contracts)
            compiled = None
        if compiled is None:
            compile_dependencies(python, folder, modules - ours)
            if kept:
                kept.keep(folder, modules - ours)
        compile_bytecode(python, folder, ours)
    else:
        print(f"{service.name}: no bytecode, because Python {target.version} is not installed: cold starts are slower")
    normalize_modes(folder)


def install_pruned(uv: str, service: Path, folder: Path, target: Target, contracts: Path | None) -> None:
    """Install, remove unnecessary files, and check that the target can load the rest."""
    install(uv, service, folder, target, contracts)
    prune(folder)
    if foreign := [str(path.relative_to(folder)) for path in foreign_binaries(folder, target)]:
        raise BuildError(f"{', '.join(foreign)}: not for Python {target.version} on {target.architecture}")


def folder_of(variable: str) -> Path | None:
    """Return the folder that an environment variable names, if it is set."""
    value = os.environ.get(variable)
    return Path(value).resolve() if value else None


def main() -> None:
    """Build the service into the folder that the command line names."""
    if sys.version_info < (3, 11):  # noqa: UP036 - a Makefile's python3 may be any
        sys.exit(f"service_build needs Python 3.11 or later as python3, this is {sys.version.split()[0]}")
    if len(sys.argv) != 3:
        sys.exit("usage: python3 -m service_build services/<service> <folder>")
    service, folder = (Path(argument).resolve() for argument in sys.argv[1:])
    try:
        target = Target.parse(os.environ.get("BUILD_TARGET", "python3.14-arm64"))
        build(service, folder, target, contracts=folder_of("BUILD_CONTRACTS"), cache=folder_of("BUILD_CACHE"))
    except BuildError as error:
        sys.exit(f"{service.name}: {error}")
