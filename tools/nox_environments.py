"""The environments of the sessions: the packages, what each needs, and how it is installed.

An environment is reused until its inputs change.
"""

from __future__ import annotations

import fcntl
import filecmp
import hashlib
import os
import shutil
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import nox
from packaging.requirements import Requirement
from packaging.utils import parse_wheel_filename

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).resolve().parents[1]
CONTRACTS = Path("contracts")
CONTRACTS_DISTRIBUTION = "durable-pipeline-contracts"
_MOST_NAMES = 4
_INSTALL = ROOT / "tools" / "service-build" / "src" / "service_build" / "uv_install.py"


def _packages(pattern: str) -> dict[str, Path]:
    return {path.parent.name: path.parent.relative_to(ROOT) for path in sorted(ROOT.glob(f"{pattern}/pyproject.toml"))}


SERVICES = _packages("services/*")
TOOLS = _packages("tools/*") | _packages("tests/*") | _packages("bench")
PACKAGES = {"contracts": CONTRACTS} | SERVICES | TOOLS
"""The folder of each package, by the folder's name."""
TESTED = [name for name in PACKAGES if name != "e2e"]
"""The packages that the session `test` tests; e2e has its own session."""
READ_ALL = ("examples", "rename", "repository")
"""The packages whose tests read files of any folder, or copy all of them."""
TEMPLATES = [
    path.relative_to(ROOT)
    for pattern in ("infra/template.yaml", "infra/*/template.yaml", "infra/github/*.yaml", "services/*/template.yaml")
    for path in sorted(ROOT.glob(pattern))
]
_DISTRIBUTIONS = {nox.project.load_toml(path / "pyproject.toml")["project"]["name"]: path for path in PACKAGES.values()}


def group(name: str, pyproject: str | Path = "pyproject.toml") -> tuple[str, ...]:
    """Return the requirements of a dependency group, by default one of the repository's own tools."""
    return nox.project.dependency_groups(nox.project.load_toml(pyproject), name)


def install_package(session: nox.Session, *names: str) -> None:
    """Install packages into the session's environment, to run them."""
    install(session, environment(session), ["--exact", *(word for name in names for word in _editable(PACKAGES[name]))])


def install_tests(session: nox.Session, name: str, *further: Sequence[str]) -> None:
    """Install a package and its tests' dependencies into the session's environment, with optional further steps."""
    install(session, environment(session), *_steps(name), *further)


def contracts_range(service: str) -> SpecifierSet:
    """Return the range of the contracts that a service declares."""
    (declared,) = (one for one in _dependencies(SERVICES[service]) if one.name == CONTRACTS_DISTRIBUTION)
    return declared.specifier


def install_contract_tests(session: nox.Session, service: str, end: str) -> None:
    """Install a service with its contract tests, on the lowest or the newest released contracts of its range."""
    declared = contracts_range(service)
    wheels = {parse_wheel_filename(path.name)[1]: path for path in Path(CONTRACTS, "releases").glob("*.whl")}
    lowest, *newer = [wheels[version] for version in sorted(wheels) if version in declared]
    if end == "newest" and not newer:
        session.skip("the range has one released version, the lowest")
    install(session, environment(session), *_contract_tests(service, newer[-1] if end == "newest" else lowest))


def contract_tests(session: nox.Session, service: str, wheel: Path) -> str:
    """Return the pytest of an environment with a service, its contract tests, and the contracts of a wheel."""
    folder = _environment_beside(session, f"contracts-{service}", *_contract_tests(service, wheel))
    return str(folder / "bin" / "pytest")


def install_group(session: nox.Session, name: str, *options: str) -> None:
    """Install a group of the repository's own tools into the session's environment."""
    install(session, environment(session), ["--exact", *options, *group(name)])


