"""Nothing of the old name is left, or the tree is unchanged."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from new_stage.tool_process import ToolError
from pipeline_rename import __main__ as command
from pipeline_rename.names import EXAMPLES, LONGEST_ENVIRONMENT, Name, current_name
from pipeline_testing.repository_copy import REPOSITORY, whole_copy

OLD = current_name(REPOSITORY)
NEW, NEXT = Name("-".join(("blue", "lagoon"))), Name("-".join(("green", "pond")))
"""Composed, because a name that occurs in a file of the repository is refused."""
LEFT = re.compile(f"{OLD.text}|{OLD.module}|{OLD.namespace}|{OLD.title}|{OLD.prose}", re.IGNORECASE)
WHEELS = "contracts/releases"


def git(root: Path, *words: str) -> str:
    identity = ("-c", "user.name=test", "-c", "user.email=test@example.org")
    ended = subprocess.run(["git", *identity, *words], cwd=root, check=True, capture_output=True, text=True)  # noqa: S607
    return ended.stdout


@pytest.fixture(scope="session")
def committed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = whole_copy(tmp_path_factory.mktemp("committed") / "repository")
    git(root, "init", "--quiet")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "Begin")
    return root


@pytest.fixture
def root(committed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    copied = Path(shutil.copytree(committed, tmp_path / "repository"))
    monkeypatch.chdir(copied)
    monkeypatch.setattr(command, "regenerate", lambda _root: None)
    monkeypatch.setattr(command, "too_long", lambda _root: "")
    return copied


def run(monkeypatch: pytest.MonkeyPatch, name: str) -> int:
    monkeypatch.setattr(sys, "argv", ["rename", name])
    return command.main()


def rename_and_commit(root: Path, monkeypatch: pytest.MonkeyPatch, name: Name) -> None:
    assert run(monkeypatch, name.text) == 0
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "Rename")


def wheels(root: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (root / WHEELS).iterdir()}


def test_nothing_of_the_old_name_is_left(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, NEW.text) == 0

    git(root, "add", "--all")
    names = git(root, "ls-files", "-z").split("\0")[:-1]
    assert [name for name in names if LEFT.search(name)] == []
    assert [name for name in names if LEFT.search((root / name).read_bytes().decode("latin-1"))] == []
    assert current_name(root) == NEW


def test_a_lock_has_the_hash_of_the_renamed_wheel_and_its_packages_are_sorted(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(monkeypatch, NEW.text)

    digests = {hashlib.sha256(data).hexdigest() for data in wheels(root).values()}
    locks = list(root.glob("services/*/requirements.lock"))
    assert locks
    for lock in locks:
        packages = [line.split("==")[0] for line in lock.read_text("utf-8").splitlines() if "==" in line]
        assert packages == sorted(packages)
        (digest,) = re.findall(rf"{NEW.text}-contracts==.* \\\n +--hash=sha256:(\w+)", lock.read_text("utf-8"))
        assert digest in digests


def test_a_renamed_wheel_is_installed(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(monkeypatch, NEW.text)

    *_, wheel = sorted((root / WHEELS).iterdir())
    target = tmp_path / "installed"
    command = ("uv", "pip", "install", "--quiet", "--no-index", "--no-deps", "--target", str(target), str(wheel))
    subprocess.run(command, check=True)
    assert (target / "pipeline_contracts/message.py").exists()
    assert any(path.name.startswith(f"{NEW.module}_contracts-") for path in target.iterdir())


def test_a_wheel_that_is_renamed_back_has_the_bytes_that_it_had(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = wheels(root)

    rename_and_commit(root, monkeypatch, NEW)
    assert not before.keys() & wheels(root).keys()
    assert run(monkeypatch, OLD.text) == 0

    assert wheels(root) == before


def test_the_name_of_an_environment_cannot_contain_the_name_after_any_number_of_renames(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (NEW, NEXT):
        rename_and_commit(root, monkeypatch, name)

        for path in (
            *root.glob("infra/**/template.yaml"),
            *root.glob("infra/github/*.yaml"),
            *root.glob("services/*/template.yaml"),
            root / "tools/pipeline-cli/src/pipeline_cli/options.py",
        ):
            (pattern,) = re.findall(
                r'(?:EnvironmentName:\n.*\n.*\n.*\n.*|ENVIRONMENT_NAME = )"(.*)"', path.read_text("utf-8")
            )
            assert re.fullmatch(pattern, "e" * LONGEST_ENVIRONMENT), path
            # Its resources' names would begin with the environment e's and the name of the pipeline.
            assert not re.fullmatch(pattern, f"e-{name.text}"), path
            assert pattern.count("(?!") == 1, path


def test_the_documents_then_name_another_example_that_is_accepted(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    examples = set()
    for _ in range(len(EXAMPLES) + 1):
        page = (root / "docs/tutorials/your-own-name.md").read_text("utf-8")
        (example,) = re.findall(r"^\./nox -s rename -- (\S+)$", page, re.MULTILINE)
        examples.add(example)
        rename_and_commit(root, monkeypatch, Name(example))

    assert examples == {example.text for example in EXAMPLES}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("acme", "must be two words or more"),
        (NEW.text.capitalize(), "must be two words or more"),
        (NEW.module, "must be two words or more"),
        ("acme--orders", "must be two words or more"),
        ("acme-", "must be two words or more"),
        ("2-acme", "must be two words or more"),
        ("aws-orders", "may not begin with aws or ssm"),
        ("ssm-orders", "may not begin with aws or ssm"),
        (OLD.text, "is already the name of the pipeline"),
        ("data-processing", "'data-processing' already occurs in contracts/asyncapi.yaml"),
        ("pipeline-cli", "'pipeline-cli' already occurs in "),
        ("first-run", "'first-run' already occurs in "),
        ("data-pipeline", "'data pipeline' already occurs in README.md"),
        (f"acme-{'o' * 26}", "is too long by 1: with more than 30 characters, ${EnvironmentName}-acme-"),
        (f"acme-{'o' * 57}", "is too long by 32: with more than 30 characters, ${EnvironmentName}-acme-"),
    ],
)
def test_an_invalid_name_is_refused_and_nothing_is_changed(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, words: str
) -> None:
    assert run(monkeypatch, name) == 1

    assert words in capsys.readouterr().err
    assert git(root, "status", "--porcelain") == ""


def test_the_longest_name_is_accepted(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, f"acme-{'o' * 25}") == 0


def test_a_tree_with_changes_is_refused(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "notes.txt").write_text("mine")

    assert run(monkeypatch, NEW.text) == 1

    assert "the tree has changes: commit them first" in capsys.readouterr().err
    assert git(root, "status", "--porcelain") == "?? notes.txt\n"


@pytest.mark.parametrize(
    ("missing", "words"),
    [(".git", "git status --porcelain failed"), ("contracts", "run this in the root of the repository")],
)
def test_another_folder_than_a_clone_is_refused(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], missing: str, words: str
) -> None:
    shutil.rmtree(root / missing)

    assert run(monkeypatch, NEW.text) == 1

    assert words in capsys.readouterr().err


@pytest.mark.parametrize("fault", [ToolError("ruff failed"), KeyboardInterrupt()])
def test_after_an_error_the_tree_is_as_it_was(
    root: Path, monkeypatch: pytest.MonkeyPatch, fault: BaseException
) -> None:
    def regenerate(root: Path) -> None:
        assert git(root, "status", "--porcelain")
        raise fault

    monkeypatch.setattr(command, "regenerate", regenerate)

    with suppress(KeyboardInterrupt):
        assert run(monkeypatch, NEW.text) == 1

    assert git(root, "status", "--porcelain") == ""


def test_lines_that_are_too_long_then_are_listed(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "too_long", lambda _root: "noxfile.py:1:121: E501\n")

    assert run(monkeypatch, NEW.text) == 0

    assert "wrap them:\nnoxfile.py:1:121: E501" in capsys.readouterr().out
