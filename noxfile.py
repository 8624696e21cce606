"""Everything that is run in this repository: ./nox -s <session>, with its own arguments after `--`.

./nox alone runs the checks: lint, templates and test. Each session has its own environment below .nox, which
is kept until what it was made from changes.
"""

from __future__ import annotations

import fcntl
import filecmp
import hashlib
import io
import os
import shutil
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import nox
from packaging.requirements import Requirement
from packaging.utils import parse_wheel_filename

if TYPE_CHECKING:
    from collections.abc import Sequence

nox.needs_version = ">=2026.10.20"
nox.options.default_venv_backend = "uv"
nox.options.reuse_venv = "yes"
nox.options.sessions = ["lint", "templates", "test"]

ROOT = Path(__file__).resolve().parent
CONTRACTS = Path("contracts")
SERVICES = sorted(path.parent for path in Path("services").glob("*/pyproject.toml"))
PACKAGES = {path.name: path for path in (CONTRACTS, *SERVICES, Path("infra/emulator"))}
TEMPLATES = [
    Path("infra/template.yaml"),
    *sorted(Path("infra").glob("*/template.yaml")),
    *(service / "template.yaml" for service in SERVICES),
]
NOT_SHIPPED = {"contracts": ["contracts/asyncapi", "contracts/conformance", "contracts/gate"]}
# jsoncompat has no wheel for a newer one yet; uv finds or fetches this one.
GATE_PYTHON = "3.13" if sys.version_info >= (3, 14) else None
NEED_MINISTACK = ("storer", "emulator")
NEED_SAM = ("emulator",)


@nox.session
def demo(session: nox.Session) -> None:
    """Deploy to an emulated AWS, run messages through, show what became of each; -- --help for options."""
    emulator(session, "demo", *session.posargs)


@nox.session
def local(session: nox.Session) -> None:
    """Deploy to an emulated AWS that stays up until Ctrl-C, for the AWS CLI and boto3."""
    emulator(session, "local", *session.posargs)


@nox.session
def deploy(session: nox.Session) -> None:
    """Deploy everything, -- --env dev, or one stack, -- validator --env dev; --dry-run shows the changes."""
    run_deploy(session, "deploy")


@nox.session
def delete(session: nox.Session) -> None:
    """Delete what deploy has deployed: everything, -- --env dev, or one stack, -- validator --env dev."""
    run_deploy(session, "delete")


@nox.session(allow_parallel=True)
@nox.parametrize("package", [nox.param(name, id=name) for name in (*PACKAGES, "fuzz", "bench")])
def test(session: nox.Session, package: str) -> None:
    """Test a package, installed alone; fuzz sends arbitrary bodies through all. What follows -- is pytest's."""
    if package == "fuzz":
        fuzz(session)
        return
    if package == "bench":
        install(session, environment(session), *bench_steps())
        session.run("python", "-m", "pytest", "bench/tests", *session.posargs)
        return
    install(session, environment(session), *package_steps(package))
    env = {}
    if package in NEED_MINISTACK:
        env["MINISTACK_PYTHON"] = ministack_python(session)
    if package in NEED_SAM:
        env["SAM_EXECUTABLE"] = sam_executable(session)
    with session.chdir(PACKAGES[package]):
        session.run("pytest", *session.posargs, env=env)


@nox.session(allow_parallel=True)
def e2e(session: nox.Session) -> None:
    """Test the deployed pipeline from outside, on an emulated AWS, two files at a time; what follows -- is pytest's."""
    install(session, environment(session), *package_steps("emulator"), list(group("pyproject.toml", "e2e")))
    env = {
        "MINISTACK_PYTHON": ministack_python(session),
        "SAM_EXECUTABLE": sam_executable(session),
        "MICROBURST_EXECUTABLE": microburst_executable(session),
    }
    session.run("pytest", "--numprocesses=2", "--dist=loadfile", "infra/e2e", *session.posargs, env=env)