def install_editor(session: nox.Session) -> None:
    """Install all packages into .venv, with the dependencies of their tests, the templates' tests and the checks."""
    folder = ROOT / ".venv"
    if not (folder / "bin" / "python").exists():
        session.run_install("uv", "venv", "--python", sys.executable, str(folder), external=True, silent=True)
    packages = [word for package in PACKAGES.values() for word in ("-e", str(package))]
    tests = [word for package in PACKAGES.values() for word in group("test", package / "pyproject.toml")]
    overrides = ("--overrides", "tools/editor-overrides.txt")
    install(
        session, folder, ["--exact", *overrides, *packages, *dict.fromkeys(tests), *group("templates"), *group("lint")]
    )


@contextmanager
def service_alone(session: nox.Session, name: str) -> Iterator[tuple[Path, dict[str, str]]]:
    """Yield a copy of a service, installed with the dependencies of its pyproject and our wheels; and its variables."""
    with tempfile.TemporaryDirectory(prefix="service-alone-") as parent:
        folder, wheels = Path(parent, name), Path(parent, "wheels")
        shutil.copytree(SERVICES[name], folder, ignore=shutil.ignore_patterns("__pycache__", ".*"))
        shutil.copytree(CONTRACTS / "releases", wheels)
        build = ("uv", "build", "--quiet", "--wheel", str(TOOLS["service-build"]), "--out-dir", str(wheels))
        session.run_install(*build, external=True, silent=True)
        lock, project = folder / "requirements.lock", folder / "pyproject.toml"
        with session.chdir(folder):
            for words in (
                ["--exact", "--require-hashes", "-r", str(lock)],
                ["--no-deps", "-e", str(folder)],
                ["-c", str(lock), "--group", f"{project}:test", "--group", f"{project}:build"],
            ):
                _uv_install(session, environment(session), "--find-links", str(wheels), *words)
        built = {"ARTIFACTS_DIR": str(Path(parent, "built")), "BUILD_TARGET": "host", "UV_FIND_LINKS": str(wheels)}
        yield folder, variables(session, name) | built


def types(session: nox.Session, name: str) -> tuple[str, ...]:
    """Return the options with which mypy finds the imports of a package and its tests, and keeps its cache."""
    python = str(_environment_beside(session, f"types-{name}", *_steps(name)) / "bin" / "python")
    return "--python-executable", python, "--cache-dir", f".mypy_cache/{name}"


def program(session: nox.Session, name: str, *options: str) -> str:
    """Return a program with a separate environment, which has the dependency group of the same name."""
    return str(_environment_beside(session, name, ["--exact", *options, *group(name)]) / "bin" / name)


def local_aws(session: nox.Session) -> dict[str, str]:
    """Return the variables that name MiniStack's interpreter and the SAM CLI to tools/local-aws."""
    return ministack(session) | sam(session)


def ministack(session: nox.Session) -> dict[str, str]:
    """Return the variable that names MiniStack's interpreter."""
    return {"MINISTACK_PYTHON": str(Path(program(session, "ministack", "--compile-bytecode")).with_name("python"))}


def awslambdaric(session: nox.Session) -> dict[str, str]:
    """Return the variable that names the interpreter of AWS's runtime interface client."""
    return {
        "AWSLAMBDARIC_PYTHON": str(Path(program(session, "awslambdaric", "--compile-bytecode")).with_name("python"))
    }


def sam(session: nox.Session) -> dict[str, str]:
    """Return the variable that names the SAM CLI."""
    return {"SAM_EXECUTABLE": program(session, "sam", "--compile-bytecode")}


def conformance(session: nox.Session) -> dict[str, str]:
    """Return the variable that names the runner of AWS's conformance suites."""
    return {"CONFORMANCE_EXECUTABLE": program(session, "durable-execution-conformance")}


def microburst(session: nox.Session) -> dict[str, str]:
    """Return the variable that names the proxy which injects faults."""
    return {"MICROBURST_EXECUTABLE": program(session, "microburst")}


def orchestrator(session: nox.Session) -> dict[str, str]:
    """Return the variable that names the interpreter of the orchestrator's tests to `pipeline replay`."""
    folder = _environment_beside(session, "orchestrator", *_steps("orchestrator"))
    return {"ORCHESTRATOR_PYTHON": str(folder / "bin" / "python")}


