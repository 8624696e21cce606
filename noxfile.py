"""The sessions of this repository: ./nox -s <session>, with arguments of the session after `--`.

./nox alone runs the checks: lint, templates and test. tools/nox_environments.py knows the packages, and installs them.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import nox

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT / "tools"))

import nox_changes  # noqa: E402 - it is found only now
import nox_contracts  # noqa: E402
import nox_environments as envs  # noqa: E402
import nox_locks  # noqa: E402
import nox_mutants  # noqa: E402
from nox_environments import PACKAGES, SERVICES, TEMPLATES, TESTED, TOOLS  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Sequence

nox.needs_version = ">=2026.10.20"
nox.options.default_venv_backend = "uv"
nox.options.reuse_venv = "yes"
nox.options.sessions = ["lint", "templates", "test"]

# jsoncompat has no wheel for a newer one yet; uv finds or downloads this one.
CHECK_PYTHON = "3.13" if sys.version_info >= (3, 14) else None
NOX_FILES = ("noxfile.py", *map(str, sorted(Path("tools").glob("nox_*.py"))))
GITHUB_FILES = {
    "github-workflows": sorted(map(str, Path(".github/workflows").glob("*.yml"))),
    "github-actions": [".github/actions/setup/action.yml"],
    "dependabot": [".github/dependabot.yml"],
    "github-issue-forms": sorted(map(str, Path(".github/ISSUE_TEMPLATE").glob("[!c]*.yml"))),
}
"""By the schema that they follow."""
BENCHES = ("growth", "latency", "profile", "put-costs", "cold-start", "cost", "capacity", "page")


@nox.session
def demo(session: nox.Session) -> None:
    """Run messages through an emulated AWS, and show the outcome of each; -- --help."""
    run_demo(session, "demo")


@nox.session
def local(session: nox.Session) -> None:
    """Deploy to an emulated AWS that stays up until Ctrl-C; -- --console opens it in a browser."""
    run_demo(session, "local", "console")


@nox.session
def reload(session: nox.Session) -> None:
    """Build services again for the pipeline that local runs, and move their aliases: -- validator."""
    run_demo(session, "reload")


@nox.session
def pipeline(session: nox.Session) -> None:
    """Operate the pipeline, on AWS or on this machine: -- trace, status, dead, ...; -- --help."""
    run_cli(session, packages=("console", "demo"))


@nox.session
def verify(session: nox.Session) -> None:
    """Send the demo's messages to a deployed environment, and check each promise: -- --env dev."""
    run_cli(session, "verify", packages=("demo",))


@nox.session
def deploy(session: nox.Session) -> None:
    """Deploy everything, -- --env dev, or one stack, -- validator --env dev; --dry-run."""
    run_cli(session, "deploy")


@nox.session
def delete(session: nox.Session) -> None:
    """Delete what deploy has deployed: everything, -- --env dev, or one stack."""
    run_cli(session, "delete")


@nox.session(allow_parallel=True)
@nox.parametrize("package", [nox.param(name, id=name) for name in TESTED])
def test(session: nox.Session, package: str) -> None:
    """Test a package, installed alone; arguments after -- go to pytest."""
    envs.install_tests(session, package)
    run_pytest(session, package, *session.posargs)


@nox.session(allow_parallel=True)
@nox.parametrize("service", [nox.param(name, id=name) for name in SERVICES])
def alone(session: nox.Session, service: str) -> None:
    """Test and build a service in a folder without the rest of this repository."""
    with envs.service_alone(session, service) as (folder, env), session.chdir(folder):
        session.run("pytest", "-p", "no:cacheprovider", *session.posargs, env=env)
        session.run("make", "--silent", "build-Function", env=env, external=True)


@nox.session(allow_parallel=True)
def e2e(session: nox.Session) -> None:
    """Test the deployed pipeline from outside, two files at a time: -- -k redrive."""
    envs.install_tests(session, "e2e")
    options = ("--numprocesses=2", "--dist=loadfile")
    env = envs.microburst(session) | envs.orchestrator(session) | envs.service_pythons(session)
    run_pytest(session, "e2e", *options, *session.posargs, **env)


@nox.session(python="3.14")
def conformance(session: nox.Session) -> None:
    """Run AWS's conformance suites for durable executions against the emulated AWS."""
    envs.install_package(session, "conformance")
    run_local(session, "pipeline_conformance", *session.posargs, **envs.conformance(session))