@nox.session
def chaos(session: nox.Session) -> None:
    """Kill the pipeline's processes under load, then account for every message; -- --help for options."""
    install(session, environment(session), *package_steps("emulator"), ["-e", str(CONTRACTS)])
    env = {
        "MINISTACK_PYTHON": ministack_python(session),
        "SAM_EXECUTABLE": sam_executable(session),
        "PYTHONPATH": str(ROOT / "infra"),
    }
    session.run("pytest", "--quiet", "infra/chaos/tests")
    with session.chdir(session.invoked_from):
        session.run("python", "-m", "chaos", *session.posargs, env=env)


@nox.session
def bench(session: nox.Session) -> None:
    """Measure the pipeline beside its baselines, or what docs/scaling.md names; -- --full for the long run."""
    install(session, environment(session), *bench_steps())
    env = {"MINISTACK_PYTHON": ministack_python(session), "SAM_EXECUTABLE": sam_executable(session)}
    module, arguments = "bench", session.posargs
    if arguments and arguments[0] in ("growth", "profile", "cold-start", "cost", "capacity", "encoding", "page"):
        module, arguments = f"bench.{arguments[0].replace('-', '_')}", arguments[1:]
    session.run("python", "-m", module, *arguments, env=env)


@nox.session
def fuzz(session: nox.Session) -> None:
    """Send arbitrary bodies through all of the code at once; -- --bodies N tries each property with N."""
    install(session, environment(session), *steps_of_all_services())
    env = {"MINISTACK_PYTHON": ministack_python(session)}
    session.run("pytest", "infra/fuzz", *session.posargs, env=env)


@nox.session(python=GATE_PYTHON)
def contracts(session: nox.Session) -> None:
    """Compare the contracts with their last release: which version the change takes, and who would break."""
    install(session, environment(session), *package_steps("contracts"))
    with session.chdir(CONTRACTS):
        session.run("python", "-m", "gate", "check")


@nox.session(name="release-contracts", python=GATE_PYTHON)
def release_contracts(session: nox.Session) -> None:
    """Release the contracts: version, changelog heading, schemas, wheel; -- patch, -- minor or -- major."""
    install(session, environment(session), *package_steps("contracts"))
    with session.chdir(CONTRACTS):
        session.run("python", "-m", "gate", "release", *session.posargs)


@nox.session(name="contract-tests", allow_parallel=True)
@nox.parametrize("contracts", [nox.param(end, id=end) for end in ("lowest", "newest")])
@nox.parametrize("service", [nox.param(path.name, id=path.name) for path in SERVICES])
def contract_tests(session: nox.Session, contracts: str, service: str) -> None:
    """Test what a service does with all that the schemas admit, on the lowest or newest contracts of its range."""
    package = PACKAGES[service]
    released = supported_contracts(package)
    if contracts == "newest" and len(released) == 1:
        session.skip("the range has one released version, the lowest")
    chosen = str(released[0] if contracts == "lowest" else released[-1])
    tools = ["-c", str(package / "requirements.lock"), *group(CONTRACTS / "pyproject.toml", "conformance")]
    install(session, environment(session), *package_steps(service), tools, ["--no-deps", chosen])
    env = {"PYTHONPATH": str(ROOT / CONTRACTS)}
    if service in NEED_MINISTACK:
        env["MINISTACK_PYTHON"] = ministack_python(session)
    with session.chdir(package):
        session.run("pytest", "--show-capture=no", "tests/contract", *session.posargs, env=env)


@nox.session
def asyncapi(session: nox.Session) -> None:
    """Validate contracts/asyncapi.yaml with the official parser, on Node.js; -- --write generates it first."""
    install(session, environment(session), *package_steps("contracts"))
    with session.chdir(CONTRACTS):
        if "--write" in session.posargs:
            session.run("python", "-m", "asyncapi")
        modules = str(node_modules(session, Path("asyncapi")))
        session.run("node", "asyncapi/validate.cjs", "asyncapi.yaml", env={"NODE_PATH": modules}, external=True)
        session.run("pytest", "asyncapi/tests", env={"ASYNCAPI_NODE_MODULES": modules})