def service_pythons(session: nox.Session) -> dict[str, str]:
    """Return the variables that name an interpreter for each service of this folder that is called without AWS."""
    named = {}
    for name in SERVICES:
        if name != "orchestrator":
            steps = [_pinned([SERVICES[name] / "requirements.lock"]), ["--no-deps", *_editable(SERVICES[name])]]
            folder = _environment_beside(session, f"service-{name}", *steps)
            named[f"{name.upper().replace('-', '_')}_PYTHON"] = str(folder / "bin" / "python")
    return named


def variables(session: nox.Session, name: str) -> dict[str, str]:
    """Return the variables that a package's tests need."""
    if name == "pipeline-cli":
        return local_aws(session) | orchestrator(session) | service_pythons(session)
    if name == "runtime":
        return ministack(session) | awslambdaric(session)
    if name == "console":
        return local_aws(session) | service_pythons(session)
    if PACKAGES["local-aws"] in _ours(PACKAGES[name]):
        return local_aws(session)
    # A service may not import from tools: the storer starts MiniStack itself.
    return ministack(session) if (PACKAGES[name] / "tests" / "ministack.py").exists() else {}


def typed(name: str) -> list[str]:
    """Return what mypy checks of a package: its code, and its tests unless it is the contracts or a service."""
    package = PACKAGES[name]
    # Services have no py.typed, so mypy finds them only here.
    services = [one for one in _ours(package) if one in SERVICES.values() and one != package]
    tests = [package / "tests", package / "application" / "handlers"] if package in TOOLS.values() else []
    return [str(one) for one in (*(one / "src" for one in (package, *services)), *tests) if one.is_dir()]


def node_modules(session: nox.Session, package: Path) -> Path:
    """Return the folder with a package.json's dependencies; without Node.js, the session is skipped, or in CI fails."""
    if not shutil.which("node") or not shutil.which("npm"):
        missing = "Node.js 18 or later, with npm, is not on PATH (apt install nodejs npm, or brew install node)"
        session.error(missing) if os.environ.get("CI") else session.skip(missing)
    folder = environment(session) / "node"
    installed = folder / "node_modules" / "package-lock.json"
    if not installed.exists() or not filecmp.cmp(package / "package-lock.json", installed, shallow=False):
        folder.mkdir(exist_ok=True)
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copyfile(package / name, folder / name)
        session.run_install("npm", "ci", "--ignore-scripts", "--prefix", str(folder), external=True, silent=True)
        shutil.copyfile(package / "package-lock.json", installed)
    return folder / "node_modules"


def environment(session: nox.Session) -> Path:
    """Return the folder of the session's own environment."""
    return Path(session.virtualenv.location)


def install(session: nox.Session, into: Path, *steps: Sequence[str]) -> None:
    """Run each step of an installation, unless the same steps with the same files made the environment."""
    digest = hashlib.sha256(repr(steps).encode())
    for path in (Path(argument) for step in steps for argument in step):
        source = path / "pyproject.toml" if path.is_dir() else path
        if source.is_file():
            digest.update(source.read_bytes())
    made_from = into / "made-from"
    if made_from.exists() and made_from.read_text(encoding="utf-8") == digest.hexdigest():
        return
    folder, began = os.path.relpath(into, ROOT), time.monotonic()
    why = "because of a change" if made_from.exists() else "once"
    made_from.unlink(missing_ok=True)
    session.log(f"installing {_named(steps)} into {folder}, {why}")
    for step in steps:
        if not _uv_install(session, into, *step):
            return
    made_from.write_text(digest.hexdigest(), encoding="utf-8")
    session.log(f"{folder} is installed: {_megabytes(into)} MB, in {time.monotonic() - began:.0f} s")


def with_dependencies(name: str) -> list[Path]:
    """Return the folders of a package and of those in this repository that it or its tests depend on."""
    return _ours(PACKAGES[name])