@nox.session
def chaos(session: nox.Session) -> None:
    """Kill processes under load, then account for every message; -- --help."""
    envs.install_package(session, "chaos")
    run_local(session, "chaos", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """Run the comparison benchmark, -- --full, or one of those that docs/scaling.md lists: -- latency."""
    envs.install_package(session, "bench")
    module, arguments = "bench", session.posargs
    if arguments and arguments[0] in BENCHES:
        module, arguments = f"bench.{arguments[0].replace('-', '_')}", arguments[1:]
    session.run("python", "-m", module, *arguments, env=envs.local_aws(session))


@nox.session
def fuzz(session: nox.Session) -> None:
    """Send arbitrary bodies through all of the code at once; -- --bodies N for each property."""
    test(session, "fuzz")


@nox.session
def mutants(session: nox.Session) -> None:
    """Run mutation tests: report the code changes that no test detects; -- packages, mutmut's patterns."""
    names = [name for name in session.posargs if name in PACKAGES] or ["contracts", *SERVICES]
    patterns = [pattern for pattern in session.posargs if pattern not in PACKAGES]
    scores = [nox_mutants.score(session, name, *patterns) for name in names]
    session.log("\n".join(("mutants", *scores)))


@nox.session(name="new-stage")
def new_stage(session: nox.Session) -> None:
    """Add a stage of your own, with its service: -- enrich --after transform."""
    tools = ["-e", str(TOOLS["asyncapi"]), "-e", str(TOOLS["new-stage"])]
    envs.install_tests(session, "orchestrator", tools, envs.group("lint"))
    session.run("python", "-m", "new_stage", *session.posargs)
    session.notify("docs", ["--write"])


@nox.session
def rename(session: nox.Session) -> None:
    """Rename the pipeline, in stacks, resources, metrics and packages: -- acme-orders; -- --help."""
    envs.install_tests(session, "rename", envs.group("lint"))
    session.run("python", "-m", "pipeline_rename", *session.posargs)


@nox.session(name="export-stages")
def export_stages(session: nox.Session) -> None:
    """Write services/orchestrator/pipeline.json, from which tools and tests read the stages."""
    envs.install_tests(session, "orchestrator")
    exported = session.run("python", "-m", "orchestrator.export", silent=True)
    Path("services/orchestrator/pipeline.json").write_text(str(exported), encoding="utf-8")


@nox.session
def example(session: nox.Session) -> None:
    """Run a tutorial in a scratch copy: -- first-run, orders, stage, ...; -- --help."""
    envs.install_package(session, "examples")
    session.run("python", "-m", "pipeline_examples", *session.posargs)


@nox.session(python=CHECK_PYTHON)
def contracts(session: nox.Session) -> None:
    """Compare the contracts with their last release, and list the services that they would break."""
    envs.install_package(session, "contracts-check")
    broken = nox_contracts.broken(session)
    session.run("python", "-m", "contracts_check", "check")
    if broken:
        session.error(f"with these contracts, {broken} would break: see the table above")


@nox.session(name="release-contracts", python=CHECK_PYTHON)
def release_contracts(session: nox.Session) -> None:
    """Release the contracts: version, changelog, schemas, wheel; -- patch, minor or major."""
    envs.install_package(session, "contracts-check")
    session.run("python", "-m", "contracts_check", "release", *session.posargs)


@nox.session(name="contract-tests", allow_parallel=True)
@nox.parametrize("contracts", [nox.param(end, id=end) for end in ("lowest", "newest")])
@nox.parametrize("service", [nox.param(name, id=name) for name in SERVICES])
def contract_tests(session: nox.Session, contracts: str, service: str) -> None:
    """Test a service with everything the schemas admit, at each end of its range of contracts."""
    envs.install_contract_tests(session, service, contracts)
    run_pytest(session, service, "--show-capture=no", "tests/contract", *session.posargs)


@nox.session
def asyncapi(session: nox.Session) -> None:
    """Validate contracts/asyncapi.yaml with the official parser; -- --write generates it."""
    envs.install_tests(session, "asyncapi")
    if "--write" in session.posargs:
        session.run("python", "-m", "pipeline_asyncapi", str(ROOT))
    modules = envs.node_modules(session, TOOLS["asyncapi"])
    run_pytest(session, "asyncapi", "tests/test_parser.py", ASYNCAPI_NODE_MODULES=str(modules))


@nox.session(allow_parallel=True)
def lint(session: nox.Session) -> None:
    """Check style with ruff, and types with mypy: of all packages, or of those after --."""
    envs.install_group(session, "lint")
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("mypy", *NOX_FILES)
    session.run("zizmor", "--quiet", "--offline", ".github")
    for schema, files in GITHUB_FILES.items():
        session.run("check-jsonschema", "--quiet", "--builtin-schema", f"vendor.{schema}", *files)
    for name in session.posargs or PACKAGES:
        session.run("mypy", *envs.types(session, name), *envs.typed(name))


@nox.session(python="3.11")
def docs(session: nox.Session) -> None:
    """Check the documentation and build its site; -- --serve shows it, -- --write generates its reference."""
    envs.install_package(session, "docs-site")
    env = envs.orchestrator(session)
    session.run("python", "-m", "docs_site", *session.posargs, env=env, interrupt_timeout=10)


@nox.session(venv_backend="none")
def changed(session: nox.Session) -> None:
    """Print the packages that the changes since a commit may break: -- origin/main; without a commit, all."""
    for name, packages in nox_changes.since(session, *session.posargs).items():
        print(f"{name}={json.dumps(packages)}")


@nox.session(venv_backend="none")
def editor(session: nox.Session) -> None:
    """Make .venv: one interpreter for editors, with all packages; docs/editors.md."""
    envs.install_editor(session)


@nox.session
def changelog(session: nox.Session) -> None:
    """Write CHANGELOG.md from the fragments in changes: -- VERSION; -- --check origin/main fails if one is missing."""
    envs.install_group(session, "changelog")
    nox_changes.changelog(session, *session.posargs)


@nox.session(allow_parallel=True)
def format(session: nox.Session) -> None:  # noqa: A001 - the session's name
    """Format the code, and fix what ruff can fix by itself."""
    envs.install_group(session, "lint")
    session.run("ruff", "check", "--fix-only")
    session.run("ruff", "format")


@nox.session(allow_parallel=True)
def templates(session: nox.Session) -> None:
    """Validate the templates with the SAM CLI and cfn-lint, and test their promises."""
    envs.install_group(session, "templates")
    sam = envs.program(session, "sam", "--compile-bytecode")
    env = {"AWS_DEFAULT_REGION": "us-east-1", "SAM_CLI_TELEMETRY": "0"}
    for template in TEMPLATES:
        session.run(sam, "validate", "--lint", "-t", str(template), env=env, external=True, silent=True)
    session.run("cfn-lint", *map(str, TEMPLATES))
    session.run("pytest", "infra/tests", *session.posargs)


@nox.session
def security(session: nox.Session) -> None:
    """Scan templates, code and locks; -- --if-reachable tolerates a missing network."""
    envs.install_package(session, "supply-chain")
    checkov = (envs.program(session, "checkov"), "--config-file", "tools/supply-chain/checkov.yaml")
    session.run(*checkov, "--file", *map(str, TEMPLATES), external=True)
    bandit = (envs.program(session, "bandit"), "--quiet", "--recursive")
    session.run(*bandit, "contracts/src", *(f"{path}/src" for path in SERVICES.values()), external=True)
    tools = [f"{path}/src" for path in TOOLS.values() if path.parts[0] != "tests"]
    session.run(*bandit, "--configfile", "pyproject.toml", *tools, *NOX_FILES, external=True)
    locks = (f"{path}/requirements.lock" for path in SERVICES.values())
    session.run("python", "-m", "supply_chain.audit", *session.posargs, *locks)


@nox.session
def sbom(session: nox.Session) -> None:
    """Write each service's bill of materials, CycloneDX JSON, to dist or the folder after --."""
    envs.install_package(session, "supply-chain")
    folder = Path(session.invoked_from, *session.posargs[:1]) if session.posargs else Path("dist")
    session.run("python", "-m", "supply_chain.sbom", str(folder), *map(str, SERVICES.values()))


@nox.session(venv_backend="none")
def lock(session: nox.Session) -> None:
    """Write the services' requirements.lock; -- --upgrade or --contracts for newer releases, -- --check."""
    nox_locks.write(session, SERVICES.values(), *session.posargs)


@nox.session(venv_backend="none")
def build(session: nox.Session) -> None:
    """Build the services into dist, or the folder after --, for BUILD_TARGET."""
    folder = Path(session.invoked_from, *session.posargs[:1]) if session.posargs else ROOT / "dist"
    for name, service in SERVICES.items():
        if not session.posargs:
            shutil.rmtree(folder / name, ignore_errors=True)
        make = ("make", "--silent", "-C", str(service), "build-Function")
        session.run(*make, env={"ARTIFACTS_DIR": str(folder / name)}, external=True)


def run_pytest(session: nox.Session, package: str, *options: str, **env: str) -> None:
    """Run a package's tests in its folder, with the variables that they need."""
    env |= envs.variables(session, package)
    with session.chdir(PACKAGES[package]):
        session.run("pytest", *options, env=env)


def run_demo(session: nox.Session, command: str, *beside: str) -> None:
    """Run a command of tools/demo, with all packages that it may start."""
    envs.install_package(session, "demo", *beside)
    env = envs.service_pythons(session) if "--console" in session.posargs else {}
    run_local(session, "pipeline_demo", command, *session.posargs, **env)


def run_local(session: nox.Session, module: str, *arguments: str, **env: str) -> None:
    """Run a module that starts an emulated AWS, in the caller's folder."""
    env |= envs.local_aws(session)
    with session.chdir(session.invoked_from):
        # After Ctrl-C, it stops its processes and removes its files: nox itself would wait half a second.
        session.run("python", "-m", module, *arguments, env=env, interrupt_timeout=10, terminate_timeout=10)


def run_cli(session: nox.Session, *command: str, packages: Sequence[str] = ("pipeline-cli",)) -> None:
    """Run a command of tools/pipeline-cli, or of packages that extend it, with the caller's AWS credentials."""
    envs.install_package(session, *packages)
    env = envs.sam(session)
    if "replay" in session.posargs:
        env |= envs.orchestrator(session)
    if {"check", "console", "verify", "--rules"} & {*command, *session.posargs}:
        env |= envs.service_pythons(session)
    with session.chdir(session.invoked_from):
        session.run("python", "-m", "pipeline_cli", *command, *session.posargs, env=env)