@nox.session(allow_parallel=True)
def lint(session: nox.Session) -> None:
    """Check style and formatting with ruff, and types with mypy."""
    install(session, environment(session), ["--exact", *group("pyproject.toml", "lint")])
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("mypy", "noxfile.py", "infra/build_service.py", env={"MYPYPATH": "infra"})
    for name, package in PACKAGES.items():
        types = environment_beside(session, f"types-{name}", *package_steps(name)) / "bin" / "python"
        options: tuple[str, ...] = ("--python-executable", str(types), "--cache-dir", f".mypy_cache/{name}")
        session.run("mypy", *options, str(package / "src"), *NOT_SHIPPED.get(name, ()))
    types = environment_beside(session, "types-emulator", *package_steps("emulator")) / "bin" / "python"
    for tests in ("infra/chaos", "infra/deploy", "infra/e2e"):
        options = ("--python-executable", str(types), "--cache-dir", f".mypy_cache/{tests}")
        session.run("mypy", *options, tests, env={"MYPYPATH": "infra:infra/emulator/src"})
    types = environment_beside(session, "types-bench", *bench_steps()) / "bin" / "python"
    options = ("--python-executable", str(types), "--cache-dir", ".mypy_cache/bench", "--explicit-package-bases")
    session.run("mypy", *options, "bench", "--exclude", "baselines", env={"MYPYPATH": ".:infra/emulator/src"})
    types = environment_beside(session, "types-security", ["--exact", *group("pyproject.toml", "sbom")]) / "bin/python"
    options = ("--python-executable", str(types), "--cache-dir", ".mypy_cache/infra/security")
    session.run("mypy", *options, "infra/security", env={"MYPYPATH": "infra"})
    types = environment_beside(session, "types-fuzz", *steps_of_all_services()) / "bin" / "python"
    options = ("--python-executable", str(types), "--cache-dir", ".mypy_cache/infra/fuzz")
    sources = ":".join(str(service / "src") for service in SERVICES)
    session.run("mypy", *options, "infra/fuzz", env={"MYPYPATH": f"{sources}:contracts:services/storer/tests"})


@nox.session(allow_parallel=True)
def format(session: nox.Session) -> None:  # noqa: A001 - the session's name
    """Format the code, and mend what ruff can mend by itself."""
    install(session, environment(session), ["--exact", *group("pyproject.toml", "lint")])
    session.run("ruff", "check", "--fix-only")
    session.run("ruff", "format")


@nox.session(allow_parallel=True)
def templates(session: nox.Session) -> None:
    """Validate the templates with the SAM CLI and cfn-lint, and test what they promise and the build."""
    install(session, environment(session), ["--exact", *group("pyproject.toml", "templates")])
    sam = sam_executable(session)
    env = {"AWS_DEFAULT_REGION": "us-east-1", "SAM_CLI_TELEMETRY": "0"}
    for template in TEMPLATES:
        session.run(sam, "validate", "--lint", "-t", str(template), env=env, external=True, silent=True)
    session.run("cfn-lint", *map(str, TEMPLATES))
    session.run("pytest", "infra/tests", *session.posargs)


@nox.session
def security(session: nox.Session) -> None:
    """Scan templates, code and locks; -- --if-reachable is content if no vulnerabilities can be looked up."""
    install(session, environment(session), ["--exact", *group("pyproject.toml", "security")])
    checkov = str(
        environment_beside(session, "checkov", ["--exact", *group("pyproject.toml", "checkov")]) / "bin/checkov"
    )
    options = ["--config-file", "infra/security/checkov.yaml", "--file", *map(str, TEMPLATES)]
    session.run(checkov, *options, external=True)
    session.run("bandit", "-q", "-r", *(str(path / "src") for path in (CONTRACTS, *SERVICES)))
    session.run("bandit", "-q", "-c", "pyproject.toml", "-r", "infra", "bench", "noxfile.py")
    locks = [str(service / "requirements.lock") for service in SERVICES]
    session.run("python", "-m", "security.audit", *session.posargs, *locks, env={"PYTHONPATH": "infra"})


@nox.session
def sbom(session: nox.Session) -> None:
    """Write what each service is made of to dist, in CycloneDX JSON, or to the folder after --."""
    install(session, environment(session), ["--exact", "--compile-bytecode", *group("pyproject.toml", "sbom")])
    env = {"PYTHONPATH": "infra"}
    session.run("pytest", "--quiet", "infra/security/tests", env=env)
    folder = Path(session.invoked_from, *session.posargs[:1]) if session.posargs else Path("dist")
    session.run("python", "-m", "security.sbom", str(folder), *map(str, SERVICES), env=env)


