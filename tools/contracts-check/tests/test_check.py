"""The check and the release, as the sessions run them, on a copy of the folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

pytest.importorskip("jsoncompat", reason="it has no wheel for Python 3.14 yet")

from contracts_check import changelog
from contracts_check.policy import Level
from contracts_check.releases import CONTRACTS, contents, wheels
from packaging.version import Version

LAST = max(wheels())
PATCH, MINOR, MAJOR = (str(level.after(LAST)) for level in Level)
IDENTITY = "src/pipeline_contracts/identity.py"
BASE = "src/pipeline_contracts/message_base.py"

RELEASE_AS_THE_ONLY_VERSION = f"""
import shutil
from contracts_check import releases, schemas
for folder in (releases.FOLDER, schemas.FOLDER):
    shutil.rmtree(folder)
last = releases.Version("{LAST}")
releases.set_version(last)
schemas.write(schemas.of_wheel(releases.build(releases.FOLDER)), last)
"""


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The inputs of the check, as if the sources were the only release: they may have changed since the last one."""
    folder = tmp_path_factory.mktemp("released")
    shutil.copytree(CONTRACTS, folder / "contracts", ignore=shutil.ignore_patterns("tests", "__pycache__"))
    shutil.copy(CONTRACTS.parent / "pyproject.toml", folder)
    exported = Path("services/orchestrator/pipeline.json")  # the AsyncAPI document has the stages
    (folder / exported.parent).mkdir(parents=True)
    shutil.copy(CONTRACTS.parent / exported, folder / exported)
    log = folder / "contracts" / "CHANGELOG.md"
    log.write_text(f"# Changelog\n\n## {LAST} - 2026-01-01\n\n- Something.\n")
    subprocess.run([sys.executable, "-c", RELEASE_AS_THE_ONLY_VERSION], cwd=folder / "contracts", check=True)
    return folder


class Copy:
    """A copy of these, which may be changed."""

    def __init__(self, released: Path, folder: Path) -> None:
        shutil.copytree(released, folder, dirs_exist_ok=True)
        self.contracts = folder / "contracts"

    def edit(self, name: str, old: str, new: str) -> None:
        path = self.contracts / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    def write_entry(self, entry: str) -> None:
        self.edit("CHANGELOG.md", f"## {LAST}", f"## Unreleased\n\n{entry}\n\n## {LAST}")

    def run(self, *command: str) -> tuple[int, str]:
        env = {**os.environ, "PYTHONPATH": str(self.contracts / "src")}
        words = [sys.executable, "-m", "contracts_check", *command]
        done = subprocess.run(words, cwd=self.contracts, env=env, capture_output=True, text=True, check=False)
        assert not done.stderr, done.stderr
        return done.returncode, done.stdout

    def contents(self) -> dict[str, bytes]:
        files = (path for path in self.contracts.rglob("*") if path.is_file() and path.suffix != ".pyc")
        return {str(path.relative_to(self.contracts)): path.read_bytes() for path in files}

    def add_field(self) -> None:
        self.edit(BASE, "    metadata: Annotated[", "    colour: str | None = None\n    metadata: Annotated[")


@pytest.fixture
def copy(released: Path, tmp_path: Path) -> Copy:
    return Copy(released, tmp_path)


def test_sources_that_are_as_released_pass(copy: Copy) -> None:
    status, said = copy.run("check")

    assert status == 0, said
    assert "nothing differs" in said


def test_a_change_without_a_version_and_an_entry_is_refused(copy: Copy) -> None:
    copy.add_field()

    status, said = copy.run("check")

    assert status == 1
    assert "minor  PipelineMessage.colour: optional field added. Producers that already send other values" in said
    assert f"ERROR  {LAST} is too low: the changes since {LAST} require {MINOR}, ./nox" in said
    assert "ERROR  CHANGELOG.md does not mention the change" in said


def test_an_entry_names_the_model_that_changed(copy: Copy) -> None:
    copy.add_field()
    copy.edit("pyproject.toml", f'version = "{LAST}"', f'version = "{MINOR}"')
    copy.write_entry("- `StorageRequest`: another one.")

    status, said = copy.run("check")

    assert status == 1
    assert said.splitlines()[1:] == ["ERROR  CHANGELOG.md does not name `PipelineMessage`, which changed"]


def test_code_that_no_schema_shows_takes_a_patch(copy: Copy) -> None:
    copy.edit(IDENTITY, "-esm-", "-sqs-")

    status, said = copy.run("check")

    assert status == 1
    assert "the models are the same, but other code differs" in said
    assert f"require {PATCH}, ./nox -s release-contracts -- patch" in said


@pytest.mark.parametrize(
    ("old", "new", "following"),
    [
        ("", "", ""),
        ("max_length=256)] | None", "max_length=512)] | None", MINOR),
        ("max_length=256)] | None", "max_length=128)] | None", MAJOR),
        ("from __future__", "# Another comment.\nfrom __future__", PATCH),
    ],
)
def test_the_next_version_is_the_smallest_that_a_change_takes(copy: Copy, old: str, new: str, following: str) -> None:
    copy.edit(BASE, old, new)

    assert copy.run("next") == (0, f"{following}\n")


def test_a_release_writes_all_its_files_and_then_passes_the_check(copy: Copy) -> None:
    copy.add_field()
    copy.write_entry("- `PipelineMessage`: a colour.")
    before = copy.contents()

    status, said = copy.run("release", "minor")

    assert status == 0, said
    after = copy.contents()
    wheel = f"releases/durable_pipeline_contracts-{MINOR}-py3-none-any.whl"
    schemas = {f"schemas/{MINOR}/{path.name}" for path in (CONTRACTS / "schemas" / str(LAST)).iterdir()}
    assert after.keys() - before.keys() == {wheel, *schemas}
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"pyproject.toml", "src/pipeline_contracts/exchange.py", "CHANGELOG.md", "asyncapi.yaml"}
    assert f'"$id": "urn:durable-pipeline:contracts:{MINOR}:' in (copy.contracts / sorted(schemas)[0]).read_text()
    assert "pipeline_contracts/message.py" in contents(copy.contracts / wheel)
    assert copy.run("check")[0] == 0


def test_a_release_that_is_too_small_for_the_change_touches_nothing_and_a_larger_one_does(copy: Copy) -> None:
    copy.edit(BASE, "max_length=256)] | None", "max_length=128)] | None")
    copy.write_entry("- `PipelineMessage`: shorter keys.")
    before = copy.contents()

    status, said = copy.run("release", "minor")

    assert status == 1
    assert copy.contents() == before
    assert "PipelineMessage.idempotency_key: narrowed: maxLength 256 -> 128" in said
    assert f"require {MAJOR}" in said
    assert copy.run("release", "major")[0] == 0
    assert copy.run("check")[0] == 0


def test_an_entry_is_found_by_its_version_and_a_release_gives_one_its_heading() -> None:
    older = "## 1.10.0 - 2026-02-01\n\n- `B`: newer.\n\n## 1.1.0 - 2026-01-01\n\n- `C`: old.\n"
    log = f"# Changelog\n\n## Unreleased\n\n- `A`: new.\n\n{older}"

    versions = (None, Version("1.10.0"), Version("1.1.0"), Version("1.0.0"))
    entries = [changelog.entry(log, version) for version in versions]
    released = changelog.release(log, Version("1.11.0"), date(2026, 3, 1))

    assert entries == ["- `A`: new.", "- `B`: newer.", "- `C`: old.", ""]
    assert released == log.replace("## Unreleased", "## 1.11.0 - 2026-03-01")
