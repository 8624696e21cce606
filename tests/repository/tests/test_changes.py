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


def test_the_contracts_are_tested_with_what_depends_on_them() -> None:
    assert {"contracts", "pipeline-cli", "fuzz"} <= set(affected("contracts/src/pipeline_contracts/message.py"))


@pytest.mark.parametrize("file", ["noxfile.py", "tools/nox_locks.py", "infra/template.yaml", ".ci/run"])
def test_what_belongs_to_no_package_may_break_all(file: str) -> None:
    packages = affected("services/storer/src/storer/logic.py", file)

    assert set(packages) > {*SERVICES, "contracts", "local-aws", "bench"}
    assert "e2e" not in packages  # a session of its own


def test_a_document_may_break_the_tests_that_read_it() -> None:
    assert affected("docs/decisions/0004-flat-map.md") == ["repository"]
    assert {"fuzz", "repository"} <= set(affected("docs/inputs.md"))
    assert "storer" not in affected("docs/inputs.md")


def test_all_packages_are_tested_where_there_is_no_earlier_commit(tmp_path: Path) -> None:
    git = {"GIT_DIR": str(tmp_path / "git"), "GIT_WORK_TREE": str(REPOSITORY)}
    commands = (
        ["/usr/bin/env", "git", "init", "--quiet"],
        ["/usr/bin/env", "git", "add", "noxfile.py"],
        [str(REPOSITORY / ".nox/launcher/bin/nox"), "--session", "changed", "--", "0" * 40],
    )

    *_, changed = [
        subprocess.run(command, cwd=REPOSITORY, env=os.environ | git, capture_output=True, text=True, check=True)
        for command in commands
    ]

    assert f"packages={json.dumps(affected('noxfile.py'))}" in changed.stdout.splitlines()


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