@nox.session(venv_backend="none")
def lock(session: nox.Session) -> None:
    """Write the services' requirements.lock; -- --upgrade takes newer releases, -- --check only compares."""
    arguments = set(session.posargs)
    if not arguments <= {"--upgrade", "--check"}:
        session.error(f"expected --upgrade or --check, got {' '.join(session.posargs)}")
    options = ["--universal", "--python-version", "3.11", "--generate-hashes", "--no-header", "--no-annotate"]
    stale = []
    with tempfile.TemporaryDirectory() as folder:
        for service in SERVICES:
            written, compiled = service / "requirements.lock", Path(folder, service.name)
            before = written.read_text(encoding="utf-8") if written.exists() else ""
            compiled.write_text("" if "--upgrade" in arguments else before, encoding="utf-8")
            inputs = [f"{service}/pyproject.toml", "--output-file", str(compiled)]
            session.run("uv", "pip", "compile", "--quiet", *options, *inputs, external=True)
            if compiled.read_text(encoding="utf-8") == before:
                continue
            stale.append(str(written))
            if "--check" not in arguments:
                shutil.copyfile(compiled, written)
    if stale and "--check" in arguments:
        session.error(f"stale: {', '.join(stale)}. Write them with ./nox -s lock, and commit them.")
    session.log(f"written: {', '.join(stale)}" if stale else "all locks are up to date")


@nox.session(venv_backend="none")
def build(session: nox.Session) -> None:
    """Build the services into dist, or into the folder after --, for BUILD_TARGET or python3.14-arm64."""
    folder = Path(session.invoked_from, *session.posargs[:1]) if session.posargs else Path("dist")
    for service in SERVICES:
        built = folder / service.name
        if not session.posargs:
            shutil.rmtree(built, ignore_errors=True)
        session.run(sys.executable, "infra/build_service.py", str(service), str(built), log=False)
        files = [path for path in built.rglob("*") if path.is_file()]
        package = io.BytesIO()
        with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in files:
                archive.write(path)
        unzipped = sum(path.stat().st_size for path in files)
        size = f"{unzipped / 1e6:5.1f} MB, zipped {package.tell() / 1e6:4.1f} MB"
        session.log(f"{service.name:12} {size}  {built}")


def emulator(session: nox.Session, *arguments: str) -> None:
    """Run a command of the emulated AWS."""
    install(session, environment(session), ["--exact", "-e", str(PACKAGES["emulator"])])
    env = {"MINISTACK_PYTHON": ministack_python(session), "SAM_EXECUTABLE": sam_executable(session)}
    with session.chdir(session.invoked_from):
        # After Ctrl-C it stops what it started and removes what it wrote: nox's own patience is half a second.
        session.run(
            "python", "-m", "pipeline_emulator", *arguments, env=env, interrupt_timeout=10, terminate_timeout=10
        )


def run_deploy(session: nox.Session, command: str) -> None:
    """Run a command of infra/deploy, with the caller's AWS credentials."""
    install(session, environment(session), ["--exact", "-e", str(PACKAGES["emulator"])])
    env = {"SAM_EXECUTABLE": sam_executable(session), "PYTHONPATH": str(ROOT / "infra")}
    session.run("python", "-m", "deploy", command, *session.posargs, env=env)


def group(pyproject: str | Path, name: str) -> tuple[str, ...]:
    """The requirements of a dependency group."""
    return nox.project.dependency_groups(nox.project.load_toml(pyproject), name)


def supported_contracts(service: Path) -> list[Path]:
    """The released wheels of the contracts in the range that a service declares, the lowest first."""
    requirements = map(Requirement, nox.project.load_toml(service / "pyproject.toml")["project"]["dependencies"])
    (declared,) = (one for one in requirements if one.name == "durable-pipeline-contracts")
    wheels = {parse_wheel_filename(path.name)[1]: path for path in Path(CONTRACTS, "releases").glob("*.whl")}
    return [wheels[version] for version in sorted(wheels) if version in declared.specifier]


