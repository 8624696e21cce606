"""The packages that `sam build` makes of the services."""

from __future__ import annotations

import hashlib
import os
import platform
import re
import subprocess
import sys
from pathlib import Path

import pytest
from package_contents import contents
from service_build import build as build_service
from service_build.build import BuildError, Target

ROOT = Path(__file__).parents[3]

VALIDATOR = ROOT / "services/validator"
ORCHESTRATOR = ROOT / "services/orchestrator"


@pytest.fixture(scope="module")
def package_for_host(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("host")
    build_service.build(ORCHESTRATOR, folder, Target.parse("host"))
    return folder


def run_alone(package: Path, code: str, env: dict[str, str] | None = None) -> str:
    """Run code that can import nothing but the package and the standard library."""
    command = [sys.executable, "-I", "-S", "-B", "-c", f"import sys; sys.path.insert(0, {str(package)!r})\n{code}"]
    return subprocess.run(command, check=True, capture_output=True, text=True, env=env).stdout


def test_two_builds_of_the_same_sources_give_the_same_bytes(tmp_path: Path) -> None:
    sources = contents(VALIDATOR / "src")
    builds = []
    for name, umask, seed in (("first", 0o022, "1"), ("second folder", 0o077, "2")):
        subprocess.run(
            [sys.executable, "-m", "service_build", str(VALIDATOR), str(tmp_path / name)],
            cwd=tmp_path,
            env={**os.environ, "PYTHONHASHSEED": seed, "BUILD_TARGET": "python3.14-arm64"},
            umask=umask,
            check=True,
        )
        builds.append(contents(tmp_path / name))

    assert builds[0] == builds[1]
    assert {"validator/handler.py", "pipeline_contracts/message.py"} <= builds[0].keys()
    assert contents(VALIDATOR / "src").keys() == sources.keys()


def test_a_package_describes_the_aws_services_that_are_called_and_no_other(package_for_host: Path) -> None:
    code = """
import boto3
session = boto3.Session(region_name="eu-west-1")
for name in session.get_available_services():
    session.client(name)
    print(name)
"""
    assert set(run_alone(package_for_host, code).split()) == set(build_service.AWS_SERVICES)


def imported(package: Path) -> set[Path]:
    """Return the files of the package from which importing the handler loads its modules."""
    code = """
import os
import orchestrator.handler
for module in list(sys.modules.values()):
    if (getattr(module, "__file__", None) or "").startswith(sys.path[0]) and not module.__file__.endswith(".so"):
        print(os.path.relpath(module.__file__, sys.path[0]))
"""
    return {package / line for line in run_alone(package, code, env=build_service.settings_of(ORCHESTRATOR)).split()}


def test_what_a_cold_start_imports_is_compiled_and_nothing_else(package_for_host: Path) -> None:
    compiled = {
        path.parent.parent / f"{path.name.partition('.')[0]}.py" if path.parent.name == "__pycache__" else path
        for path in package_for_host.rglob("*.pyc")
    }

    assert compiled == imported(package_for_host)
    assert {path.relative_to(package_for_host).parts[0] for path in compiled} > {"pydantic", "boto3", "orchestrator"}


def test_bytecode_is_not_checked_against_the_time_of_its_source(package_for_host: Path) -> None:
    # https://peps.python.org/pep-0552/: bit 0 for bytecode that identifies its source by hash, bit 1 to check that.
    flags = {path.read_bytes()[4:8] for path in package_for_host.rglob("*.pyc")}
    assert flags == {(0b01).to_bytes(4, "little")}


def test_our_own_code_keeps_its_source_for_tracebacks(package_for_host: Path) -> None:
    for name in ("orchestrator", "pipeline_contracts"):
        folder = package_for_host / name
        compiled = {path.name.partition(".")[0] for path in folder.rglob("*.pyc")}
        assert compiled
        assert compiled <= {path.stem for path in folder.rglob("*.py")}


def test_a_package_for_another_machine_is_compiled_as_the_one_for_this(package_for_host: Path, tmp_path: Path) -> None:
    other = "arm64" if platform.machine() == "x86_64" else "x86_64"
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    build_service.build(ORCHESTRATOR, tmp_path, Target.parse(f"python{version}-{other}"))

    assert {path.relative_to(tmp_path) for path in tmp_path.rglob("*.pyc")} == {
        path.relative_to(package_for_host) for path in package_for_host.rglob("*.pyc")
    }


def test_a_package_holds_no_trace_of_the_machine_that_built_it(package_for_host: Path) -> None:
    for path in package_for_host.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert str(ROOT).encode() not in data, path
            assert str(package_for_host).encode() not in data, path


def test_a_target_is_a_runtime_and_an_architecture_as_the_template_names_them() -> None:
    assert Target.parse("python3.11-arm64") == Target("3.11", "arm64")
    assert Target.parse("python3.14-x86_64") == Target("3.14", "x86_64")


@pytest.mark.parametrize("text", ["", "python3.14", "3.14-arm64", "python3.10-arm64", "python3.14-aarch64", "Host"])
def test_a_wrong_target_is_refused_with_what_it_may_be(text: str) -> None:
    with pytest.raises(BuildError, match=r"BUILD_TARGET is '.*', expected host, .*python3\.14-arm64"):
        Target.parse(text)


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("other_version.cpython-313-aarch64-linux-gnu.so", b"\x7fELF" + bytes(14) + b"\xb7\0"),
        ("other_machine.abi3.so", b"\x7fELF" + bytes(14) + b"\x3e\0"),
        ("other_system.abi3.so", b"\xcf\xfa\xed\xfe" + bytes(16)),
        ("bundled.libs/libother.so.1", b"\x7fELF" + bytes(14) + b"\x3e\0"),
    ],
)
def test_a_binary_for_another_target_is_found(tmp_path: Path, name: str, header: bytes) -> None:
    wrong = tmp_path / name
    right = tmp_path / "right.cpython-314-aarch64-linux-gnu.so"
    wrong.parent.mkdir(exist_ok=True)
    wrong.write_bytes(header)
    right.write_bytes(b"\x7fELF" + bytes(14) + b"\xb7\0")

    assert list(build_service.foreign_binaries(tmp_path, Target.parse("python3.14-arm64"))) == [wrong]


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.write_text("something")

    with pytest.raises(BuildError, match="is not empty"):
        build_service.build(VALIDATOR, tmp_path, Target.parse("host"))
    assert kept.read_text() == "something"


def test_a_service_without_a_lock_is_told_how_to_write_it(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("")

    with pytest.raises(BuildError, match=r"requirements\.lock is missing; write it with: \./nox -s lock"):
        build_service.build(tmp_path, tmp_path / "built", Target.parse("host"))


def test_all_services_are_built_alike() -> None:
    services = [path.parent for path in ROOT.glob("services/*/pyproject.toml")]
    assert len({(service / "Makefile").read_text() for service in services}) == 1


@pytest.mark.parametrize("service", sorted(path.parent.name for path in ROOT.glob("services/*/pyproject.toml")))
def test_a_service_pins_contracts_that_were_released_in_this_repository(service: str) -> None:
    lock = (ROOT / "services" / service / "requirements.lock").read_text()
    pinned = r"^durable-pipeline-contracts==(\S+) \\\n((?:    --hash=.*\n)+)"
    ((version, digests),) = re.findall(pinned, lock, re.MULTILINE)
    wheel = ROOT / f"contracts/releases/durable_pipeline_contracts-{version}-py3-none-any.whl"

    assert re.findall(r"sha256:(\w+)", digests) == [hashlib.sha256(wheel.read_bytes()).hexdigest()]