def _named(steps: Sequence[Sequence[str]]) -> str:
    """Name the subject of an installation: the first requirement, folder or lock in its steps."""
    words = dict.fromkeys(word for step in steps for word in step if not word.startswith("-"))
    first = list(words)[:_MOST_NAMES]
    further = len(words) - len(first)
    return ", ".join(first) + (f" and {further} more" if further else "")


def _megabytes(folder: Path) -> int:
    """Return the size of the files in a folder; links do not count."""
    sizes = (path.lstat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return round(sum(sizes) / 1e6)


def _uv_install(session: nox.Session, into: Path, *words: str) -> bool:
    """Install into an environment; return False if nox was told not to install."""
    command = (sys.executable, str(_INSTALL), "--python", str(into / "bin" / "python"), *words)
    return session.run_install(*command, external=True, silent=True, log=False) is not None


def _environment_beside(session: nox.Session, name: str, *steps: Sequence[str]) -> Path:
    """Return the folder of an environment for programs with conflicting dependencies."""
    version = str(session.python or f"{sys.version_info.major}.{sys.version_info.minor}")
    folder = ROOT / ".nox" / f"{name}-{version}"
    # Concurrent sessions may need the same one.
    with Path(f"{folder}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if not all((folder / made).exists() for made in ("bin/python", "made-from")):
            python = str(session.python or sys.executable)
            command = ("uv", "venv", "--clear", "--python", python, str(folder))
            session.run_install(*command, external=True, silent=True)
        install(session, folder, *steps)
    return folder


def _steps(name: str) -> list[list[str]]:
    """Return the steps that install a package with its test tools, and nothing else.

    What a lock pins comes first and by hash, for a service the contracts with it. A service itself brings in nothing
    then, so that an import that its lock does not cover fails. What imports services has all of their locks, and beyond
    them only what it asks for itself; in one process they can have but one version of the contracts: the one that is
    being worked on.
    """
    package, ours = PACKAGES[name], _ours(PACKAGES[name])
    tools = group("test", package / "pyproject.toml")
    locks = [one / "requirements.lock" for one in ours if (one / "requirements.lock").exists()]
    pinned = _pinned(locks)
    if package in SERVICES.values():
        return [pinned, ["--no-deps", "-e", str(package)], ["-c", str(locks[0]), *tools]]
    if locks:
        excluded = ["--excludes", str(package / "not-from-locks.txt")]
        others = [str(one) for one in _dependencies(package) if one.name not in _DISTRIBUTIONS]
        return [[*pinned, *excluded], ["--no-deps", *_editable(package)], [*others, *tools]]
    return [["--exact", *_editable(package), *tools]]


def _contract_tests(service: str, wheel: Path) -> list[list[str]]:
    tool = ["-c", str(SERVICES[service] / "requirements.lock"), "-e", str(TOOLS["contract-tests"])]
    return [*_steps(service), tool, ["--no-deps", "--reinstall", str(wheel)]]


def _pinned(locks: Sequence[Path]) -> list[str]:
    return ["--exact", "--require-hashes", *(word for lock in locks for word in ("-r", str(lock)))]


def _editable(package: Path) -> list[str]:
    return [word for one in _ours(package) for word in ("-e", str(one))]


def _ours(package: Path) -> list[Path]:
    """Return a package of this repository, and those that it or its tests depend on, directly or not."""
    found, waiting = [package], _local(package, tests=True)
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.append(one)
            waiting += _local(one)
    return found


def _local(package: Path, *, tests: bool = False) -> list[Path]:
    further = group("test", package / "pyproject.toml") if tests else ()
    names = (requirement.name for requirement in (*_dependencies(package), *map(Requirement, further)))
    return [_DISTRIBUTIONS[name] for name in names if name in _DISTRIBUTIONS]


def _dependencies(package: Path) -> Iterator[Requirement]:
    yield from map(Requirement, nox.project.load_toml(package / "pyproject.toml")["project"].get("dependencies", []))