def package_steps(name: str) -> list[list[str]]:
    """The steps that install a package with its test tools, and nothing that it did not ask for.

    What a lock pins comes first and by hash, the contracts with it. The package itself brings in nothing then, so that
    an import that its lock does not cover fails.
    """
    package = PACKAGES[name]
    tools = group(package / "pyproject.toml", "test")
    lock = package / "requirements.lock"
    if lock.exists():
        pinned = ["--exact", "--require-hashes", "-r", str(lock)]
        return [pinned, ["--no-deps", "-e", str(package)], ["-c", str(lock), *tools]]
    return [["--exact", "-e", str(package), *tools]]


def bench_steps() -> list[list[str]]:
    """The steps that install what the benchmarks import."""
    return [*package_steps("emulator"), ["-e", str(CONTRACTS), *group("pyproject.toml", "bench")]]


def steps_of_all_services() -> list[list[str]]:
    """The steps that install all services together, with their test tools.

    In one process they can have but one version of the contracts: the one that is being worked on.
    """
    pinned = ["--excludes", "infra/fuzz/not-from-locks.txt"]
    local = ["-e", str(CONTRACTS)]
    tools: list[str] = []
    for service in SERVICES:
        pinned += ["-r", str(service / "requirements.lock")]
        local += ["-e", str(service)]
        tools += group(service / "pyproject.toml", "test")
    return [["--exact", "--require-hashes", *pinned], ["--no-deps", *local], tools]


def environment(session: nox.Session) -> Path:
    """The folder of the session's own environment."""
    return Path(session.virtualenv.location)


def environment_beside(session: nox.Session, name: str, *steps: Sequence[str]) -> Path:
    """The folder of an environment for what cannot be installed together with the rest."""
    version = str(session.python or f"{sys.version_info.major}.{sys.version_info.minor}")
    folder = ROOT / ".nox" / f"{name}-{version}"
    # Sessions that run side by side may need the same one.
    with Path(f"{folder}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if not all((folder / made).exists() for made in ("bin/python", "made-from")):
            python = str(session.python or sys.executable)
            command = ("uv", "venv", "--clear", "--python", python, str(folder))
            session.run_install(*command, external=True, silent=True)
        install(session, folder, *steps)
    return folder


def install(session: nox.Session, into: Path, *steps: Sequence[str]) -> None:
    """Take each step of an installation, unless the same steps made the environment from the same files."""
    digest = hashlib.sha256(repr(steps).encode())
    for path in (Path(argument) for step in steps for argument in step):
        source = path / "pyproject.toml" if path.is_dir() else path
        if source.is_file():
            digest.update(source.read_bytes())
    made_from = into / "made-from"
    if made_from.exists() and made_from.read_text(encoding="utf-8") == digest.hexdigest():
        return
    made_from.unlink(missing_ok=True)
    for step in steps:
        command = (sys.executable, str(ROOT / "infra/uv_install.py"), "--python", str(into / "bin" / "python"), *step)
        if session.run_install(*command, external=True, silent=True) is None:
            return  # nox was told not to install
    made_from.write_text(digest.hexdigest(), encoding="utf-8")


def node_modules(session: nox.Session, package: Path) -> Path:
    """The folder with what a package.json asks for; without Node.js the session is skipped, or fails in CI."""
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


def ministack_python(session: nox.Session) -> str:
    """The interpreter of MiniStack's environment, for the variable MINISTACK_PYTHON."""
    steps = ["--exact", "--compile-bytecode", *group("pyproject.toml", "ministack")]
    return str(environment_beside(session, "ministack", steps) / "bin" / "python")


def sam_executable(session: nox.Session) -> str:
    """The SAM CLI, for the variable SAM_EXECUTABLE."""
    steps = ["--exact", "--compile-bytecode", *group("pyproject.toml", "sam")]
    return str(environment_beside(session, "sam", steps) / "bin" / "sam")


def microburst_executable(session: nox.Session) -> str:
    """The proxy that injects faults, for the variable MICROBURST_EXECUTABLE."""
    steps = ["--exact", *group("pyproject.toml", "microburst")]
    return str(environment_beside(session, "microburst", steps) / "bin" / "microburst")
