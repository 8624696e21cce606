"""The packages that are tested after a change."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[3]
SERVICES = {path.parent.name for path in REPOSITORY.glob("services/*/pyproject.toml")}
# nox runs with PYTHONSAFEPATH.
_PROGRAM = """
import json, sys
sys.path.insert(0, "tools")
import nox_changes
print(json.dumps(getattr(nox_changes, sys.argv[1])(sys.argv[2:])))
"""


def affected(*files: str) -> list[str]:
    return ask("affected", *files)


def changed(*words: str, **variables: str) -> list[str]:
    """Run the session, and return the packages that it prints."""
    command = [str(REPOSITORY / ".nox/launcher/bin/nox"), "--session", "changed", "--", *words]
    env = os.environ | variables
    printed = subprocess.run(command, cwd=REPOSITORY, env=env, capture_output=True, text=True, check=True).stdout
    (packages,) = [line.removeprefix("packages=") for line in printed.splitlines() if line.startswith("packages=")]
    names: list[str] = json.loads(packages)
    return names


def ask(function: str, *files: str) -> list[str]:
    """Call a function in the environment of nox, which its modules need."""
    command = [str(REPOSITORY / ".nox/launcher/bin/python"), "-c", _PROGRAM, function, *files]
    asked = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    names: list[str] = json.loads(asked.stdout)
    return names


def test_a_service_is_tested_with_what_imports_it() -> None:
    packages = affected("services/storer/src/storer/logic.py")

    assert {"fuzz", "pipeline-cli", "console"} <= set(packages)
    assert SERVICES & set(packages) == {"storer"}


def test_what_reads_builds_or_copies_the_services_is_tested_with_them() -> None:
    packages = set(affected("services/validator/Makefile"))

    assert {"service-build", "supply-chain", "docs-site", "asyncapi", "new-stage"} <= packages
    assert {"bench", "chaos", "runtime", "shared"} <= packages


def test_the_services_are_tested_with_what_builds_them() -> None:
    assert {*SERVICES, "bench"} <= set(affected("tools/service-build/src/service_build/build.py"))


def test_a_package_is_tested_with_those_that_name_its_folder() -> None:
    assert "pipeline-cli" in affected("tools/demo/samples/messages.jsonl")


@pytest.mark.parametrize("file", ["tools/supply-chain/checkov.yaml", "docs/decisions/0004-flat-map.md"])
def test_what_reads_or_copies_all_files_is_tested_with_each(file: str) -> None:
    assert {"examples", "rename", "repository"} <= set(affected(file))


def test_the_contracts_are_tested_with_what_depends_on_them() -> None:
    assert {"contracts", "pipeline-cli", "fuzz"} <= set(affected("contracts/src/pipeline_contracts/message.py"))


@pytest.mark.parametrize("file", ["noxfile.py", "tools/nox_locks.py", "infra/template.yaml", ".ci/run"])
def test_what_belongs_to_no_package_may_break_all(file: str) -> None:
    packages = affected("services/storer/src/storer/logic.py", file)

    assert set(packages) > {*SERVICES, "contracts", "local-aws", "bench"}
    assert "e2e" not in packages  # a session of its own


def test_a_document_may_break_the_packages_that_name_it() -> None:
    assert "fuzz" in affected("docs/inputs.md")
    assert "fuzz" not in affected("docs/decisions/0004-flat-map.md")
    assert "new-stage" in affected("docs/architecture.md")  # its code writes into a copy
    assert "storer" not in affected("docs/inputs.md")


@pytest.mark.parametrize("words", [(), ("",)])
def test_all_packages_are_tested_without_an_earlier_commit(words: tuple[str, ...]) -> None:
    assert changed(*words) == affected("noxfile.py")


class Clone:
    """A git repository with some files, of which `changed` thinks that it is this one."""

    def __init__(self, folder: Path, *files: str) -> None:
        self.folder = folder
        self.variables = {"GIT_DIR": str(folder / ".git"), "GIT_WORK_TREE": str(folder)}
        self.git("init", "--quiet")
        for file in files:
            self.write(file)
        self.git("add", "--all")
        self.git("-c", "user.name=test", "-c", "user.email=test@example.org", "commit", "--quiet", "--message", "Begin")

    def write(self, file: str) -> None:
        path = self.folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{file}\n", encoding="utf-8")

    def git(self, *words: str) -> None:
        subprocess.run(["/usr/bin/env", "git", *words], cwd=self.folder, env=os.environ | self.variables, check=True)


def test_a_new_file_counts_before_git_knows_it(tmp_path: Path) -> None:
    clone = Clone(tmp_path, "README.md")
    assert changed("HEAD", **clone.variables) == []

    clone.write("tests/chaos/src/chaos/new.py")

    assert changed("HEAD", **clone.variables) == affected("tests/chaos/src/chaos/new.py")


def test_an_ignored_file_does_not_count(tmp_path: Path) -> None:
    clone = Clone(tmp_path, "README.md")
    (tmp_path / ".git/info/exclude").write_text("dist/\n", encoding="utf-8")

    clone.write("tests/chaos/dist/new.py")

    assert changed("HEAD", **clone.variables) == []


def test_a_moved_file_counts_where_it_was_too(tmp_path: Path) -> None:
    old, new = "tests/chaos/src/chaos/moved.py", "tools/supply-chain/src/supply_chain/moved.py"
    clone = Clone(tmp_path, old)
    (tmp_path / new).parent.mkdir(parents=True)

    clone.git("mv", old, new)

    assert changed("HEAD", **clone.variables) == affected(old, new)


def test_no_change_breaks_nothing() -> None:
    assert affected() == []


@pytest.mark.parametrize(
    "file",
    [
        "contracts/src/pipeline_contracts/message.py",
        "infra/github/deployment-role.yaml",
        "infra/samconfig.toml",
        "services/storer/src/storer/logic.py",
        "services/storer/template.yaml",
    ],
)
def test_what_is_deployed_has_an_entry_in_the_changelog(file: str) -> None:
    assert ask("deployed", "README.md", file) == [file]


def test_tests_tools_documents_and_dependencies_need_no_entry() -> None:
    files = (
        "contracts/tests/test_message.py",
        "infra/tests/test_iam.py",
        "services/storer/README.md",
        "services/storer/pyproject.toml",
        "services/storer/requirements.lock",
        "services/storer/tests/test_storing.py",
        "tools/demo/src/pipeline_demo/run.py",
    )

    assert ask("deployed", *files) == []
